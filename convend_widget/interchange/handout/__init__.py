"""A conversation as a handout for a class: one HTML file without scripts, made to be printed on A4 or Letter.

``page`` puts it together; ``talk`` is the conversation with what the gates said; ``told`` is what the model was told
and what the policy asks for; ``words`` are those that stay the same from handout to handout.
"""

from .page import About, to_handout

__all__ = ["About", "to_handout"]
