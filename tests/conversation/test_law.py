"""The law, pair by pair: what may happen where. LEGAL below is written by hand, apart from the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convend_widget.conversation import (
    BranchArchived,
    ConversationStarted,
    Event,
    EvidenceRecorded,
    FeedbackGiven,
    JudgedCall,
    MessageMarked,
    ReplyFailed,
    ReplyInterrupted,
    ReplyRefused,
    ReplySettled,
    ReplyStopped,
    SettingsRecorded,
    Step,
    StepCompleted,
    StepJudged,
    StepOpened,
    Tip,
    Turn,
    apply,
    fold,
)
from convend_widget.conversation.events import EVENTS, ReplyEvent
from convend_widget.conversation.law import TIP, TURN, tip_after_judging, tip_after_writing
from convend_widget.conversation.tree import empty
from convend_widget.errors import (
    ConversationEnded,
    IllegalEvent,
    ReplyRunning,
    StaleToken,
    TipMoved,
    UnknownMessage,
)
from tests.conversation.build import ERROR, Talk, call, end, laid_open, text, warn


def refused(talk: Talk, event: Event, kind: type[IllegalEvent] = IllegalEvent) -> IllegalEvent:
    """The event is refused by an error that says all it must, and nothing has changed."""
    before = laid_open(talk.now)
    with pytest.raises(IllegalEvent) as caught:
        apply(talk.now, event)
    error = caught.value
    assert type(error) is kind
    assert laid_open(talk.now) == before
    assert error.conversation == talk.now.id
    assert error.state
    assert error.ways
    assert all(way in str(error) for way in error.ways)
    return error


# -- a running reply: every situation times every event


def requested(talk: Talk) -> str:
    talk.say()
    return talk.ask()


def streaming(talk: Talk) -> str:
    reply = requested(talk)
    talk.open(reply)
    return reply


def said(talk: Talk) -> str:
    reply = streaming(talk)
    talk.complete(reply, text("Fine."))
    return reply


def called(talk: Talk) -> str:
    reply = requested(talk)
    talk.complete(reply, text("Please stop."), warn(), call("other"))
    return reply


def judged(talk: Talk) -> str:
    reply = called(talk)
    talk.judged(reply)
    return reply


def said_again(talk: Talk) -> str:
    reply = judged(talk)
    talk.open(reply)
    return reply


def accepted(talk: Talk) -> str:
    talk.warned_enough()
    reply = requested(talk)
    talk.complete(reply, end())
    talk.judged(reply)
    return reply


def classified(talk: Talk) -> str:
    reply = requested(talk)
    talk.complete(reply, text("Well"), stop="refusal")
    return reply


def ended(talk: Talk) -> str:
    reply = accepted(talk)
    talk.settle(reply)
    return reply


def settled(talk: Talk) -> str:
    return talk.turn().id


def cut(how: str) -> Callable[[Talk], str]:
    def make(talk: Talk) -> str:
        reply = classified(talk) if how == "refused" else streaming(talk)
        talk.cut(reply, how, *([text("Wel")] if how != "refused" else []))
        return reply

    return make


SITUATIONS: dict[str, Callable[[Talk], str]] = {
    "requested": requested,
    "streaming": streaming,
    "said": said,
    "called": called,
    "judged": judged,
    "said again": said_again,
    "accepted": accepted,
    "classified": classified,
    "ended": ended,
    "settled": settled,
    **{how: cut(how) for how in ("stopped", "interrupted", "refused", "failed")},
}
CUTS = {"reply_stopped", "reply_interrupted", "reply_failed"}
LEGAL: dict[str, set[str]] = {
    "requested": {"step_opened", "step_completed", *CUTS},
    "streaming": {"step_completed", *CUTS},
    "said": {"step_opened", "step_completed", "step_judged", "reply_settled", *CUTS},
    "called": {"evidence", "step_judged", *CUTS},
    "judged": {"step_opened", "step_completed", "reply_settled", *CUTS},
    "said again": {"step_completed", *CUTS},
    "accepted": {"reply_settled"},
    "classified": {"step_judged", "reply_refused", *CUTS},
    **{rest: set() for rest in ("ended", "settled", "stopped", "interrupted", "refused", "failed")},
}
LEADS_TO = {
    "step_opened": Turn.STREAMING,
    "step_completed": Turn.JUDGING,
    "evidence": Turn.JUDGING,
    "step_judged": Turn.JUDGING,
    "reply_settled": Turn.SETTLED,
    "reply_refused": Turn.REFUSED,
    "reply_stopped": Turn.STOPPED,
    "reply_interrupted": Turn.INTERRUPTED,
    "reply_failed": Turn.FAILED,
}
AT_REST = [name for name, legal in LEGAL.items() if not legal]
REPLY_EVENTS = sorted(kind for kind, cls in EVENTS.items() if issubclass(cls, ReplyEvent))


def event_of(talk: Talk, reply: str, kind: str) -> Event:
    """An event of this kind, as right as it can be where the reply is."""
    steps = talk[reply].steps
    uses = [b["id"] for b in steps[-1].tool_calls()] if steps else []
    more: dict[str, dict[str, Any]] = {
        "step_completed": {"step": Step((text("More."),), "end_turn", True)},
        "evidence": {"gate": "second_opinion", "tool_use": uses[0] if uses else "none", "favours": True},
        "step_judged": {"calls": talk.verdicts(reply).calls if steps else ()},
        "reply_failed": {"error": ERROR},
    }
    return talk.of(reply, EVENTS[kind], **more.get(kind, {}))  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", REPLY_EVENTS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_reply_does_what_the_law_says_and_nothing_else(situation: str, kind: str) -> None:
    talk = Talk()
    reply = SITUATIONS[situation](talk)
    event = event_of(talk, reply, kind)
    if kind in LEGAL[situation]:
        talk.do(event)
        assert talk[reply].state is LEADS_TO[kind]
        return
    late = StaleToken if situation in AT_REST else IllegalEvent
    error = refused(talk, event, ConversationEnded if situation == "ended" else late)
    assert error.message == reply
    assert error.state == talk[reply].standing


def test_every_row_of_the_turns_table_is_walked_by_some_legal_pair() -> None:
    walked = set()
    for situation, kinds in LEGAL.items():
        talk = Talk()
        state = talk[SITUATIONS[situation](talk)].state
        assert state is not None
        walked |= {(state, kind) for kind in kinds}
    assert walked == set(TURN)


def test_no_state_of_rest_leads_anywhere() -> None:
    rests = {Turn.SETTLED, Turn.STOPPED, Turn.INTERRUPTED, Turn.REFUSED, Turn.FAILED}
    assert {state for state, _ in TURN} == set(Turn) - rests


@pytest.mark.parametrize("kind", REPLY_EVENTS)
@pytest.mark.parametrize("situation", [s for s in SITUATIONS if s not in AT_REST])
def test_an_event_with_another_token_is_always_refused(situation: str, kind: str) -> None:
    talk = Talk()
    reply = SITUATIONS[situation](talk)
    event = event_of(talk, reply, kind)
    forged = type(event)(**{**vars(event), "token": "another"})
    assert refused(talk, forged, StaleToken).message == reply


@pytest.mark.parametrize("kind", REPLY_EVENTS)
def test_a_message_of_the_person_takes_no_event_of_a_reply(kind: str) -> None:
    talk = Talk()
    message = talk.say()
    assert refused(talk, event_of(talk, message, kind)).message == message


@pytest.mark.parametrize("kind", REPLY_EVENTS)
def test_an_event_of_an_unknown_reply_names_it(kind: str) -> None:
    talk = Talk()
    real = talk.turn().id
    event = event_of(talk, real, kind)
    unknown = type(event)(**{**vars(event), "reply": "r-unknown"})
    assert refused(talk, unknown, UnknownMessage).message == "r-unknown"


# -- writing and asking, below every situation

WRITE_BELOW: dict[str, type[IllegalEvent] | None] = {
    **{name: ReplyRunning for name in SITUATIONS if name not in AT_REST},
    **dict.fromkeys(AT_REST),
    "accepted": ConversationEnded,
    "ended": ConversationEnded,
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_person_writes_below_a_reply_at_rest_that_did_not_end(situation: str) -> None:
    talk = Talk()
    reply = SITUATIONS[situation](talk)
    expected = WRITE_BELOW[situation]
    if expected is None:
        message = talk.say("Go on.", below=reply)
        assert talk[message].parent == reply
    else:
        error = refused(talk, talk.sent("Go on.", below=reply), expected)
        assert error.message == reply


@pytest.mark.fault(28)
def test_nothing_goes_below_an_ended_message_and_the_error_says_what_can_be_done() -> None:
    talk = Talk()
    reply = ended(talk)
    for event in (
        talk.sent(below=reply),
        talk.sent(below=reply, edit_of=talk[reply].parent),
        talk.sent(below=reply, confirm="yes"),
        talk.request(below=reply),
    ):
        error = refused(talk, event, ConversationEnded)
        assert (error.conversation, error.message, error.state) == ("c1", reply, "ended")
        assert [way.split()[0] for way in error.ways] == ["start", "edit", "retry"]
    assert talk.now.last_child(reply) is None


def test_a_message_goes_below_a_reply_not_below_another_message() -> None:
    talk = Talk()
    message = talk.say()
    assert refused(talk, talk.sent(below=message)).message == message


@pytest.mark.fault(28, 33)
def test_a_second_message_on_the_same_tip_is_told_who_was_first() -> None:
    talk = Talk()
    reply = settled(talk)
    first = talk.say("A", below=reply)
    error = refused(talk, talk.sent("B", below=reply), TipMoved)
    assert error.message == first
    root = refused(talk, talk.sent("B", below=None), TipMoved)
    assert root.message == talk.now.children(None)[0].id


def test_an_edit_goes_beside_a_message_of_the_person_and_nowhere_else() -> None:
    talk = Talk()
    first = talk.say("A")
    reply = talk.reply().id
    second = talk.edit(first, "B")
    assert [m.id for m in talk.now.siblings(first)] == [first, second]
    assert refused(talk, talk.sent(below=None, edit_of=reply)).message == reply
    assert refused(talk, talk.sent(below=reply, edit_of=first)).message == first
    assert refused(talk, talk.sent(below=None, edit_of="u-unknown"), UnknownMessage).message == "u-unknown"


def test_one_reply_at_a_time_and_then_as_many_as_one_likes() -> None:
    talk = Talk()
    message = talk.say()
    first = talk.ask(message)
    assert refused(talk, talk.request(below=message), ReplyRunning).message == first
    talk.cut(first, "stopped")
    second = talk.ask(message)
    assert refused(talk, talk.request(below=message), ReplyRunning).message == second
    talk.cut(second, "failed")
    assert len(talk.now.children(message)) == 2
    assert refused(talk, talk.request(below=first)).message == first


@pytest.mark.parametrize(
    "content", [(), (text(""),), (text(" \n\t"),), (call("x"),), (text(), {"type": "tool_result"})]
)
@pytest.mark.fault(23)
def test_a_message_of_the_person_has_words_and_no_calls_or_results(content: tuple[dict[str, Any], ...]) -> None:
    talk = Talk()
    refused(talk, talk.sent(below=None, content=content))


@pytest.mark.parametrize("content", [({"type": []},), ({},), ({"type": "text"},), ({"type": "text", "text": 5},)])
def test_content_that_is_no_content_is_refused_and_not_crashed_on(content: tuple[dict[str, Any], ...]) -> None:
    talk = Talk()
    refused(talk, talk.sent(below=None, content=content))


def test_an_image_alone_is_a_message() -> None:
    talk = Talk()
    message = talk.say(content=({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},))
    assert talk[message].text == ""


def test_ids_are_new_and_not_empty() -> None:
    talk = Talk()
    message = talk.say()
    reply = talk.reply(below=message).id
    refused(talk, talk.sent(below=reply, message=""))
    assert refused(talk, talk.sent(below=reply, message=message)).message == message
    assert refused(talk, talk.request(below=message, reply=reply)).message == reply
    refused(talk, talk.request(below=message, reply=""))


def test_unknown_parents_and_settings_are_named() -> None:
    talk = Talk()
    assert refused(talk, talk.sent(below="r-unknown"), UnknownMessage).message == "r-unknown"
    assert refused(talk, talk.sent(below=""), UnknownMessage).message == ""
    assert refused(talk, talk.request(below="u-unknown"), UnknownMessage).message == "u-unknown"
    message = talk.say()
    assert "'s-unknown'" in str(refused(talk, talk.request(below=message, settings="s-unknown")))


# -- the conversation as a whole


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_only_its_own_start_begins_a_conversation(kind: str) -> None:
    talk = Talk()
    reply = called(talk)
    events: dict[str, Event] = {
        "started": ConversationStarted(at=0.0, conversation="other", schema=1),
        "settings": SettingsRecorded(at=0.0, settings=talk.settings),
        "user_sent": talk.sent(below=None),
        "reply_requested": talk.request(below=reply),
        "feedback": FeedbackGiven(at=0.0, message=reply, thumb="up", words="", by="python"),
        "marked": MessageMarked(at=0.0, message=reply, label="", starred=True, by="python"),
        "archived": BranchArchived(at=0.0, message=reply, archived=True, by="python"),
    }
    event = events.get(kind) or event_of(talk, reply, kind)
    with pytest.raises(IllegalEvent) as caught:
        fold("c1", [event])
    assert caught.value.conversation == "c1"
    assert caught.value.ways


def test_a_conversation_starts_once() -> None:
    talk = Talk()
    refused(talk, ConversationStarted(at=0.0, conversation="c1", schema=1))


def test_settings_are_recorded_once() -> None:
    talk = Talk()
    refused(talk, SettingsRecorded(at=0.0, settings=talk.settings))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_feedback_is_welcome_on_any_message_and_the_newest_counts(situation: str) -> None:
    talk = Talk()
    reply = SITUATIONS[situation](talk)
    before = talk[reply]
    for words in ("first", "second"):
        talk.do(FeedbackGiven(at=0.0, message=reply, thumb="down", words=words, by="panel"))
    assert [(f.message, f.thumb, f.words) for f in talk.now.feedback] == [(reply, "down", "second")]
    assert talk[reply] is before


@pytest.mark.parametrize("situation", SITUATIONS)
def test_marks_are_welcome_on_any_message_the_newest_counts_and_nothing_else_moves(situation: str) -> None:
    talk = Talk()
    reply = SITUATIONS[situation](talk)
    before = talk[reply]
    for label, starred in (("first", True), ("second", False)):
        talk.do(MessageMarked(at=0.0, message=reply, label=label, starred=starred, by="panel"))
    for archived in (False, True, True):
        talk.do(BranchArchived(at=0.0, message=reply, archived=archived, by="panel"))
    assert (talk.now.label(reply), talk.now.starred(reply), talk.now.is_archived(reply)) == ("second", False, True)
    assert talk[reply] is before


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_may_follow_a_message_may_follow_it_archived_too(situation: str) -> None:
    """Archived or not, the same events are legal, and those that are not are refused in the same words."""
    plain, away = Talk(), Talk()
    names = [SITUATIONS[situation](talk) for talk in (plain, away)]
    away.do(BranchArchived(at=0.0, message=names[1], archived=True, by="panel"))
    for kind in ("user_sent", "reply_requested", *(k for k in EVENTS if issubclass(EVENTS[k], ReplyEvent))):
        outcomes = []
        for talk, name in zip((plain, away), names, strict=True):
            event = {
                "user_sent": lambda talk=talk, name=name: talk.sent(below=name, message="u-new"),
                "reply_requested": lambda talk=talk, name=name: talk.request(below=name, reply="r-new"),
            }.get(kind, lambda talk=talk, name=name, kind=kind: event_of(talk, name, kind))()
            try:
                made = apply(talk.now, event)
                outcomes.append(sorted(m.standing for m in made.messages.values()))
            except IllegalEvent as error:
                outcomes.append([type(error).__name__, error.what, error.state])
        assert outcomes[0] == outcomes[1], kind


@pytest.mark.parametrize(
    "label", ["two\nlines", " spaced", "a  b", "x" * 81, "bell\x07", "\x85", "\u2028", "\x9b", "tab\there"]
)
def test_a_label_is_one_short_line(label: str) -> None:
    talk = Talk()
    message = talk.say()
    refused(talk, MessageMarked(at=0.0, message=message, label=label, starred=False, by="panel"))
    talk.do(MessageMarked(at=0.0, message=message, label="👩‍🔬 شرح " + "x" * 70, starred=False, by="panel"))


def test_what_is_kept_about_an_unknown_message_is_refused() -> None:
    for event in (
        FeedbackGiven(at=0.0, message="u-unknown", thumb="up", words="", by="python"),
        MessageMarked(at=0.0, message="u-unknown", label="", starred=True, by="python"),
        BranchArchived(at=0.0, message="u-unknown", archived=True, by="python"),
    ):
        refused(Talk(), event, UnknownMessage)


# -- verdicts: what the tables cannot see


def verdict(use: str, name: str, verdict: Any, **more: Any) -> JudgedCall:
    return JudgedCall(use, name, verdict, **more)


END_USE, WARN_USE, OTHER_USE = "t1", "t2", "t3"
THREE_CALLS = (
    call("end_conversation", {"trigger": "persistent_harm", "someone_at_risk": False}, END_USE),
    call("warn_user", {"kind": "redirect"}, WARN_USE),
    call("other", {}, OTHER_USE),
)
NOT_RUN = (verdict(END_USE, "end_conversation", "not_run"), verdict(WARN_USE, "warn_user", "not_run"))
OTHER = verdict(OTHER_USE, "other", "not_run")
BAD_VERDICTS: dict[str, tuple[JudgedCall, ...]] = {
    "none": (),
    "too few": NOT_RUN,
    "another order": (*NOT_RUN[::-1], OTHER),
    "another id": (*NOT_RUN, verdict("t4", "other", "not_run")),
    "another name": (*NOT_RUN, verdict(OTHER_USE, "end_conversation", "not_run")),
    "a tool that is not run": (*NOT_RUN, verdict(OTHER_USE, "other", "accepted")),
    "an ending that warns": (verdict(END_USE, "end_conversation", "warned"), NOT_RUN[1], OTHER),
    "a warning that ends": (NOT_RUN[0], verdict(WARN_USE, "warn_user", "accepted"), OTHER),
    "something beside an ending": (
        verdict(END_USE, "end_conversation", "accepted"),
        verdict(WARN_USE, "warn_user", "warned", kind="redirect", counted=True),
        OTHER,
    ),
    "a count without a warning": (
        verdict(END_USE, "end_conversation", "blocked", counted=True, kind="redirect"),
        NOT_RUN[1],
        OTHER,
    ),
    "a count of nothing": (
        NOT_RUN[0],
        verdict(WARN_USE, "warn_user", "warned", counted=True, kind="hint"),
        OTHER,
    ),
}


@pytest.mark.parametrize("name", BAD_VERDICTS)
@pytest.mark.fault(31)
def test_verdicts_that_the_calls_do_not_bear_out_are_refused(name: str) -> None:
    talk = Talk()
    reply = requested(talk)
    talk.complete(reply, *THREE_CALLS)
    refused(talk, talk.of(reply, StepJudged, calls=BAD_VERDICTS[name]))


BAD_ENDINGS: dict[str, Step] = {
    "cut by max_tokens": Step((call("end_conversation", {}, END_USE),), "max_tokens", True),
    "ended its turn": Step((call("end_conversation", {}, END_USE),), "end_turn", True),
    "no stop reason": Step((call("end_conversation", {}, END_USE),), None, True),
    "malformed": Step((call("end_conversation", {}, END_USE),), "tool_use", True, malformed=(END_USE,)),
    "written as text": Step((text('{"type":"tool_use","id":"t1","name":"end_conversation"}'),), "tool_use", True),
    "another kind of block": Step(
        ({"type": "server_tool_use", "id": END_USE, "name": "end_conversation"},), "tool_use", True
    ),
    "look-alike": Step((call("end_conversatiоn", {}, END_USE),), "tool_use", True),
}


@pytest.mark.parametrize("name", BAD_ENDINGS)
@pytest.mark.fault(20, 22, 23, 31)
def test_an_ending_that_the_blocks_do_not_bear_out_is_refused(name: str) -> None:
    talk = Talk()
    reply = requested(talk)
    talk.do(talk.of(reply, StepCompleted, step=BAD_ENDINGS[name]))
    forged = (verdict(END_USE, "end_conversation", "accepted"),)
    refused(talk, talk.of(reply, StepJudged, calls=forged))
    assert not talk[reply].ended


@pytest.mark.fault(20, 31)
def test_a_step_that_was_cut_or_brings_its_own_verdicts_is_no_step() -> None:
    talk = Talk()
    reply = requested(talk)
    ending = (call("end_conversation", {}, END_USE),)
    refused(talk, talk.of(reply, StepCompleted, step=Step(ending, "tool_use", False)))
    forged = Step(ending, "tool_use", True, calls=(verdict(END_USE, "end_conversation", "accepted"),))
    refused(talk, talk.of(reply, StepCompleted, step=forged))


@pytest.mark.parametrize(
    "calls",
    [
        (call("other", {}, ""),),
        (call("", {}, "t1"),),
        ({"type": "tool_use", "name": "other", "input": {}},),
        ({"type": "tool_use", "id": "t1", "name": ["end_conversation"], "input": {}},),
        ({"type": "tool_use", "id": {}, "name": "other", "input": {}},),
        (call("other", {}, "t1"), call("end_conversation", {}, "t1")),
    ],
)
def test_a_call_without_a_name_or_an_id_of_its_own_is_refused(calls: tuple[dict[str, Any], ...]) -> None:
    talk = Talk()
    reply = requested(talk)
    refused(talk, talk.of(reply, StepCompleted, step=Step(calls, "tool_use", True)))


def test_one_warning_counts_for_each_reply_whoever_says_otherwise() -> None:
    talk = Talk()
    reply = requested(talk)
    for use in ("t1", "t2"):
        talk.complete(reply, call("warn_user", {"kind": "redirect"}, use))
        counted = (verdict(use, "warn_user", "warned", kind="redirect", counted=True),)
        event = talk.of(reply, StepJudged, calls=counted)
        if use == "t1":
            talk.do(event)
        else:
            refused(talk, event)
    assert [w.kind for w in talk[reply].facts.warnings] == ["redirect"]


def test_evidence_is_about_a_call_that_waits_and_is_fetched_once() -> None:
    talk = Talk()
    reply = called(talk)
    use = talk[reply].steps[0].tool_calls()[0]["id"]
    evidence = talk.of(reply, EvidenceRecorded, gate="second_opinion", tool_use=use, favours=None, detail="no answer")
    talk.do(evidence)
    assert [(e.gate, e.tool_use, e.favours, e.detail) for e in talk[reply].evidence] == [
        ("second_opinion", use, None, "no answer")
    ]
    refused(talk, evidence)
    refused(talk, talk.of(reply, EvidenceRecorded, gate="second_opinion", tool_use="t-unknown", favours=True))
    talk.judged(reply)
    refused(talk, talk.of(reply, EvidenceRecorded, gate="another", tool_use=use, favours=True))


@pytest.mark.parametrize("kind", [ReplyStopped, ReplyInterrupted, ReplyFailed])
def test_an_accepted_ending_cannot_be_stopped_any_more(kind: type[Event]) -> None:
    talk = Talk()
    reply = accepted(talk)
    more = {"error": ERROR} if kind is ReplyFailed else {}
    refused(talk, talk.of(reply, kind, **more))
    assert talk.settle(reply).ended


@pytest.mark.fault(15)
def test_a_refusal_ends_the_reply_and_never_the_conversation() -> None:
    talk = Talk()
    reply = classified(talk)
    refused(talk, talk.of(reply, StepOpened))
    refused(talk, talk.of(reply, ReplySettled))
    talk.do(talk.of(reply, ReplyRefused))
    assert not talk[reply].ended
    talk.say("Something else.", below=reply)


def test_what_had_arrived_when_a_reply_was_cut_is_kept_and_says_who_cut_it() -> None:
    talk = Talk()
    for how, by in (("stopped", "python"), ("interrupted", "connection"), ("failed", None)):
        talk.say()
        found = talk.cut(talk.ask(), how, text("Half a sen"))
        assert (found.text, found.cut_by) == ("Half a sen", by)
        assert found.error == (None if how == "stopped" else ERROR)


# -- the tip's table

HAPPENS = {"wrote", "final_warning", "confirming", "accepted"}


def test_no_row_of_the_tips_table_starts_at_ended_and_every_other_tip_has_all_rows() -> None:
    for tip in Tip:
        rows = {happened for start, happened in TIP if start is tip}
        more = {"wrote_after_final_warning"} if tip is Tip.CONFIRMING else set()
        assert rows == (set() if tip is Tip.ENDED else HAPPENS | more)


@pytest.mark.parametrize("tip", [t for t in Tip if t is not Tip.ENDED])
def test_a_tip_moves_by_its_table_only(tip: Tip) -> None:
    final = verdict("t", "warn_user", "warned", kind="final_warning", counted=True)
    for judged_as, happened in (("accepted", "accepted"), ("confirming", "confirming")):
        assert tip_after_judging(tip, (verdict("t", "end_conversation", judged_as),)) is TIP[tip, happened]
    assert tip_after_judging(tip, (final,)) is TIP[tip, "final_warning"]
    for idle in (
        verdict("t", "warn_user", "warned", kind="redirect", counted=True),
        verdict("t", "warn_user", "warned", kind="final_warning"),
        verdict("t", "end_conversation", "blocked"),
        verdict("t", "end_conversation", "not_run"),
    ):
        assert tip_after_judging(tip, (idle,)) is tip


@pytest.mark.parametrize("warned", [True, False])
def test_a_question_whether_to_end_lapses_with_the_next_message(warned: bool) -> None:
    talk = Talk()
    if warned:
        talk.warned_enough()
    asked = talk.turn([text("Sure?"), end("user_request")], [text("Shall we end?")])
    assert asked.tip is Tip.CONFIRMING
    answer = talk[talk.say("What about the weather?")]
    assert answer.tip is (Tip.WARNED if warned else Tip.OPEN)
    assert answer.facts.asked is None
    assert tip_after_writing(None) is Tip.OPEN


def test_a_button_answers_only_where_a_question_is_open() -> None:
    talk = Talk()
    reply = settled(talk)
    refused(talk, talk.sent("Yes.", below=reply, confirm="yes"))
    refused(Talk(), talk.sent("Yes.", below=None, confirm="yes"))
    asked = talk.turn([end("user_request")], [text("Shall we end?")])
    answer = talk[talk.say("Yes.", below=asked.id, confirm="yes", by="panel")]
    assert (answer.confirm, answer.facts.confirmed) == ("yes", "panel")
    reply = talk.reply(below=answer.id).id
    refused(talk, talk.sent("Yes.", below=reply, confirm="yes"))


def test_apply_with_several_events_is_all_or_nothing() -> None:
    talk = Talk()
    first, second = talk.sent("A", below=None), talk.sent("B", below=None)
    before = laid_open(talk.now)
    with pytest.raises(TipMoved):
        apply(talk.now, first, second)
    assert laid_open(talk.now) == before
    assert len(apply(talk.now, first)) == 1
    assert apply(talk.now) == talk.now


def test_an_empty_log_is_an_empty_conversation() -> None:
    assert fold("c1", []) == empty("c1")
