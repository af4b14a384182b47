"""``Chat`` as a person at a notebook uses it: one object, from Python alone, everything real beneath it."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import traitlets

import convend_widget as cw
from convend_widget.conversation import Turn
from convend_widget.errors import (
    ConvendError,
    IllegalEvent,
    KeyProblem,
    NoSuchConversation,
    OnOwnerThread,
    Overloaded,
    ReplyRunning,
    SettingsError,
    StoreError,
    StoreTooNew,
    UnknownArgument,
    UnknownMessage,
    UnsafeAddress,
)
from convend_widget.owner import owner
from tests.server import STALL, Answer, MessagesServer
from tests.session.rig import RUDE, answer, told

Make = Callable[..., cw.Chat]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "chats.db"


@pytest.fixture
def chat(store: Path) -> cw.Chat:
    """A rehearsal that takes no time."""
    return cw.Chat(store=store, pause=0)


@pytest.fixture
def slow(store: Path) -> cw.Chat:
    """A rehearsal that takes a while for each word."""
    return cw.Chat(store=store, pause=0.02)


@pytest.fixture
def over(messages_server: MessagesServer, store: Path) -> Iterator[Make]:
    """Makes chats over the loopback server; their connections are closed at the end."""
    made: list[cw.Chat] = []

    def make(**settings: Any) -> cw.Chat:
        made.append(cw.Chat(**{"store": store, "api_key": "key", "base_url": messages_server.url, **settings}))
        return made[-1]

    yield make
    for each in made:
        owner().wait(each._seat.plan.client.aclose())


def ended(store: Path | str) -> Any:
    """A chat that the model has ended."""
    chat = cw.Chat(store=store, pause=0)
    for text in RUDE:
        chat.say(text)
    assert chat.ended
    return chat


def until(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.01)


def running(chat: cw.Chat) -> bool:
    """Whether some words of a reply are here already."""
    return any(reply.draft.partial() for reply in list(chat._seat.session.replies.values()))


def python(code: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Another process."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


# -- talking


def test_say_returns_the_whole_reply(chat):
    reply = chat.say("Hello")
    assert (reply.role, reply.state) == ("assistant", Turn.SETTLED) and reply.text
    assert [m.text for m in chat.conversation.branch()] == ["Hello", reply.text]
    assert (chat.status, chat.busy, chat.ended, chat.ending, chat.head) == ("ready", False, False, None, reply.id)


async def test_asay_is_awaited_while_the_loop_goes_on(slow):
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    ticking = asyncio.ensure_future(tick())
    reply = await slow.asay("Hello")
    ticking.cancel()
    assert reply.state is Turn.SETTLED and len(ticks) > 5


async def test_say_works_in_a_running_loop_and_in_a_thread(chat):
    assert chat.say("Hello").state is Turn.SETTLED
    assert (await asyncio.to_thread(chat.say, "And again")).state is Turn.SETTLED


async def test_every_method_has_its_awaited_twin(chat):
    reply = await chat.asay("Please end this chat.")
    assert (await chat.aretry(reply)).parent == reply.parent
    assert (await chat.aconfirm_end(False)).state is Turn.SETTLED
    assert (await chat.aedit(reply.parent, "Hello")).text


async def test_an_error_shows_where_it_was_asked_for_and_not_the_way_to_it(store):
    chat = ended(store)
    with pytest.raises(cw.ConversationEnded) as refused:
        chat.say("Hello?")
    assert [Path(entry.path).name for entry in refused.traceback] == ["test_chat.py", "chat.py", "chat.py", "owner.py"]
    with pytest.raises(cw.ConversationEnded) as refused:
        await chat.asay("Hello?")
    assert [Path(entry.path).name for entry in refused.traceback] == ["test_chat.py", "chat.py", "chat.py", "owner.py"]


def test_an_ended_chat_says_why_and_three_ways_go_on(store):
    chat = ended(store)
    other = cw.Chat(store=store, pause=0)
    ending = chat.ending
    assert (ending.trigger, ending.redirections, len(ending.warnings)) == ("persistent_harm", 2, 3)
    assert ending.reason and ending.message == chat.head and chat.status == "ended"
    before = len(chat.conversation)
    with pytest.raises(cw.ConversationEnded) as refused:
        chat.say("One more")
    assert len(chat.conversation) == before and refused.value.message == chat.head
    assert {way.split("(")[0].split()[-1] for way in refused.value.ways} == {"chat.new", "chat.edit", "chat.retry"}

    gone, tip = chat.conversation_id, chat.conversation.branch()[-1]
    assert chat.retry(tip).parent == tip.parent
    assert not chat.edit(chat.conversation.branch()[0], "Could you help me, please?").ended and not chat.ended
    assert other.say("Still there?").state is Turn.SETTLED
    chat.go_to(tip)
    assert chat.ended
    chat.new()
    assert (chat.ended, chat.ending, chat.head) == (False, None, None) and chat.conversation_id != gone
    assert chat.say("Hello").state is Turn.SETTLED


def test_edit_and_retry_take_a_message_or_its_id_and_grow_siblings(chat):
    reply = chat.say("Hello")
    said = chat.conversation.branch()[0]
    assert chat.edit(said.id, "Good morning").depth == chat.edit(said, "Good evening").depth == 2
    assert len(chat.conversation.siblings(said)) == 3
    assert chat.retry(reply).parent == chat.retry(said.id).parent == said.id
    assert len(chat.conversation.siblings(reply)) == 3


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda chat, reply: chat.edit(reply, "x"), IllegalEvent),
        (lambda chat, reply: chat.edit("m_none", "x"), UnknownMessage),
        (lambda chat, reply: chat.retry("m_none"), UnknownMessage),
        (lambda chat, reply: chat.go_to("m_none"), UnknownMessage),
        (lambda chat, reply: chat.confirm_end(), IllegalEvent),
        (lambda chat, reply: chat.say(" \n"), SettingsError),
        (lambda chat, reply: chat.say(None), SettingsError),
        (lambda chat, reply: chat.say(b"Hello"), SettingsError),
        (lambda chat, reply: chat.give_feedback(reply, "sideways"), SettingsError),
        (lambda chat, reply: chat.play(), SettingsError),
        (lambda chat, reply: chat.export("talk.docx"), SettingsError),
    ],
)
def test_what_cannot_be_is_refused_with_advice_and_changes_nothing(chat, act, error):
    reply = chat.say("Hello")
    before = chat._seat.conversation
    with pytest.raises(error) as refused:
        act(chat, reply)
    assert refused.value.advice and chat._seat.conversation is before
    assert chat.say("And on").state is Turn.SETTLED


def test_feedback_is_kept_the_newest_one_counts(chat):
    reply = chat.say("Hello")
    chat.give_feedback(reply, "up")
    chat.give_feedback(reply.id, "down", "too long")
    [feedback] = chat.conversation.feedback
    assert (feedback.thumb, feedback.words) == ("down", "too long")


def test_seen_gives_the_requests_of_a_reply_by_default_of_the_newest(chat):
    assert str(chat.conversation.cost) == "–"
    with pytest.raises(SettingsError, match="No model was asked"):
        chat.seen()
    first, second = chat.say("Hello"), chat.say("Hello again")
    assert [len(step.request["messages"]) for step in chat.seen().steps] == [3]
    assert chat.seen(first.id).steps[0].request["messages"] == chat.seen(first).steps[0].request["messages"]
    assert chat.seen(second).message == chat.conversation.seen().message == second.id
    with pytest.raises(UnknownMessage):
        chat.seen("elsewhere")


def test_a_reply_a_branch_and_a_conversation_have_a_cost(chat):
    chat.retry(chat.say("Hello"))
    conversation = chat.conversation
    assert (chat.seen().cost.calls, conversation.branch().cost.calls, conversation.cost.calls) == (1, 1, 2)
    assert str(conversation.cost) == "no cost (rehearsal)"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": 5}, "model must be the id of a model, as text, not int."),
        ({"system": ["Be brief."]}, "system must be text, not list."),
        ({"timeouts": 5}, "timeouts must be a convend_widget.model.client.Timeouts"),
        ({"seed": "7"}, "seed must be a whole number, not str."),
        ({"pause": "1"}, "pause must be a number of seconds, not str."),
        ({"pause": -1}, "pause must be a number of seconds from 0 on, not -1."),
        ({"pause": float("nan")}, "pause must be a number of seconds from 0 on, not nan."),
        ({"request": ["thinking"]}, "request must be a dict of further parameters of the Messages API, not list."),
        ({"store": 5}, "store must be a path, not int."),
    ],
)
def test_a_setting_of_a_wrong_kind_is_refused_where_it_is_made(settings, said):
    with pytest.raises(SettingsError) as refused:
        cw.Chat(**{"store": ":memory:", **settings})
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_chat_that_is_copied_or_pickled_says_where_it_is_instead(chat, way):
    with pytest.raises(TypeError, match="keep its conversation_id"):
        way(chat)


@pytest.mark.parametrize(("yes", "by"), [(True, "python"), (False, None)])
def test_confirm_end_answers_the_question(chat, yes, by):
    chat.say("Please end this chat.")
    reply = chat.confirm_end(yes)
    assert (reply.ended, chat.ended) == (yes, yes)
    assert (chat.ending.confirmed_by if chat.ending else None) == by


# -- scenarios

ENDINGS = {"persistent_abuse": "persistent_harm", "asked_to_end": "user_request", "tour_of_endings": "user_request"}


@pytest.mark.parametrize("scenario", [one.name for one in cw.scenarios()])
def test_every_scenario_plays_to_its_end_and_keeps_to_its_words(scenario):
    chat = cw.Chat(scenario=scenario, store=":memory:", pause=0)
    replies = chat.play()
    assert (chat.ending.trigger if chat.ending else None) == ENDINGS.get(scenario)
    assert chat.ended is (scenario in ENDINGS)
    assert not any("(Rehearsal)" in reply.text for reply in replies)


async def test_aplay_plays_as_play_does():
    chat = cw.Chat(scenario="persistent_abuse", store=":memory:", pause=0)
    assert (await chat.aplay())[-1].ended
    with pytest.raises(cw.ConversationEnded):
        await chat.aplay()


def test_an_edit_of_the_refused_message_rewinds_it():
    chat = cw.Chat(scenario="refusal", store=":memory:", pause=0)
    refused = chat.play()[1]
    assert chat.edit(refused.parent or "", "What is the orange for?").state is Turn.SETTLED


# -- stop, interrupt, cancel


def test_stop_from_another_thread_returns_say_with_what_arrived(slow):
    def stop() -> None:
        until(lambda: running(slow))
        slow.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    reply = slow.say("what can you do")
    stopper.join()
    assert (reply.state, reply.cut_by) == (Turn.STOPPED, "python") and reply.text and not slow.busy
    slow.stop()  # nothing runs, nothing happens


def test_say_works_at_once_after_stop(slow):
    talking = threading.Thread(target=lambda: slow.say("what can you do"))
    talking.start()
    until(lambda: running(slow))
    slow.stop()
    assert slow.say("Hello").state is Turn.SETTLED
    talking.join()


@pytest.mark.skipif(sys.platform == "win32", reason="no signals between threads there")
@pytest.mark.fault(40)
def test_a_keyboard_interrupt_stops_the_reply_keeps_its_words_and_say_works_at_once(slow):
    def interrupt() -> None:
        until(lambda: running(slow))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        slow.say("what can you do")
    interrupter.join()
    after = slow.say("Hello")
    [stopped] = [m for m in slow.conversation if m.state is Turn.STOPPED]
    assert stopped.cut_by == "interrupt" and stopped.text and after.state is Turn.SETTLED


async def test_cancelling_asay_stops_the_reply_and_keeps_its_words(slow):
    talking = asyncio.ensure_future(slow.asay("what can you do"))
    while not running(slow):
        await asyncio.sleep(0.01)
    talking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talking
    after = await slow.asay("Hello")
    [stopped] = [m for m in slow.conversation if m.state is Turn.STOPPED]
    assert stopped.text and stopped.cut_by == "interrupt" and after.state is Turn.SETTLED


def test_a_second_say_on_the_same_tip_is_refused_and_the_first_one_goes_on(slow):
    replies: list[Any] = []
    talking = threading.Thread(target=lambda: replies.append(slow.say("Hello")))
    talking.start()
    until(lambda: running(slow))
    with pytest.raises(ReplyRunning) as refused:
        slow.say("Me too")
    talking.join()
    assert "chat.stop()" in str(refused.value) and replies[0].state is Turn.SETTLED


def test_waiting_on_the_owner_thread_is_refused_with_advice(chat):
    async def on_owner():
        with pytest.raises(OnOwnerThread) as refused:
            chat.say("Hello")
        return refused.value, await chat.asay("Hello")

    error, reply = owner().wait(on_owner())
    assert "asay" in str(error) and reply.state is Turn.SETTLED


def test_a_reply_that_fails_raises_with_what_arrived(over, messages_server):
    stream = told("Half of it")
    messages_server.script(
        Answer.stream(stream, cut=stream.index(b"event: content_block_stop")),
        answer("All."),
        Answer.error(401, "authentication_error", "no"),
    )
    chat = over()
    with pytest.raises(cw.errors.ConnectionLost) as cut:
        chat.say("Hi")
    reply: Any = cut.value.reply
    assert reply.state is Turn.INTERRUPTED and reply.text == "Half of it" and cut.value.advice
    assert chat.retry(reply).text == "All."
    with pytest.raises(KeyProblem) as refused:
        chat.say("And?")
    failed: Any = refused.value.reply
    assert (refused.value.who, refused.value.request_id, failed.state) == ("you", "req_header", Turn.FAILED)
    assert len(chat.conversation.branch()) == 4, "reading goes on"


def test_an_error_event_and_a_retry_after_reach_the_person(over, messages_server):
    messages_server.script(
        Answer.stream(
            b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n' * 1
        ),
        answer("All."),
        Answer.error(429, headers={"retry-after": "86400"}),
    )
    chat = over()
    assert chat.say("Hi").text == "All."
    with pytest.raises(cw.errors.RateLimited) as told_so:
        chat.say("And?")
    assert told_so.value.retry_after == 86400 and not isinstance(told_so.value, Overloaded)


# -- traits


def test_traits_follow_and_observers_may_call_back(chat):
    heard: list[Any] = []
    done = threading.Event()

    def on_end(change: Any) -> None:
        heard.append((change["old"], change["new"], owner().here()))
        if change["new"]:
            with pytest.raises(cw.ConversationEnded):
                chat.say("More")
            chat.new()
            assert chat.say("A new one").state is Turn.SETTLED
        else:
            done.set()

    chat.observe(on_end, "ended")
    assert [chat.say(text).ended for text in RUDE] == [False, False, False, True]
    assert done.wait(30)
    assert heard == [(False, True, False), (True, False, False)] and not chat.ended


def test_observers_never_end_on_an_old_value(chat):
    heard: dict[str, list[Any]] = {}
    for name in ("status", "busy", "head", "conversation_id"):
        heard[name] = []
        chat.observe(lambda change, name=name: heard[name].append(change["new"]), name)
    for _ in range(5):
        chat.say("Hello")
        assert (chat.status, chat.busy) == ("ready", False)
    chat.new()
    until(lambda: heard["conversation_id"] == [chat.conversation_id])
    until(lambda: heard["busy"] and heard["busy"][-1] is False and heard["status"][-1] == "ready")
    until(lambda: heard["head"][-1] is None)


def test_an_observer_that_fails_is_logged_and_say_returns(chat, caplog):
    chat.observe(lambda change: 1 / 0, "head")
    assert chat.say("Hello").state is Turn.SETTLED
    until(lambda: "An observer of head failed" in caplog.text)


def test_links_follow(chat):
    class Other(traitlets.HasTraits):
        over = traitlets.Bool(False)
        at = traitlets.Unicode("")

    other = Other()
    traitlets.dlink((chat, "ended"), (other, "over"))
    traitlets.link((chat, "conversation_id"), (other, "at"))
    assert other.at == chat.conversation_id
    for text in RUDE:
        chat.say(text)
    until(lambda: other.over)
    chat.new()
    until(lambda: other.at == chat.conversation_id and not other.over)


@pytest.mark.parametrize("name", ["ended", "head", "status", "busy", "model", "conversation_id"])
def test_no_trait_can_be_set(chat, name):
    with pytest.raises(traitlets.TraitError):
        setattr(chat, name, getattr(chat, name))


# -- settings


def test_unknown_arguments_fail_with_the_nearest_one():
    with pytest.raises(UnknownArgument) as error:
        cw.Chat(polcy="off")
    assert "polcy" in error.value.what and "policy=" in error.value.advice
    with pytest.raises(TypeError):
        cw.Chat(colour="red")
    with pytest.raises(UnknownArgument) as error:
        cw.Chat(temperature=0.5)
    assert "sampling" in error.value.advice


@pytest.mark.parametrize(
    "settings",
    [
        {"policy": "harsh"},
        {"mode": "watch"},
        {"max_tokens": 0},
        {"max_tokens": 10.5},
        {"max_tokens": True},
        {"scenario": "none"},
        {"scenario": "calm", "api_key": "k"},
        {"request": {"messages": []}},
        {"request": {"extra_headers": {"x": "y"}}},
        {"request": {"x": object()}},
        {"send_with": "alt-enter"},
        {"theme": "blue"},
        {"size": "huge"},
        {"language": "de; drop"},
        {"language": "german please"},
        {"base_url": "nowhere"},
        {"client": object()},
    ],
)
def test_settings_that_cannot_be_used_fail_before_anything_is_made(settings, store):
    with pytest.raises(SettingsError) as error:
        cw.Chat(store=store, **settings)
    assert str(error.value)
    assert not store.exists()


@pytest.mark.fault(17)
def test_a_key_never_goes_over_plain_http_to_another_machine_unless_asked(store):
    with pytest.raises(UnsafeAddress) as error:
        cw.Chat(store=store, api_key="key", base_url="http://models.example")
    assert "models.example" in str(error.value) and "allow_http=True" in error.value.advice
    asked = cw.Chat(store=store, api_key="key", base_url="http://models.example", allow_http=True)
    assert repr(asked).startswith("Chat(models.example,")


@pytest.mark.fault(9)
def test_without_a_key_it_is_a_rehearsal_and_with_one_it_is_claude(store, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert repr(cw.Chat(store=store)) == "Chat(rehearsal, last_resort, 0 messages, ready)"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    assert repr(cw.Chat(store=store)) == "Chat(claude, last_resort, 0 messages, ready)"
    rehearsed = cw.Chat(store=store, scenario="calm", pause=0)
    assert rehearsed.play()[-1].state is Turn.SETTLED, "a scenario is always rehearsed"


def test_a_setting_stays_as_it_was_chosen_and_says_how_to_choose_anew(store):
    chat = cw.Chat(store=store, pause=0, theme="dark")
    for name in ("theme", "language", "size", "policy", "max_tokens"):
        with pytest.raises(cw.errors.SettingsError, match=f"cw.open.*{name}="):
            setattr(chat, name, "light")
    assert chat.preferences["theme"] == "dark"


def test_settings_reach_the_request_and_the_record(over, messages_server):
    chat = over(model="claude-opus-5", system="Be brief.", max_tokens=77, request={"metadata": {"user_id": "u"}})
    chat.say("Hi")
    body = messages_server.seen[0].body
    assert (body["model"], body["max_tokens"], body["metadata"]) == ("claude-opus-5", 77, {"user_id": "u"})
    assert "Be brief." in str(body["system"]) and chat.model == "claude-opus-5"
    [settings] = chat._seat.conversation.settings.values()
    assert (settings.system, settings.request, settings.max_tokens) == ("Be brief.", {"metadata": {"user_id": "u"}}, 77)


# -- keeping


def test_another_process_sees_the_same(store):
    chat = ended(store)
    seen = python(
        """
        import sys
        import convend_widget as cw
        chat = cw.open(sys.argv[1], store=sys.argv[2], pause=0)
        print(chat.conversation.tree())
        print(chat.ended, chat.ending, chat.conversation.digest)
        try:
            chat.say("More")
        except cw.ConversationEnded as error:
            print(error.message)
        """,
        chat.conversation_id,
        store,
    )
    assert seen.stderr == ""
    wanted = [str(chat.conversation.tree()), f"True {chat.ending} {chat.conversation.digest}", chat.head, ""]
    assert seen.stdout == "\n".join(wanted)


def test_open_goes_on_with_the_policy_mode_and_system_of_before(store):
    chat = cw.Chat(store=store, pause=0, policy="two_step", mode="observe", system="Be brief.")
    chat.say("Hello")
    again = cw.open(chat.conversation_id, store=store, pause=0)
    plan = again._seat.plan
    assert (plan.policy.name, plan.mode, plan.system) == ("two_step", "observe", "Be brief.")
    other = cw.open(chat.conversation_id, store=store, pause=0, policy="off", mode="enforce", system="")
    assert (other._seat.plan.policy.name, other._seat.plan.mode, other._seat.plan.system) == ("off", "enforce", "")
    again.say("And on")
    assert other.conversation.messages == again.conversation.messages, "chats of one process share a conversation"


def test_conversations_lists_those_that_hold_something_the_newest_first(store):
    cw.Chat(store=store)
    assert repr(cw.conversations(store=store)) == "No conversations."
    first, second = cw.Chat(store=store, pause=0), ended(store)
    first.say("Hello there")
    listed = cw.conversations(store=store)
    assert [s.conversation for s in listed] == [first.conversation_id, second.conversation_id]
    assert [(s.title, s.ended) for s in listed] == [("Hello there", False), (RUDE[0], True)]
    assert cw.conversations(store=store, limit=1)[0].conversation == first.conversation_id


def test_delete_removes_the_content_and_an_open_chat_is_told(store):
    chat, kept = cw.Chat(store=store, pause=0), cw.Chat(store=store, pause=0)
    chat.say("A secret of mine: xyzzy-plugh")
    kept.say("Hello")
    gone = chat.conversation_id
    assert b"xyzzy-plugh" in store.read_bytes()
    cw.delete(gone, store=store)
    assert b"xyzzy-plugh" not in store.read_bytes()
    assert [s.conversation for s in cw.conversations(store=store)] == [kept.conversation_id]
    assert any("deleted" in notice for notice in chat.notices)
    for act in (lambda: chat.say("More"), lambda: cw.open(gone, store=store), lambda: cw.delete(gone, store=store)):
        with pytest.raises(NoSuchConversation):
            act()
    assert chat.conversation_id == gone and b"More" not in store.read_bytes(), "the tombstone holds the place"
    chat.new()
    assert chat.say("A new one").state is Turn.SETTLED and chat.notices == []


def test_delete_stops_the_reply_that_is_being_written(slow, store):
    replies: list[Any] = []
    talking = threading.Thread(target=lambda: replies.append(slow.say("what can you do")))
    talking.start()
    until(lambda: running(slow))
    cw.delete(slow.conversation_id, store=store)
    talking.join(30)
    assert replies and replies[0].state is Turn.STOPPED and not slow.busy


def test_verify_and_digest_follow_the_log(chat, store):
    chat.say("Hello")
    first = chat.conversation.digest
    verdict = chat.conversation.verify()
    assert verdict.ok and verdict.digest == first and len(first) == 64
    chat.say("And on")
    assert chat.conversation.digest != first


def test_a_chat_in_which_nothing_was_said_has_nothing_to_verify_or_export(chat, tmp_path):
    for act in (
        lambda: chat.conversation.verify(),
        lambda: chat.conversation.digest,
        lambda: chat.export(tmp_path / "a.md"),
    ):
        with pytest.raises(NoSuchConversation) as error:
            act()
        assert "Nothing was said" in str(error.value)
    assert len(chat.conversation) == 0 and repr(chat.conversation.tree()) == "(empty)"


def test_a_message_that_is_not_there_is_named(chat):
    chat.say("Hello")
    record = chat.conversation
    for act in (record.branch, record.siblings, record.to_frame):
        with pytest.raises(UnknownMessage):
            act("m_none")


@pytest.mark.parametrize("suffix", ["md", "html", "json", "csv"])
def test_export_writes_what_was_said(store, tmp_path, suffix):
    chat = ended(store)
    path = chat.export(tmp_path / f"talk.{suffix}")
    text = path.read_text("utf-8")
    assert path.suffix == f".{suffix}" and RUDE[0] in text and chat.ending.reason in text


def test_an_export_comes_back_as_it_was(store, tmp_path):
    chat = ended(store)
    again = cw.import_conversation(chat.export(tmp_path / "talk.json"), store=store, pause=0)
    assert again.ended and again.conversation_id != chat.conversation_id
    assert [m.text for m in again.conversation] == [m.text for m in chat.conversation]
    with pytest.raises(cw.ConversationEnded):
        again.say("More")


def test_a_history_from_elsewhere_goes_on_under_the_usual_policy(tmp_path):
    told = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, and welcome."}]
    (tmp_path / "talk.json").write_text(json.dumps(told))
    chat = cw.import_conversation(tmp_path / "talk.json", store=tmp_path / "chats.db", pause=0)
    assert chat.say("And now?").settings is not None
    assert chat.conversation.to_frame()["policy"].tolist()[-1] == "last_resort"
    again = cw.open(chat.conversation_id, store=tmp_path / "chats.db", policy="two_step", pause=0)
    again.say("And then?")
    assert repr(cw.open(chat.conversation_id, store=tmp_path / "chats.db")).startswith("Chat(rehearsal, two_step, ")


def test_a_store_that_cannot_be_written_is_told_and_the_chat_works(tmp_path):
    (tmp_path / "file").write_text("no folder")
    chat = cw.Chat(store=tmp_path / "file" / "chats.db", pause=0)
    assert chat.say("Hello").state is Turn.SETTLED
    assert any("Not saved" in notice for notice in chat.notices)


@pytest.mark.fault(54)
def test_a_store_that_could_not_be_opened_is_tried_again_the_next_time(chat, store, tmp_path):
    chat.say("Hello")
    newer = tmp_path / "newer.db"
    newer.write_bytes(store.read_bytes())

    def set_version(version: int) -> int:
        with closing(sqlite3.connect(newer)) as db:
            before: int = db.execute("pragma user_version").fetchone()[0]
            db.execute(f"pragma user_version = {version}")
        return before

    ours = set_version(9999)
    for _ in range(2):
        with pytest.raises(StoreTooNew):
            cw.open(chat.conversation_id, store=newer)
    set_version(ours)
    assert len(cw.open(chat.conversation_id, store=newer).conversation) == 2


def test_one_store_however_its_path_is_written(store, monkeypatch):
    chat = cw.Chat(store=store, pause=0)
    chat.say("Hello")
    monkeypatch.chdir(store.parent)
    again = cw.open(chat.conversation_id, store="chats.db", pause=0)
    chat.say("And on")
    assert again._seat.session is chat._seat.session


# -- fork


def in_child(work: Callable[[], object]) -> str:
    """What ``work`` gives in a forked child, as text; an error's text starts with its name."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that forking a process with threads is a risk
        child = os.fork()
    if child == 0:
        try:
            said = str(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told_by_child:
        said = told_by_child.read()
    os.waitpid(child, 0)
    return said


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@needs_fork
@pytest.mark.fault(53)
@pytest.mark.parametrize("where", ["chats.db", ":memory:"])
def test_a_forked_child_goes_on_with_the_chat(tmp_path, where):
    chat = cw.Chat(store=where if where == ":memory:" else tmp_path / where, pause=0)
    chat.say("Hello")

    def child() -> object:
        reply = chat.say("From the child")
        assert reply.state is Turn.SETTLED and chat.head == reply.id
        return [len(chat.conversation), chat.conversation.verify().ok, chat.status]

    assert in_child(child) == "[4, True, 'ready']"
    if where != ":memory:":
        until(lambda: len(chat.conversation) == 4 and not chat.busy)
        assert chat.conversation.branch()[2].text == "From the child"
    assert chat.say("From the parent").state is Turn.SETTLED and chat.conversation.verify().ok


@needs_fork
def test_a_record_that_was_taken_before_a_fork_can_be_verified_in_the_child(chat):
    chat.say("Hello")
    record = chat.conversation
    assert in_child(lambda: record.digest) == record.digest


@needs_fork
def test_a_child_that_is_forked_in_mid_reply_sees_it_as_written_elsewhere(slow):
    talking = threading.Thread(target=lambda: slow.say("what can you do"))
    talking.start()
    until(lambda: running(slow))

    def child() -> object:
        with pytest.raises(ReplyRunning):
            slow.say("Hurry")
        return slow.status

    assert in_child(child) == "elsewhere"
    slow.stop()
    talking.join()
    assert slow.conversation.branch()[-1].state is Turn.STOPPED


@needs_fork
def test_a_child_has_connections_of_its_own(over, messages_server):
    chat = over()
    chat.say("Hello")
    assert in_child(lambda: chat.say("From the child").text) == "Hello from the loopback."
    until(lambda: len(chat.conversation) == 4 and not chat.busy)
    assert chat.say("From the parent").state is Turn.SETTLED


# -- how it looks


def test_reprs_are_short_and_the_same_every_time(store):
    def looks() -> list[str]:
        chat = cw.Chat(scenario="persistent_abuse", store=":memory:", pause=0)
        replies = chat.play()
        record = chat.conversation
        things = [chat, replies, record, record.branch(), record.tree(), record.endings, record.blocked]
        things += [chat.ending, record.head, record.siblings(replies[0]), record.feedback, cw.scenarios()]
        return [repr(thing) for thing in things]

    first, second = looks(), looks()
    assert first == second
    assert first[0] == "Chat(rehearsal, last_resort, 10 messages, ended)"
    assert all(len(line) <= 160 for look in first[:1] + first[2:5] for line in look.splitlines())
    assert not any("0x" in look for look in first)


@pytest.mark.fault(48)
@pytest.mark.parametrize(
    "text", ["a\ud800b\x00c", "\u202eevil\u2066", "a\u2028b\u0085c", "\x1b[31mred", "e" + "\u0301" * 50]
)
def test_any_text_is_kept_exactly_and_looks_never_break_a_line(chat, text):
    chat.say(text)
    assert chat.conversation.branch()[0].text == text and chat.conversation.verify().ok
    again = cw.open(chat.conversation_id, store=chat._where, pause=0)
    assert again.conversation.branch()[0].text == text
    for look in (chat.conversation.tree(), chat.conversation.branch(), cw.conversations(store=chat._where)):
        assert all(c.isprintable() or c == "\n" for c in repr(look)) and repr(look).count("\n") <= 1


def test_importing_the_package_is_light_and_so_is_a_chat_in_a_script():
    seen = python(
        """
        import sys
        import convend_widget as cw
        heavy = ["anthropic", "pandas", "anywidget", "ipywidgets", "IPython", "pydantic", "httpx2", "sqlite3", "nh3"]
        print([name for name in heavy if name in sys.modules])
        chat = cw.Chat(store=":memory:", pause=0)
        print([name for name in heavy[:5] if name in sys.modules])
        """
    )
    assert (seen.stdout, seen.stderr) == ("[]\n[]\n", "")


@pytest.mark.parametrize("pause", [0, 0.05])
def test_a_script_ends_without_a_word_whatever_is_under_way(store, pause):
    ended_script = python(
        """
        import sys, threading, time
        import convend_widget as cw
        from convend_widget.owner import owner
        chat = cw.Chat(store=sys.argv[1], pause=float(sys.argv[2]))
        chat.say("Hello")
        threading.Thread(target=chat.say, args=["what can you do"], daemon=True).start()
        while len(chat.conversation) < 4:
            time.sleep(0.01)
        owner().observe(lambda: time.sleep(1.2))  # an observer that takes its time holds the process up
        """,
        store,
        pause,
    )
    assert (ended_script.returncode, ended_script.stdout, ended_script.stderr) == (0, "", "")


def test_a_script_that_ends_while_its_panel_begins_ends_without_a_word():
    script = """
        import time
        import convend_widget as cw
        from convend_widget.owner import owner
        chat = cw.Chat(store=":memory:", pause=0)
        owner().observe(lambda: time.sleep(1.2))  # what holds the process up
        owner().call(lambda: time.sleep(0.5))  # meanwhile, and no sooner, the panel begins
        chat.widget
    """
    ended_script = python(script)
    assert (ended_script.returncode, ended_script.stdout, ended_script.stderr) == (0, "", "")


def test_everything_at_the_top_is_there_and_documented():
    for name in cw.__all__:
        assert name == "__version__" or getattr(cw, name).__doc__
    assert set(cw.__all__) <= set(dir(cw))
    with pytest.raises(AttributeError):
        cw.nothing  # noqa: B018


@pytest.mark.parametrize("name", [n for n in dir(cw.Chat) if not n.startswith("_")])
def test_every_public_method_of_a_chat_says_what_it_does(name):
    member = getattr(cw.Chat, name)
    if callable(member) and getattr(member, "__module__", "").startswith("convend_widget"):
        assert member.__doc__


def test_every_error_says_who_must_act():
    def tree(kind: type[ConvendError]) -> Iterator[type[ConvendError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from tree(below)

    for kind in tree(ConvendError):
        assert kind.who in ("you", "model", "machine", "us") and kind.__doc__
        assert not issubclass(kind, StoreError) or kind.who in ("machine", "you")


def test_a_stalled_reply_is_busy_until_it_is_stopped(over, messages_server):
    stream = told("A good beginning")
    messages_server.script(Answer.stream(stream[: stream.index(b"event: content_block_stop")], then=STALL))
    chat = over()
    talking = threading.Thread(target=lambda: chat.say("Hi"))
    talking.start()
    until(lambda: running(chat) and chat.busy)
    assert chat.status == "responding"
    chat.stop()
    talking.join(30)
    assert not talking.is_alive() and chat.conversation.branch()[-1].text == "A good beginning"
    assert messages_server.wait_until(lambda server: server.left == 1)


def test_labels_stars_and_archived_branches_from_python(chat: cw.Chat) -> None:
    first = chat.say("Hello")
    second = chat.retry(first)
    chat.label(first, "The good one")
    chat.star(first)
    chat.archive(second)
    tree = str(chat.conversation.tree())
    assert "  *  # The good one" in tree and "[archived]" in tree, "the head's branch is drawn, archived or not"
    chat.go_to(first)
    tree = str(chat.conversation.tree())
    assert tree.count("\n") == 2 and "(1 archived left out; tree(archived=True) draws them)" in tree
    assert str(chat.conversation.tree(archived=True)).count("[archived]") == 1
    frame = chat.conversation.to_frame().set_index("id")
    assert frame.loc[[first.id, second.id], "archived"].tolist() == [False, True]
    chat.restore(second)
    chat.star(first, False)
    chat.label(first.id, "")
    assert not any(mark in str(chat.conversation.tree()) for mark in ("archived", "*", "#"))


def test_labels_stars_and_archived_branches_are_there_when_a_chat_is_opened_or_imported(
    chat: cw.Chat, store: Path, tmp_path: Path
) -> None:
    first = chat.say("Hello")
    chat.label(first, "The good one")
    chat.archive(chat.retry(first))
    drawn = str(cw.open(chat.conversation_id, store=store).conversation.tree(archived=True))
    assert "# The good one" in drawn and "[archived]" in drawn
    chat.export(tmp_path / "talk.json")
    again = cw.import_conversation(tmp_path / "talk.json", store=":memory:").conversation
    assert str(again.tree(archived=True)) == drawn


def test_what_is_below_an_archived_message_can_be_restored_by_itself(chat: cw.Chat) -> None:
    first = chat.say("Hello")
    second = chat.say("And?")
    chat.archive(first)
    chat.restore(second)
    assert chat.conversation.tree(archived=True) == chat.conversation.tree()


def test_the_tree_shows_labels_on_one_line_whatever_they_hold(chat: cw.Chat) -> None:
    reply = chat.say("Hello")
    chat.label(reply, "\u202eturned\n\x1b[31m red")
    assert "# \ufffdturned [31m red" in str(chat.conversation.tree())
