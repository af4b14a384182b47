"""Four seats in two kernels on one file do what they like, all at once. Whatever happens, the law holds."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from itertools import count

import pytest

from convend_widget.conversation import Conversation, Message, ReplyRequested, Tip, Turn, fold
from convend_widget.conversation.codec import decode
from convend_widget.errors import IllegalEvent, SettingsError
from convend_widget.session import Seat, recovery
from tests.session.rig import RUDE, rehearsed

WORDS = (*RUDE, *RUDE, "Hello", "Please end this chat.", "Please end this chat.", "yes", "what can you do")
ORDERS = 30  # for each seat, and on until some were done
DONE = 5  # at least, of each seat: where kernels take each other for dead, a quick machine refuses most orders
ORDER = ("send", "below", "edit", "retry", "confirm", "change_of_mind", "stop", "go_to", "thumb")
WEIGHTS = (12, 3, 2, 2, 3, 2, 1, 1, 1)


class Person:
    """Somebody at one seat who gives orders at random, some of them twice."""

    def __init__(self, seat: Seat, chance: random.Random) -> None:
        self.seat, self.chance = seat, chance
        self.outcomes: Counter[str] = Counter()

    async def go(self) -> None:
        for number in count():
            if number >= ORDERS and self.outcomes["done"] >= DONE:
                return
            try:
                await self.order(f"c{id(self)}-{number}")
                self.outcomes["done"] += 1
            except (IllegalEvent, SettingsError) as refused:
                self.outcomes[type(refused).__name__] += 1
            if self.chance.random() < 0.6:
                await asyncio.sleep(self.chance.random() * 0.02)

    async def order(self, command: str) -> None:
        seat, chance = self.seat, self.chance
        messages = list(seat.conversation.messages.values())
        text, some = chance.choice(WORDS), chance.choice(messages) if messages else None
        kind = chance.choices(ORDER, WEIGHTS)[0]
        if kind == "send" or some is None:
            sends = [seat.send(text, by="panel", command=command) for _ in range(chance.choice((1, 1, 2)))]
            await gathered(*sends)
        elif kind == "below":
            await seat.send(text, by="panel", parent=some.id, at_head=False, command=command)
        elif kind == "edit":
            await seat.edit(some.id, text, by="panel", command=command)
        elif kind == "retry":
            await gathered(*[seat.retry(some.id, by="panel", command=command) for _ in range(chance.choice((1, 2)))])
        elif kind == "confirm":
            await seat.confirm(chance.random() < 0.5, by="panel", command=command)
        elif kind == "change_of_mind":
            sending = asyncio.ensure_future(seat.send(text, by="python"))
            await asyncio.sleep(chance.random() * 0.01)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
        elif kind == "stop":
            seat.stop("panel")
        elif kind == "go_to":
            await seat.go_to(some.id)
        else:
            await seat.session.give_feedback(some.id, "up", "", "panel")


async def gathered(*orders) -> None:
    """All of them at once; one error of theirs, if there is any."""
    for result in await asyncio.gather(*orders, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def at_rest(seats) -> None:
    for _ in range(400):
        for seat in seats:
            await seat.session.refresh()
        if not any(seat.conversation.running or seat.session.replies for seat in seats):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("a reply never came to rest")


@pytest.mark.fault(28, 33)
@pytest.mark.parametrize(("seed", "lease"), [(1, 10.0), (2, 10.0), (3, 0.05), (4, 0.0)])
def test_whatever_four_seats_do_at_once_the_law_holds(kernels, on_owner, monkeypatch, seed, lease):
    monkeypatch.setattr(recovery, "LEASE", lease)  # a short one makes kernels take each other for dead

    async def go():
        one, other = kernels(), kernels()
        first = await one.sit(rehearsed(pause=0.001))
        await first.session.settled(await first.send("Hello", by="python"))
        seats = [first]
        for at, policy in ((one, "launch_2025"), (other, "last_resort"), (other, "two_step")):
            seats.append(await at.sit(rehearsed(policy, pause=0.001), first.session.id))
        people = [Person(seat, random.Random(seed * 10 + n)) for n, seat in enumerate(seats)]
        await asyncio.gather(*(person.go() for person in people))
        await at_rest(seats)
        ask = one.desk.journal.ask
        records = await ask(lambda store: store.read(first.session.id))
        verdict, leases = await ask(lambda store: store.verify(first.session.id)), await ask(lambda s: s.leases())
        return first.session.id, seats, people, records, verdict, leases

    name, seats, people, records, verdict, leases = on_owner(go())
    assert verdict.ok and verdict.events == len(records) and not leases
    conversation = fold(name, (decode(r.kind, r.body, r.at) for r in records))
    for seat in seats:
        assert dict(seat.conversation.messages) == dict(conversation.messages)
        assert seat.head is None or seat.head in conversation.messages
        assert seat.status_now().name in ("ready", "ended")
    assert all(person.outcomes["done"] >= DONE for person in people), "nobody was only refused"
    assert_lawful(conversation)
    asked = (decode(r.kind, r.body, r.at) for r in records)
    commands = Counter(event.command for event in asked if isinstance(event, ReplyRequested) and event.command)
    assert max(commands.values()) == 1, "a command that came twice was done once"


def assert_lawful(conversation: Conversation) -> None:
    """The invariants, by their own words and not by the law's tables."""
    for message in conversation.messages.values():
        children = conversation.children(message.id)
        assert not (message.ended and children), "nothing goes below an ended message"
        if message.role == "user":
            assert all(child.role == "assistant" for child in children)
            continue
        assert message.state in (Turn.SETTLED, Turn.STOPPED, Turn.INTERRUPTED, Turn.REFUSED, Turn.FAILED)
        assert sum(child.edit_of is None for child in children) <= 1, "only an edit has siblings"
        calls = [call for step in message.steps for call in step.calls]
        assert message.ended == any(call.verdict == "accepted" for call in calls)
        assert message.ended is (message.tip is Tip.ENDED)
        if message.ended:
            last = message.steps[-1]
            assert message.state is Turn.SETTLED and last.complete and last.stop_reason == "tool_use"
            if conversation.settings[message.settings or ""].policy == "last_resort":
                assert_earned(conversation, message)
    assert sum(child.edit_of is None for child in conversation.children(None)) <= 1


def assert_earned(conversation: Conversation, message: Message) -> None:
    """An ending under the strict policy stands on warnings of its own branch, or on a question that was answered."""
    branch = conversation.branch(message.id)
    trigger = next(call.trigger for step in message.steps for call in step.calls if call.verdict == "accepted")
    if trigger == "user_request":
        assert branch[-2].confirm == "yes" or (branch[-3].tip is Tip.CONFIRMING and branch[-2].confirm is None)
    else:
        given = [w.kind for earlier in branch[:-1] for w in earlier.facts.warnings if w.message == earlier.id]
        assert given.count("redirect") >= 2 and given[-1] == "final_warning"
