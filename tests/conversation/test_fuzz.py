"""Events that can be stored but make no sense: the law refuses them by name, and nothing downstream crashes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget.conversation import Event, JudgedCall, Step, StepCompleted, StepJudged, apply, outcome
from convend_widget.conversation.events import EVENTS
from convend_widget.conversation.history import history
from convend_widget.ending import judge
from convend_widget.errors import IllegalEvent
from tests.conversation.build import Talk, end, text, warn
from tests.conversation.strategies import plain, whole

words = st.sampled_from(["persistent_harm", "user_request", "redirect", "final_warning", "Hello.", ""])
ids = st.one_of(st.just("toolu_0"), st.sampled_from([f"toolu_{i}" for i in range(20)]))
names = st.sampled_from(["end_conversation", "end_conversation", "warn_user", "search"])
facts = st.fixed_dictionaries({}, optional={"trigger": words, "someone_at_risk": plain, "kind": words, "reason": plain})
calls = st.fixed_dictionaries({"type": st.just("tool_use"), "id": ids, "name": names, "input": st.one_of(facts, plain)})
texts = st.fixed_dictionaries({"type": st.just("text"), "text": words})
nonsense = st.fixed_dictionaries(
    {"type": st.one_of(st.sampled_from(["text", "tool_use", "thinking", "image"]), plain)},
    optional={"id": st.one_of(words, plain), "name": st.one_of(words, plain), "input": plain, "text": plain},
)
verdicts = st.sampled_from(["accepted", "blocked", "confirming", "invalid", "warned", "not_run"])
odd_blocks = st.one_of(calls, calls, texts, nonsense)
odd_steps = st.builds(
    Step,
    blocks=st.lists(odd_blocks, max_size=3).map(tuple),
    stop_reason=st.sampled_from(["tool_use", "tool_use", "end_turn", "refusal", None]),
    complete=st.just(True),
    malformed=st.lists(ids, max_size=1).map(tuple),
)


def conversation() -> Talk:
    """One with every kind of message: ended, running, judged and not, stopped."""
    talk = Talk()
    first = talk.say()
    talk.reply([warn()], [text()], below=first)
    running = talk.ask(first)
    talk.complete(running, text(), end() | {"id": "toolu_0"})
    talk.ask(first_edit := talk.edit(first))
    talk.cut(talk.now.children(first_edit)[0].id, "failed")
    talk.ask(first_edit)
    talk.turn(below=talk.now.children(first)[0].id)
    talk.cut(talk.ask(talk.edit(first)), "stopped", text("Half"))
    return talk


@settings(max_examples=300)
@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_any_event_whatever_happens_or_is_refused(kind: str, data: st.DataObject) -> None:
    talk = conversation()
    cls = EVENTS[kind]
    event = data.draw(whole(cls))
    messages = st.sampled_from([*talk.now.messages, "unknown", ""])
    running = [m.id for m in talk.now.running]
    leaves = [m.id for m in talk.now.leaves()]
    known: dict[str, st.SearchStrategy[Any]] = {
        "reply": st.one_of(st.just("new") if kind == "reply_requested" else st.sampled_from(running), messages),
        "message": st.one_of(st.just("new") if kind == "user_sent" else messages, messages),
        "parent": st.one_of(st.sampled_from(leaves), messages, st.none()),
        "edit_of": st.one_of(st.none(), st.none(), messages),
        "confirm": st.sampled_from([None, None, "yes", "no"]),
        "tool_use": ids,
        "calls": st.lists(st.builds(JudgedCall, ids, names, verdicts), max_size=1).map(tuple),
        **({"settings": st.sampled_from(["s1", "s1", "s2"])} if kind == "reply_requested" else {}),
        "content": st.lists(st.one_of(texts, texts, odd_blocks), max_size=3).map(tuple),
        "partial": st.lists(odd_blocks, max_size=3).map(tuple),
        "step": odd_steps,
    }
    given_fields = {f.name: getattr(event, f.name) for f in fields(cls)}
    given_fields |= {name: data.draw(strategy) for name, strategy in known.items() if name in given_fields}
    if "token" in given_fields and "reply" in given_fields and given_fields["reply"] in talk.now.messages:
        given_fields["token"] = talk[given_fields["reply"]].token
    event = cls(**given_fields)
    try:
        after = apply(talk.now, event)
    except IllegalEvent as error:
        refused = error
    else:
        looked_at_all_over(talk, after, event)
        return
    assert refused.conversation == "c1"
    assert refused.ways


def looked_at_all_over(talk: Talk, after: Any, event: Event) -> None:
    assert isinstance(repr(after), str)
    assert all(e.message == getattr(event, "reply", None) for e in after.endings)
    assert isinstance(after.blocked, list)
    for message in after.messages.values():
        assert isinstance(message.text, str)
        assert isinstance(repr(message), str)
        assert isinstance(history(after, message.id, talk.settings)[0], list)
        if message.role == "assistant" and not message.running:
            assert outcome(message).name


@settings(max_examples=100)
@given(st.lists(odd_steps, min_size=1, max_size=3))
def test_any_step_that_the_law_takes_can_be_judged_and_sent_on(steps: list[Step]) -> None:
    for name in ("last_resort", "two_step"):
        talk = Talk(name)
        talk.say()
        reply = talk.ask()
        for step in steps:
            try:
                talk.do(talk.of(reply, StepCompleted, step=step))
            except IllegalEvent:
                break
            s = talk.settings
            judgement = judge(talk.policy, "enforce", talk[reply], s.tools, True, {})
            talk.do(talk.of(reply, StepJudged, calls=judgement.calls))
            history(talk.now, reply, s)
