"""How a panel looks and listens, as a person asks for it."""

from __future__ import annotations

import re

from ..errors import SettingsError

CHOICES = {
    "send_with": ("enter", "shift-enter", "ctrl-enter"),
    "theme": ("auto", "light", "dark"),
    "size": ("normal", "presenter"),
}


def checked(*, send_with: str, theme: str, size: str, language: str) -> dict[str, str]:
    """These preferences, by name. ``language`` is a tag, or "" for the browser's. Raises ``SettingsError``."""
    chosen = {"send_with": send_with, "theme": theme, "size": size}
    for name, value in chosen.items():
        if value not in CHOICES[name]:
            raise SettingsError(f"{name} cannot be {value!r}.", advice=f"Use one of {', '.join(CHOICES[name])}.")
    if not re.fullmatch(r"([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?", str(language)):
        raise SettingsError(f"language cannot be {language!r}.", advice="Use a language tag such as 'de' or 'en-GB'.")
    return {**chosen, "language": language}
