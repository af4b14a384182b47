"""Conversations in notebooks that the model may end.

    import convend_widget as cw

    chat = cw.Chat()        # a rehearsal without a key; Claude with ANTHROPIC_API_KEY
    chat                    # the panel
    chat.say("Hello")       # or: await chat.asay("Hello")
    chat.ended, chat.ending

Everything is imported when it is first used, so that importing this package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import errors
    from .auditing import aaudit, audit, audit_cases, estimate_audit
    from .chat import Chat
    from .collecting.collected import collect
    from .collection import conversations, delete, import_conversation, open
    from .diagnosis import doctor
    from .ending import Policy
    from .errors import ConversationEnded
    from .handing_out import handout
    from .kept_audits import audits, open_audit
    from .kept_studies import open_study, studies
    from .library import policies
    from .model.rehearsal import scenarios
    from .pairing import pair
    from .rehearsing.check import check_scenario
    from .replay.budget import Budget
    from .replay.compare import compare
    from .replay.prompts import pool
    from .replay.rate import Rate
    from .replaying import turning_point

_HOMES = {
    "Budget": ".replay.budget",
    "Chat": ".chat",
    "ConversationEnded": ".errors",
    "Policy": ".ending",
    "Rate": ".replay.rate",
    "aaudit": ".auditing",
    "audit": ".auditing",
    "audit_cases": ".auditing",
    "audits": ".kept_audits",
    "check_scenario": ".rehearsing.check",
    "collect": ".collecting.collected",
    "compare": ".replay.compare",
    "conversations": ".collection",
    "delete": ".collection",
    "doctor": ".diagnosis",
    "estimate_audit": ".auditing",
    "handout": ".handing_out",
    "import_conversation": ".collection",
    "open": ".collection",
    "open_audit": ".kept_audits",
    "open_study": ".kept_studies",
    "pair": ".pairing",
    "policies": ".library",
    "pool": ".replay.prompts",
    "scenarios": ".model.rehearsal",
    "studies": ".kept_studies",
    "turning_point": ".replaying",
}

__all__ = [
    "Budget",
    "Chat",
    "ConversationEnded",
    "Policy",
    "Rate",
    "__version__",
    "aaudit",
    "audit",
    "audit_cases",
    "audits",
    "check_scenario",
    "collect",
    "compare",
    "conversations",
    "delete",
    "doctor",
    "errors",
    "estimate_audit",
    "handout",
    "import_conversation",
    "open",
    "open_audit",
    "open_study",
    "pair",
    "policies",
    "pool",
    "scenarios",
    "studies",
    "turning_point",
]


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module(".errors", __name__)
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
