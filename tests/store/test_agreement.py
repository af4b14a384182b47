"""Stores that are built quite differently are driven side by side and must say the same at every step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import cast

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from convend_widget.errors import ConvendError
from convend_widget.store import (
    Append,
    Beat,
    CloseLease,
    Facts,
    MemoryStore,
    OpenLease,
    SqliteStore,
    Store,
    TakeLease,
)
from tests.store.desk import IN_MEMORY

NAMES = st.sampled_from(["a", "b", "c"])
REPLIES = st.sampled_from(["r", "s"])
TOKENS = st.sampled_from(["t", "u"])
TIMES = st.sampled_from([1.0, 2.0, -0.0]) | st.floats(allow_nan=False, allow_infinity=False)
BODIES = st.text(st.characters(max_codepoint=127), max_size=40)
EVENTS = st.lists(st.tuples(st.sampled_from(["asked", "settled"]), BODIES, TIMES), max_size=3).map(tuple)
CHANGES = (
    st.none()
    | st.builds(OpenLease, REPLIES, TOKENS, st.text(max_size=5), TIMES)
    | st.builds(Beat, REPLIES, TOKENS, TIMES, BODIES)
    | st.builds(CloseLease, REPLIES, TOKENS)
    | st.builds(TakeLease, REPLIES, TOKENS, TIMES)
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(max_size=9),
        "ended": st.booleans(),
        "hidden": st.booleans(),
        "model": st.text(max_size=5),
    },
)
# How far the writer's knowledge is off; mostly it is right.
OFF = st.sampled_from([0, 0, 0, 0, -1, 1])


class Stores(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self.stores: list[Store] = [SqliteStore(self.path), MemoryStore(), MemoryStore()]
        self.layers = 0

    @property
    def path(self) -> Path:
        return Path(self.folder.name) / "store.db"

    def agree(self, ask: Callable[[Store], object]) -> object:
        """What all of them answer, an error being an answer too."""
        answers = []
        for store in self.stores:
            try:
                answers.append(shown(ask(store)))
            except ConvendError as error:
                answers.append(shown(error))
        assert answers[0] == answers[1] == answers[2]
        return answers[0]

    def length(self, name: str) -> int:
        return {s.conversation: s.events for s in self.stores[1].conversations(hidden=True)}.get(name, 0)

    @rule(data=st.data(), size=st.integers(0, 4))
    def commit(self, data: st.DataObject, size: int) -> None:
        batch, ahead = [], {name: self.length(name) for name in "abc"}
        for _ in range(size):
            name, off, events = data.draw(NAMES), data.draw(OFF), data.draw(EVENTS)
            facts = cast(Facts | None, data.draw(st.none() | FACTS))
            batch.append(Append(name, max(0, ahead[name] + off), events, data.draw(CHANGES), facts))
            ahead[name] += len(events) if off == 0 else 0
        self.agree(lambda store: store.commit(batch))

    @rule(name=NAMES, facts=FACTS)
    def describe(self, name: str, facts: Facts) -> None:
        self.agree(lambda store: store.describe(name, **facts))

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.agree(lambda store: store.delete(name))

    @rule()
    def reopen_the_file(self) -> None:
        self.stores[0].close()
        self.stores[0] = SqliteStore(self.path)

    @precondition(lambda self: self.layers < 3)
    @rule()
    def lay_memory_over_memory(self) -> None:
        self.stores[2] = MemoryStore(beneath=self.stores[2])
        self.layers += 1

    @rule(name=NAMES, after=st.integers(-1, 9))
    def read_later_ones(self, name: str, after: int) -> None:
        self.agree(lambda store: store.read(name, after))

    @rule(hidden=st.booleans(), limit=st.integers(0, 4))
    def list_some(self, hidden: bool, limit: int) -> None:
        self.agree(lambda store: store.conversations(hidden=hidden, limit=limit))

    @invariant()
    def all_is_the_same(self) -> None:
        self.agree(lambda store: store.conversations())
        self.agree(lambda store: store.conversations(hidden=True))
        self.agree(lambda store: store.leases())
        for name in "abc":
            for ask in ("read", "verify", "summary", "leases", "was_deleted"):
                self.agree(methodcaller(ask, name))

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.folder.cleanup()


def shown(answer: object) -> object:
    """An answer as something that can be compared: errors by kind and text."""
    if isinstance(answer, ConvendError):
        return (type(answer).__name__, str(answer))
    if isinstance(answer, list):
        return [shown(item) for item in answer]
    return answer


Stores.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestStoresAgree = Stores.TestCase
