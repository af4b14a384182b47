"""``chat.playback``: the panel is told to show a stored branch again, and nothing else happens."""

from __future__ import annotations

from typing import Any

import pytest

import convend_widget as cw
from convend_widget.errors import SettingsError, UnknownMessage
from convend_widget.owner import owner
from tests.panel.shapes import check


@pytest.fixture
def chat() -> cw.Chat:
    chat = cw.Chat(scenario="persistent_abuse", store=":memory:", pause=0)
    chat.play()
    return chat


def shown(chat: cw.Chat, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Shows the chat; what goes to its views from then on."""
    sent: list[dict[str, Any]] = []
    panel = chat.widget._panel
    monkeypatch.setattr(panel, "_send", lambda message, buffers: sent.append(message))
    return sent


def at_rest() -> None:
    """What was posted to the owner is done."""

    async def nothing() -> None:
        return None

    owner().wait(nothing())


def test_playback_names_the_branch_of_the_head_or_another_and_changes_nothing(chat, monkeypatch):
    sent = shown(chat, monkeypatch)
    before = chat.conversation.digest, chat.head, chat.ended
    other = chat.conversation.messages[2]
    chat.playback()
    chat.playback(other, speed=8)
    at_rest()
    wishes = [(message["m"], message["speed"]) for message in sent if message["t"] == "play"]
    assert wishes == [(chat.head, 1), (other.id, 8)] and len(sent) == 2
    for message in sent:
        check(message)
    assert (chat.conversation.digest, chat.head, chat.ended) == before


@pytest.mark.parametrize("speed", [0, 3, 16, -1, 1.0, True, "2"])
def test_playback_knows_four_speeds(chat, monkeypatch, speed):
    sent = shown(chat, monkeypatch)
    with pytest.raises(SettingsError, match="speed"):
        chat.playback(speed=speed)
    at_rest()
    assert sent == []


def test_playback_says_what_is_missing(chat):
    with pytest.raises(SettingsError, match="No panel"):
        chat.playback()
    with pytest.raises(SettingsError, match="nothing to play back"):
        cw.Chat(store=":memory:").playback()
    with pytest.raises(UnknownMessage):
        chat.playback("of-another-chat")
