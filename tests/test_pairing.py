"""``cw.pair``: two chats under two policies, played in step, each a chat of its own, shown beside each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.errors import SettingsError, UnknownArgument
from convend_widget.panel import display
from convend_widget.panel.document import MIME

VIEW = "application/vnd.jupyter.widget-view+json"


def made(scenario: str = "persistent_abuse", **settings: Any) -> Any:
    return cw.pair(scenario, **{"store": ":memory:", "pause": 0, **settings})


def test_it_plays_in_step_and_only_the_one_with_the_ability_ends():
    both = made()
    left, right = both.play()
    assert (len(left), len(right), both.left.ended, both.right.ended) == (5, 5, True, False)
    assert repr(both) == (
        "Pair(Chat(rehearsal, last_resort, 10 messages, ended), Chat(rehearsal, off, 10 messages, ready))"
    )
    both.right.say("Then let us sort that table.")
    both.left.edit(both.left.conversation.messages[0], "Let us start again.")
    assert (len(both.right.conversation), len(both.left.conversation)) == (12, 12)


async def test_played_again_it_begins_in_new_chats_and_a_reset_does_no_more():
    both = made()
    first = [chat.conversation_id for chat in both.chats]
    await both.aplay()
    await both.aplay()
    assert [len(chat.conversation) for chat in both.chats] == [10, 10]
    assert not {*first} & {chat.conversation_id for chat in both.chats}
    both.reset()
    assert [len(chat.conversation) for chat in both.chats] == [0, 0]


def test_either_chat_plays_both_and_gets_its_own_replies():
    both = made()
    replies = both.right.play()
    assert both.left.ending is not None and both.right.ending is None
    assert [reply.ended for reply in replies] == [False] * 5


@pytest.mark.parametrize(
    ("scenario", "policies", "names"),
    [
        ("persistent_abuse", None, ["last_resort", "off"]),
        ("two_policies", None, ["last_resort", "launch_2025"]),
        ("calm", ("off", cw.Policy("mine")), ["off", "mine"]),
    ],
)
def test_the_policies_are_those_that_are_asked_for_or_else_the_scenarios(scenario, policies, names):
    both = made(scenario, policies=policies)
    assert [chat._seat.plan.policy.name for chat in both.chats] == names


@pytest.mark.parametrize("policies", ["off", ("off",), ("off", "off", "off")])
def test_it_takes_two_policies_and_says_so(policies):
    with pytest.raises(SettingsError, match="Two policies stand side by side"):
        made(policies=policies)


def test_what_it_does_not_take_is_refused_with_advice_and_leaves_no_key_behind():
    with pytest.raises(UnknownArgument, match="polices") as caught:
        made(polices=("off", "off"))
    assert "policies=" in str(caught.value)
    with pytest.raises(UnknownArgument) as caught:
        made(api_key="key-of-the-tests")
    frames = []
    at = caught.value.__traceback__
    while at is not None:
        frames.append(at.tb_frame)
        at = at.tb_next
    kept = [str(frame.f_locals) for frame in frames if frame.f_globals["__name__"] == cw.pair.__module__]
    assert kept and not any("key-of-the-tests" in each for each in kept)


def test_shown_it_is_one_view_and_then_a_transcript_of_each_that_says_which_it_is(monkeypatch):
    published: list[dict[str, Any]] = []
    shell = SimpleNamespace(
        kernel=SimpleNamespace(get_parent=lambda: {}),
        display_pub=SimpleNamespace(publish=lambda data, metadata=None, **_: published.append(data)),
    )
    monkeypatch.setattr(display, "_shell", lambda: shell)
    both = made()
    both._ipython_display_()
    view, left, right = published
    assert view[VIEW]["model_id"] == both.widget.model_id and view["text/plain"].startswith("Pair(")
    assert MIME in left and "<h3><bdi>Under the policy last_resort</bdi></h3>" in left["text/html"]
    assert "<h3><bdi>Under the policy off</bdi></h3>" in right["text/html"]
    both.play()
    assert "The model has ended this conversation" in published[-2]["text/html"]
    assert "The model has ended this conversation" not in published[-1]["text/html"]
    box = both.widget
    both.left.widget.close()
    assert both.widget is box and both.left.widget in box.children[1].children, "a panel that was closed is replaced"
    for widget in (*box.children[1].children, box.children[0]):
        widget.close()
