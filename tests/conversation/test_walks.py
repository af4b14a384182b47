"""Random walks over every event, legal and illegal, on a tree with many branches and several running replies.

After each step the invariants that the project promises are checked against what was seen before; at the end the log
is folded, stored, read back and shuffled in time, and must come out the same.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from convend_widget.conversation import (
    BranchArchived,
    Conversation,
    ConversationStarted,
    Event,
    EvidenceRecorded,
    FeedbackGiven,
    JudgedCall,
    Message,
    MessageMarked,
    ReplyRefused,
    ReplyRequested,
    ReplySettled,
    Settings,
    SettingsRecorded,
    Step,
    StepCompleted,
    StepJudged,
    StepOpened,
    Tip,
    Turn,
    UserSent,
    apply,
    fold,
    outcome,
)
from convend_widget.conversation.codec import decode_all, encode
from convend_widget.conversation.tree import empty
from convend_widget.ending import judge, offer
from convend_widget.errors import IllegalEvent
from convend_widget.library import policies
from tests.conversation.build import ERROR, RESTS, call, end, laid_open, plain_end, text, warn

END = "end_conversation"
CALLS = [
    end(), end("user_request"), end(risk=True), end("boredom"), plain_end(), call(END, {"someone_at_risk": "no"}),
    warn(), warn(), warn("final_warning"), warn("hint"), call("other"),
    call("end_conversatiоn"), call("End_Conversation"),
]  # fmt: skip
WORDS = [
    text("Fine."),
    text(""),
    {"type": "thinking", "thinking": "Hm.", "signature": "s"},
    {"type": "novel", "x": [1]},
]
blocks = st.lists(st.sampled_from(CALLS + WORDS), max_size=4)
stops = st.sampled_from(
    ["tool_use", "tool_use", "tool_use", "end_turn", "max_tokens", "refusal", "pause_turn", "new", None]
)
mostly = st.sampled_from([True] * 9 + [False])
index = st.integers(0, 10**6)
partials = st.sampled_from([(), (text("Half a sen"),), (end() | {"id": "toolu_cut"},)])


class Walk(RuleBasedStateMachine):
    """``now`` is the conversation; ``log`` all legal events; the rest is what was seen, to be held against it."""

    @initialize(name=st.sampled_from(sorted(policies())), mode=st.sampled_from(["enforce", "observe"]))
    def begin(self, name: str, mode: str) -> None:
        self.policy, self.mode = policies()[name], mode
        self.now: Conversation = empty("c1")
        self.log: list[Event] = []
        self.at_rest: dict[str, Message] = {}
        self.ended: set[str] = set()
        self.order: list[str] = []
        self.marks: dict[str, tuple[str, bool]] = {}
        self.away: dict[str, bool] = {}
        self.before: list[tuple[Conversation, Any]] = []
        self.count = 0
        tools = offer(self.policy, True)
        self.settings = [
            Settings(f"s{i}", "model-a", "test", name, mode, 1024, system="x" * i, tools=tools) for i in range(2)
        ]
        self.attempt(ConversationStarted(at=0.0, conversation="c1", schema=1))
        self.attempt(SettingsRecorded(at=0.0, settings=self.settings[0]))

    # -- what is tried

    def attempt(self, event: Event) -> bool:
        before = self.now
        lay = laid_open(before) if len(before) < 6 else None  # bigger ones: remember_this_version
        try:
            self.now = apply(before, event)
        except IllegalEvent as error:
            says_all(error)
            assert lay is None or laid_open(before) == lay
            return False
        assert lay is None or laid_open(before) == lay, "an older version changed"
        self.log.append(event)
        return True

    def at(self) -> float:
        """Clocks go back, stand still and jump."""
        self.count += 1
        return float((self.count * 7919) % 13)

    def pick(self, n: int, known: bool = True) -> str:
        messages = list(self.now.messages)
        return messages[n % len(messages)] if messages and known else "unknown"

    def pick_reply(self, n: int, running: bool = True) -> Message | None:
        replies = [m for m in self.now.messages.values() if m.role == "assistant" and (m.running or not running)]
        return replies[n % len(replies)] if replies else None

    @rule(n=index, known=mostly, newest=mostly, edit=st.booleans(), confirm=st.sampled_from([None, None, "yes", "no"]))
    def say(self, n: int, known: bool, newest: bool, edit: bool, confirm: Any) -> None:
        leaves = [m.id for m in self.now.leaves() if m.role == "assistant"]
        parent = leaves[n % len(leaves)] if leaves and newest else self.pick(n, known) if len(self.now) else None
        self.count += 1
        edited = None
        if edit and len(self.now):
            edited = self.pick(n)
            parent = self.now.messages[edited].parent
        self.attempt(
            UserSent(
                at=self.at(),
                message=f"u{self.count}",
                parent=parent,
                content=(text("Hello."),),
                by="panel",
                confirm=confirm,
                edit_of=edited,
            )
        )

    @rule(n=index, steps=st.lists(st.lists(st.sampled_from(CALLS + WORDS), max_size=2), min_size=1, max_size=3))
    def whole_turn(self, n: int, steps: list[list[Any]]) -> None:
        """The person writes and the model replies, honestly judged, so that walks get somewhere."""
        leaves = [m.id for m in self.now.leaves() if m.role == "assistant" and not (m.running or m.ended)]
        if leaves or not len(self.now):
            self.say(n, True, True, False, None)
            self.whole_reply(n, steps)

    @precondition(lambda self: len(self.now) > 0)
    @rule(n=index, steps=st.lists(st.lists(st.sampled_from(CALLS + WORDS), max_size=2), min_size=1, max_size=3))
    def whole_reply(self, n: int, steps: list[list[Any]]) -> None:
        """A reply to the newest message, or a retry somewhere."""
        if not len(self.now):
            return
        newest = self.now.messages[self.now.newest or ""]
        below = newest.id if newest.role == "user" else self.pick(n)
        self.count += 1
        reply = f"r{self.count}"
        asked = ReplyRequested(at=self.at(), reply=reply, parent=below, settings="s0", token=f"t-{reply}", by="x")
        if not self.attempt(asked):
            return
        for made in steps:
            stop = "tool_use" if any("name" in b for b in made) else "end_turn"
            self.complete(self.running_index(reply), True, True, made, stop, True, False)
            self.judge_it(self.running_index(reply), True, [])
            if self.now.messages[reply].ended:
                break
        self.settle(self.running_index(reply), True, False, True)

    def running_index(self, reply: str) -> int:
        return [m.id for m in self.now.running].index(reply)

    @precondition(lambda self: len(self.now) > 0)
    @rule(n=index, known=mostly, right=mostly)
    def ask(self, n: int, known: bool, right: bool) -> None:
        users = [m.id for m in self.now.messages.values() if m.role == "user"]
        parent = users[n % len(users)] if users and known else self.pick(n, right)
        self.count += 1
        key = self.settings[0].key if right else "s-unknown"
        reply = f"r{self.count}"
        self.attempt(ReplyRequested(at=self.at(), reply=reply, parent=parent, settings=key, token=f"t-{reply}", by="x"))

    @precondition(lambda self: bool(self.now.running))
    @rule(n=index, running=mostly, right=mostly)
    def open(self, n: int, running: bool, right: bool) -> None:
        if reply := self.pick_reply(n, running):
            self.attempt(StepOpened(at=self.at(), reply=reply.id, token=reply.token if right else "x"))

    @precondition(lambda self: bool(self.now.running))
    @rule(n=index, running=mostly, right=mostly, given=blocks, stop=stops, complete=mostly, malformed=st.booleans())
    def complete(
        self, n: int, running: bool, right: bool, given: list[Any], stop: str | None, complete: bool, malformed: bool
    ) -> None:
        reply = self.pick_reply(n, running)
        if reply is None:
            return
        self.count += 1
        named = tuple(b | {"id": f"toolu_{self.count}_{i}"} if "name" in b else b for i, b in enumerate(given))
        broken = tuple(b["id"] for b in named if "id" in b)[:1] if malformed else ()
        step = Step(named, stop, complete, malformed=broken)
        self.attempt(StepCompleted(at=self.at(), reply=reply.id, token=reply.token if right else "x", step=step))

    @precondition(lambda self: bool(self.now.running))
    @rule(
        n=index,
        running=mostly,
        forged=st.lists(st.sampled_from(["accepted", "confirming", "warned", "not_run"]), max_size=4),
    )
    def judge_it(self, n: int, running: bool, forged: list[Any]) -> None:
        """As the judge has it, or with verdicts that somebody made up."""
        reply = self.pick_reply(n, running)
        if reply is None or not reply.steps:
            return
        uses = reply.steps[-1].tool_calls()
        made_up = tuple(JudgedCall(b["id"], b["name"], v) for b, v in zip(uses, forged, strict=False))
        tools = self.settings[0].tools
        calls = made_up or judge(self.policy, self.mode, reply, tools, True, {}).calls  # type: ignore[arg-type]
        self.attempt(StepJudged(at=self.at(), reply=reply.id, token=reply.token, calls=calls))

    @precondition(lambda self: bool(self.now.running))
    @rule(n=index, favours=st.sampled_from([True, False, None]))
    def bring_evidence(self, n: int, favours: bool | None) -> None:
        reply = self.pick_reply(n)
        if reply is None or not reply.steps:
            return
        uses = [b["id"] for b in reply.steps[-1].tool_calls()] or ["none"]
        use, at = uses[n % len(uses)], self.at()
        self.attempt(
            EvidenceRecorded(at=at, reply=reply.id, token=reply.token, gate="g", tool_use=use, favours=favours)
        )

    @precondition(lambda self: bool(self.now.running))
    @rule(n=index, running=mostly, wrong=st.booleans(), right=mostly)
    def settle(self, n: int, running: bool, wrong: bool, right: bool) -> None:
        if reply := self.pick_reply(n, running):
            refusal = bool(reply.steps) and reply.steps[-1].stop_reason == "refusal"
            kind = ReplyRefused if refusal != wrong else ReplySettled
            self.attempt(kind(at=self.at(), reply=reply.id, token=reply.token if right else "x"))

    @precondition(lambda self: bool(self.now.running))
    @rule(n=index, running=mostly, how=st.sampled_from(["stopped", "interrupted", "failed"]), partial=partials)
    def cut(self, n: int, running: bool, how: str, partial: Any) -> None:
        if reply := self.pick_reply(n, running):
            more = {} if how == "stopped" else {"error": ERROR}
            self.attempt(RESTS[how](at=self.at(), reply=reply.id, token=reply.token, partial=partial, **more))

    @rule(n=index, known=mostly)
    def give_feedback(self, n: int, known: bool) -> None:
        message = self.pick(n, known)
        self.attempt(FeedbackGiven(at=self.at(), message=message, thumb="up", words="", by="panel"))

    @rule(n=index, known=mostly, label=st.sampled_from(["", "Here", "two\nlines", "x" * 81]), starred=st.booleans())
    def mark(self, n: int, known: bool, label: str, starred: bool) -> None:
        message = self.pick(n, known)
        marked = self.attempt(MessageMarked(at=self.at(), message=message, label=label, starred=starred, by="panel"))
        if marked:
            self.marks[message] = (label, starred)
        assert marked == (message in self.now.messages and label in ("", "Here"))

    @rule(n=index, known=mostly, archived=st.booleans())
    def put_away(self, n: int, known: bool, archived: bool) -> None:
        """Whatever the message is doing; only what is in sight may change by it."""
        message, before = self.pick(n, known), self.now
        if self.attempt(BranchArchived(at=self.at(), message=message, archived=archived, by="panel")):
            self.away[message] = archived
        assert self.now.messages is before.messages and self.now.last is before.last and self.now.head == before.head

    @rule(second=st.booleans())
    def start_or_set_again(self, second: bool) -> None:
        if second:
            self.attempt(SettingsRecorded(at=self.at(), settings=self.settings[1]))
        else:
            assert not self.attempt(ConversationStarted(at=self.at(), conversation="c1", schema=1))

    @rule()
    def remember_this_version(self) -> None:
        if len(self.before) < 3:
            self.before.append((self.now, laid_open(self.now)))

    # -- what must hold

    @invariant()
    def a_message_at_rest_never_changes(self) -> None:
        messages = self.now.messages
        for message, kept in self.at_rest.items():
            assert messages[message] is kept or laid_open(messages[message]) == laid_open(kept)
        for m in messages.values():
            if not m.running:
                self.at_rest.setdefault(m.id, m)

    @invariant()
    def an_ended_message_never_gets_a_child_and_stays_ended(self) -> None:
        for m in self.now.messages.values():
            if m.ended:
                self.ended.add(m.id)
        for message in self.ended:
            assert self.now.messages[message].ended
            assert self.now.last_child(message) is None
            assert not any(m.parent == message for m in self.now.messages.values())

    @invariant()
    def an_ending_stands_on_a_whole_typed_call(self) -> None:
        for m in self.now.messages.values():
            accepted = [(s, c) for s in m.steps for c in s.calls if c.verdict == "accepted"]
            assert m.ended == (len(accepted) == 1)
            if accepted:
                step, judged = accepted[0]
                block = next(b for b in step.blocks if b.get("id") == judged.tool_use)
                assert (block["type"], block["name"], step.stop_reason, step.complete) == (
                    "tool_use", END, "tool_use", True,
                )  # fmt: skip
                assert step is m.steps[-1]
                assert m.state in (Turn.JUDGING, Turn.SETTLED)
                assert self.now.ending(m.id) is not None
            else:
                assert self.now.ending(m.id) is None

    @invariant()
    def the_tree_is_a_tree(self) -> None:
        messages = list(self.now.messages.values())
        assert [m.id for m in messages][: len(self.order)] == self.order
        self.order = [m.id for m in messages]
        assert [m.seq for m in messages] == sorted({m.seq for m in messages})
        for m in messages:
            parent = self.now.messages[m.parent] if m.parent else None
            assert m.depth == (parent.depth + 1 if parent else 1)
            assert parent is None or (parent.seq < m.seq and parent.role != m.role)
            assert m in self.now.children(m.parent)
            assert self.now.branch(m.id)[-1] is m
            assert self.now.siblings(m.id) == sorted(self.now.siblings(m.id), key=lambda s: s.seq)
            assert m.tip not in (Tip.ENDED, Tip.CONFIRMING) or m.role == "assistant"

    @invariant()
    def what_was_kept_last_counts_and_what_is_archived_hides_all_below_it(self) -> None:
        now = self.now
        hidden = now.out_of_sight()
        for m in now.messages.values():
            assert (now.label(m.id), now.starred(m.id)) == self.marks.get(m.id, ("", False))
            assert now.is_archived(m.id) == self.away.get(m.id, False)
            assert (m.id in hidden) == any(self.away.get(above.id) for above in now.branch(m.id))
            assert bool(now.archived_above(m.id)) == (m.id in hidden)
        opens = now.opens_at()
        assert (opens is None) == (len(now) == 0)
        assert opens is None or now.last_child(opens) is None
        assert opens not in hidden or all(m.id in hidden for m in now.leaves())

    @invariant()
    def one_reply_at_a_time_runs_below_a_message(self) -> None:
        running = self.now.running
        assert len({m.parent for m in running}) == len(running)

    @invariant()
    def outcomes_add_up(self) -> None:
        replies = [m for m in self.now.messages.values() if m.role == "assistant"]
        assert len([outcome(m) for m in replies if not m.running]) == len(replies) - len(self.now.running)
        assert all((outcome(m).name == "ended") == m.ended for m in replies if not m.running)

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        for version, lay in self.before:
            assert laid_open(version) == lay, "an older version changed"
        assert laid_open(fold("c1", self.log)) == laid_open(self.now)
        durable = [e for e in self.log if e.durable]
        assert self.now.seq == len(durable)
        stored = fold("c1", decode_all([(e.kind, encode(e), e.at) for e in durable]))
        assert laid_open(stored) == laid_open(as_stored(self.now))
        self.order_is_by_sequence_never_by_time(durable)

    def order_is_by_sequence_never_by_time(self, durable: list[Event]) -> None:
        timeless = [type(e)(**{**vars(e), "at": 0.0}) for e in durable]
        other = fold("c1", timeless)
        for a, b in zip(self.now.messages.values(), other.messages.values(), strict=True):
            assert (a.id, a.parent, a.before, a.seq, a.depth, a.facts, a.tip) == (
                b.id, b.parent, b.before, b.seq, b.depth, b.facts, b.tip,
            )  # fmt: skip
        assert other.head == self.now.head


def says_all(error: IllegalEvent) -> None:
    assert error.conversation == "c1"
    assert error.state
    assert error.ways


def as_stored(now: Conversation) -> Conversation:
    """The conversation as its log has it: whether a step has begun to stream is known in memory only."""
    messages = now.messages.editor()
    for m in now.running:
        if m.state is Turn.STREAMING:
            messages[m.id] = replace(m, state=Turn.JUDGING if m.steps else Turn.REQUESTED)
    return replace(now, messages=messages.done())


INVARIANTS = [
    Walk.a_message_at_rest_never_changes,
    Walk.an_ended_message_never_gets_a_child_and_stays_ended,
    Walk.an_ending_stands_on_a_whole_typed_call,
    Walk.the_tree_is_a_tree,
    Walk.what_was_kept_last_counts_and_what_is_archived_hides_all_below_it,
    Walk.one_reply_at_a_time_runs_below_a_message,
    Walk.outcomes_add_up,
]


@settings(max_examples=15)
@given(st.randoms(use_true_random=True))
@pytest.mark.fault(28, 57)
def test_long_walks(chance: Random) -> None:
    """Two hundred moves each, so that endings, questions and several running replies come up in every walk."""
    walk = Walk()
    walk.begin(
        chance.choice(["last_resort"] * 3 + sorted(policies())), chance.choice(["enforce", "enforce", "observe"])
    )

    def maybe() -> bool:
        return chance.random() < 0.9

    def n() -> int:
        return chance.randrange(10**6)

    def given_blocks() -> list[Any]:
        return chance.choices(CALLS + WORDS, k=chance.randrange(4))

    stop = ["tool_use"] * 5 + ["end_turn", "max_tokens", "refusal", "pause_turn", "new", None]
    partial = [(), (text("Half a sen"),), (end() | {"id": "toolu_cut"},)]
    moves = [
        lambda: walk.say(n(), maybe(), maybe(), not maybe(), chance.choice([None, None, None, "yes", "no"])),
        lambda: walk.ask(n(), maybe(), maybe()),
        lambda: walk.open(n(), maybe(), maybe()),
        lambda: walk.complete(n(), maybe(), maybe(), given_blocks(), chance.choice(stop), maybe(), not maybe()),
        lambda: walk.judge_it(n(), maybe(), [] if maybe() else ["accepted", "confirming", "warned"]),
        lambda: walk.bring_evidence(n(), chance.choice([True, False, None])),
        lambda: walk.settle(n(), maybe(), not maybe(), maybe()),
        lambda: walk.cut(n(), maybe(), chance.choice(["stopped", "interrupted", "failed"]), chance.choice(partial)),
        lambda: walk.give_feedback(n(), maybe()),
        lambda: walk.mark(n(), maybe(), chance.choice(["", "Here", "two\nlines"]), maybe()),
        lambda: walk.put_away(n(), maybe(), chance.random() < 0.6),
        lambda: walk.start_or_set_again(maybe()),
        walk.remember_this_version,
        lambda: walk.whole_turn(n(), [given_blocks() for _ in range(chance.randrange(1, 4))]),
        lambda: walk.whole_reply(n(), [given_blocks() for _ in range(chance.randrange(1, 4))]),
    ]
    for i in range(200):
        chance.choices(moves, weights=[6, 6, 4, 6, 8, 1, 4, 1, 1, 1, 1, 0.3, 1, 8, 2])[0]()
        if i % 20 == 19:
            for holds in INVARIANTS:
                holds(walk)
    walk.teardown()


Walk.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase
