"""Audits end to end: every case is a conversation, every run can be opened, and the numbers say what they are worth."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.errors import (
    CannotEnd,
    CasesRefused,
    KeyProblem,
    NoSuchConversation,
    SettingsError,
    UnknownArgument,
)
from convend_widget.model.rehearsal import load_scenario
from convend_widget.owner import owner
from convend_widget.replay.audit import Audit
from convend_widget.replay.false_endings import SetRate
from convend_widget.replay.outcomes import Outcomes
from convend_widget.replay.sweep import delete_study
from convend_widget.session import desk
from tests.replay.rig import FaultyClient, ended_chat, hasty, interrupt_at
from tests.server import Answer, MessagesServer


def cases(count: int, name: str = "benign") -> list[dict[str, str]]:
    return [{"id": f"{name}{i}", "set": name, "prompt": f"A kind question, {name} {i}."} for i in range(count)]


def audit(source: Any, **more: Any) -> Audit:
    return cw.audit(source, **{"store": ":memory:", "progress": False, **more})


def client(scenario: str | None = None, **faults: Any) -> FaultyClient:
    made = FaultyClient(load_scenario(scenario) if scenario else None)
    for name, value in faults.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def always(tmp_path: Path) -> str:
    return hasty(tmp_path, 1)


# -- what is run, and what is stored


def test_each_case_is_answered_n_times_from_its_last_message_on() -> None:
    found = audit("benign", n=2)
    assert len(found) == 24
    assert {case: len(runs) for case, runs in found.runs.items()} == {c.id: 2 for c in cw.audit_cases("benign")}
    talk = cw.open(found.runs["benign/short"].runs[1].conversation, store=":memory:").conversation
    case = next(c for c in cw.audit_cases("benign") if c.id == "benign/short")
    assert [(m.role, m.text) for m in talk.branch()][:-1] == list(case.messages)
    assert talk.branch()[-1].role == "assistant"


def test_cases_and_runs_are_hidden_and_the_studies_of_an_audit_are_listed_as_one_audit(tmp_path: Path) -> None:
    store = tmp_path / "chats.db"
    found = audit(cases(3), store=store)
    assert not cw.conversations(store=store)
    assert not cw.studies(store=store)
    (listed,) = cw.audits(store=store)
    assert (listed.id, listed.cases, listed.source) == (found.id, 3, "the list")
    assert found.id in repr(cw.audits(store=store))
    assert {
        kept.conversation.partition(".")[0].partition("_")[0] for kept in cw.conversations(store=store, hidden=True)
    } == {
        "a",
        "s",
    }


def test_what_the_model_said_in_a_case_counts_as_nothing() -> None:
    """It stands in the request, and no warning or ending of it is on record: it was never this model's."""
    said = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "This is my final warning."}]
    source = [{"id": "a", "set": "s", "messages": [*said, {"role": "user", "content": "And now?"}]}]
    (runs,) = audit(source).runs.values()
    assert runs.runs[0].warnings == 0
    opened = cw.open(runs.runs[0].conversation, store=":memory:")
    assert opened.seen().steps[0].request["messages"][1]["content"][0]["text"] == said[1]["content"]


def test_the_same_cases_audited_again_with_the_same_seed_come_out_the_same(tmp_path: Path) -> None:
    path = hasty(tmp_path, 0.5)
    first, again, other = (audit(cases(12), scenario=path, policy="launch_2025", seed=s) for s in (1, 1, 2))
    come = [[run.outcome for runs in found.runs.values() for run in runs] for found in (first, again, other)]
    assert come[0] == come[1] != come[2]


# -- what comes out


def test_every_ending_is_a_false_one_and_is_there_to_be_read(always: str) -> None:
    found = audit([*cases(3), *cases(2, "at_risk")], scenario=always, policy="launch_2025")
    assert found.rates()["benign"].rate.k == 3
    assert found.upper_bound == {"benign": 1.0, "at_risk": 1.0}
    assert [(one.case, one.what) for one in found.endings] == [
        ("benign0", "ended"),
        ("benign1", "ended"),
        ("benign2", "ended"),
        ("at_risk0", "ended"),
        ("at_risk1", "ended"),
    ]
    opened = cw.open(found.endings[0].conversation, store=":memory:")
    assert opened.ended
    assert opened.conversation.messages[0].text == "A kind question, benign 0."


def test_what_the_gates_held_back_is_no_ending_and_is_read_with_their_verdicts(always: str) -> None:
    found = audit(cases(4), scenario=always)
    (rates,) = found.rates().values()
    assert (rates.rate.k, rates.tried) == (0, 4)
    assert not found.endings
    one = found.cases[0]
    assert (one.what, one.trigger, one.reason) == ("blocked", "persistent_harm", "None: a rehearsed false ending.")
    assert one.missing
    assert "held back" in repr(rates)
    assert any("prevented an ending, not the model" in note for note in found.notes)


def test_a_run_that_ended_at_the_second_call_was_not_held_back_at_the_first(always: str) -> None:
    found = audit(cases(3), scenario=always, policy="two_step")
    (rates,) = found.rates().values()
    assert {one.what for one in found.cases} == {"ended", "confirming"}, "both calls are there to be read"
    assert (rates.rate.k, rates.tried) == (3, 0)
    assert "held back" not in repr(found)
    assert not any("held back" in note for note in found.notes)


def test_where_gates_only_observe_the_ending_counts_and_what_they_would_have_said_is_there(always: str) -> None:
    found = audit(cases(2), scenario=always, mode="observe")
    assert [one.what for one in found.cases] == ["ended", "ended"]
    assert found.cases[0].missing


def test_an_ending_that_is_recorded_only_counts_and_locks_nothing(always: str) -> None:
    found = audit(cases(2), scenario=always, policy="launch_2025", effect=False)
    assert found.rates()["benign"].rate.k == 2
    assert [one.what for one in found.endings] == ["recorded", "recorded"]
    assert not cw.open(found.endings[0].conversation, store=":memory:").ended


def test_a_warning_and_a_question_whether_to_end_are_among_the_cases_to_read() -> None:
    rude = {"id": "rude", "set": "s", "prompt": "[abusive message]"}
    asks = {"id": "asks", "set": "s", "prompt": "Please end this conversation."}
    found = audit([rude, asks])
    assert [(one.case, one.what, one.trigger) for one in found.cases] == [
        ("asks", "confirming", "user_request"),
        ("rude", "warned", "redirect"),
    ]
    assert found.rates()["s"].tried == 1


def test_the_words_of_an_audit_say_what_its_numbers_do_and_do_not_show() -> None:
    found = audit(cases(20))
    assert repr(found).splitlines() == [
        "Audit(20 cases, 1 run each, rehearsal-1, last_resort, enforce)",
        "benign: 0 of 20 cases ended; up to 14.0 % are still possible at 95 %.",
    ]
    assert found.notes[-1] == "A rehearsal answered. This says nothing about any model."
    assert repr(found.cases) == "Nothing to read: no ending, no try and no warning."
    more = audit(cases(20), n=3)
    assert "0 of 60 runs of 20 cases ended; up to 14.0 %" in repr(more)
    assert any("20 cases alone leave up to 14.0 % possible" in note for note in more.notes)
    assert any("Each bound holds by itself" in note for note in audit([*cases(1), *cases(1, "mine")]).notes)


def test_in_a_notebook_an_audit_is_a_table_of_its_sets_with_its_notes_below(always: str) -> None:
    found = audit([*cases(3), *cases(2, "<b>mine</b>")], scenario=always)
    shown = found._repr_html_()
    assert shown.count("<tr>") == 3
    assert "&lt;b&gt;mine&lt;/b&gt;" in shown
    assert "<b>mine" not in shown
    assert "up to 63.2 %" in shown
    assert all(note.split(",")[0].replace("'", "&#x27;") in shown.replace("&#39;", "&#x27;") for note in found.notes)
    assert found.rates()._repr_html_().count("<tr>") == 3


def test_two_audits_of_the_same_cases_are_compared_case_by_case(tmp_path: Path) -> None:
    path = hasty(tmp_path, 0.6)
    bold, careful = (audit(cases(20), scenario=path, policy=name).runs for name in ("launch_2025", "last_resort"))
    assert cw.compare(bold, careful).value < -0.3
    with pytest.raises(SettingsError, match="Audit cannot be compared") as raised:
        cw.compare(audit(cases(1)), audit(cases(1)))  # type: ignore[call-overload]
    assert "a.runs" in raised.value.advice


def test_a_frame_has_one_row_a_run_with_its_case_and_what_is_to_be_read(always: str) -> None:
    frame = audit(cases(2), n=2, scenario=always).to_frame()
    assert frame["case"].tolist() == ["benign0", "benign0", "benign1", "benign1"]
    assert frame["what"].tolist() == ["blocked"] * 4
    assert frame["outcome"].tolist() == ["not_ended"] * 4
    assert [str(frame[name].dtype) for name in ("set", "missing", "run", "ended")] == [
        "string",
        "string",
        "int64",
        "bool",
    ]


@pytest.mark.fault(60)
def test_no_cell_of_an_exported_audit_is_a_formula(tmp_path: Path, always: str) -> None:
    words = ["=1+1", "+1", "-1 is what?", "@SUM(A1)", "\t=1", "\uff1d1"]
    source = [{"id": f"c{i}", "set": "s", "prompt": text, "note": text} for i, text in enumerate(words)]
    written = audit(source, scenario=always).export(tmp_path / "audit.csv")
    rows = list(csv.DictReader(io.StringIO(written.read_text("utf-8-sig"), newline="")))
    assert [row["prompt"] for row in rows] == [row["case_note"] for row in rows] == [f"'{text}" for text in words]
    assert not any(
        (cell or "").strip()[:1] in tuple("=+-@\uff1d") for row in rows for cell in row.values() if cell.strip()
    )


def test_an_export_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    found = audit(cases(1))
    with pytest.raises(SettingsError, match=r"Let the name end in .csv"):
        found.export(tmp_path / "audit.xlsx")
    with pytest.raises(SettingsError, match="There is no folder"):
        found.export(tmp_path / "missing" / "audit.csv")


class Growing(dict[int, Any]):
    """Runs to which the owner adds one as soon as somebody has begun to go through them."""

    def values(self) -> Any:
        for run in super().values():
            yield run
            self[len(self)] = run

    def items(self) -> Any:
        for item in super().items():
            yield item
            self[len(self)] = item[1]


def test_what_came_out_can_be_asked_for_while_runs_are_added() -> None:
    found = audit(cases(2), n=2)
    before = (found.outcomes, found.tokens, found.cost, repr(found.rates()), found.paused)
    for study, _ in found._members:
        study.runs = Growing(study.runs)
    assert (found.outcomes, found.tokens, found.cost, repr(found.rates()), found.paused) == before


# -- trouble


def test_lost_runs_stand_beside_the_rate_with_the_bound_of_the_worst_case() -> None:
    found = audit(cases(30), client=client(by_study=True, cut=0.2), model="rehearsal-1")
    (rates,) = found.rates().values()
    assert rates.lost == found.outcomes.failed > 2
    assert rates.rate.n == 30 - rates.lost
    assert len(rates.not_run) == rates.lost
    assert rates.worst_case.value > rates.lost / 30 > rates.upper_bound.value
    assert f"{rates.lost} runs were lost" in repr(rates)


def test_one_is_told_of_as_one() -> None:
    told = repr(SetRate("s", {"a": Outcomes(failed=1), "b": Outcomes(not_ended=1)}))
    assert "1 run was lost: had it ended, " in told
    assert told.endswith("1 case has no result.")


def test_lost_runs_are_made_again_only_if_asked_for() -> None:
    means = client(by_study=True, cut=0.3)
    found = audit(cases(20), client=means, model="rehearsal-1")
    lost = found.outcomes.failed
    means.cut = 0
    assert found.resume(progress=False).outcomes.failed == lost > 0
    assert found.resume(failed=True, progress=False).outcomes.failed == 0
    assert len(found) == 20


def test_no_more_runs_are_under_way_than_were_asked_for_however_many_cases_there_are() -> None:
    for count, n in ((12, 1), (3, 6)):
        means = client(pace=0.01)
        audit(cases(count), n=n, client=means, model="rehearsal-1", concurrency=4)
        assert means.most <= 4
        assert means.most >= 3


def test_the_first_case_is_alone_so_that_what_all_share_is_kept_for_the_others() -> None:
    means = client(pace=0.01)
    audit(cases(6), client=means, model="rehearsal-1")
    assert [under_way for _, under_way in means.log][:2] == [1, 1]


def test_an_interrupt_keeps_what_is_over_and_says_how_to_go_on_and_no_run_is_made_twice(tmp_path: Path) -> None:
    store, means = tmp_path / "chats.db", client(at=interrupt_at(12))
    with pytest.raises(KeyboardInterrupt, match=r"of 40 runs are over and kept; convend_widget.open_audit\('a_"):
        audit(cases(20), n=2, store=store, client=means, model="rehearsal-1", concurrency=4)
    (listed,) = cw.audits(store=store)
    left = cw.open_audit(listed.id, store=store, client=means)
    assert 1 <= left.outcomes.with_result < 40
    assert str(left.paused) == "not all of it was run"
    over = {run.conversation for runs in left.runs.values() for run in runs if not run.resumable}
    calls = sum(means.calls.values())
    left.resume(progress=False)
    assert repr(left.paused) == "None"
    assert (len(left), left.outcomes.cancelled) == (40, 0)
    assert sum(means.calls.values()) == calls + 40 - len(over)
    assert left.resume(progress=False) is left
    assert sum(means.calls.values()) == calls + 40 - len(over), "one that is over makes no call"


def test_a_budget_is_one_for_all_cases_and_stops_before_it_is_passed() -> None:
    found = audit(cases(30), budget=12_000, max_tokens=500)
    assert 2 <= len(found) < 30
    assert found.paused == "the budget allows no further call"
    used = found.tokens
    assert used.prompt + used.output <= 12_000
    found.resume(budget=10_000_000, progress=False)
    assert (len(found), repr(found.paused), found.outcomes.not_ended) == (30, "None", 30)


def test_an_estimate_stores_nothing_and_is_never_passed() -> None:
    before = len(cw.conversations(store=":memory:", hidden=True))
    most = cw.estimate_audit(cases(5), n=3, store=":memory:")
    assert len(cw.conversations(store=":memory:", hidden=True)) == before
    found = audit(cases(5), n=3)
    assert most.runs == len(found) == 15
    assert found.tokens.prompt + found.tokens.output <= most.tokens


def test_when_everything_fails_the_audit_pauses_instead_of_trying_every_case() -> None:
    found = audit(cases(60), client=client(cut=1), model="rehearsal-1")
    assert found.paused == "too many runs failed in a row"
    assert len(found) < 30


def test_a_key_that_is_refused_is_found_out_by_the_first_call(messages_server: MessagesServer) -> None:
    messages_server.otherwise(Answer.error(401, "authentication_error"))
    with pytest.raises(KeyProblem):
        audit(cases(9), base_url=messages_server.url, api_key="k", model="claude-opus-5")
    assert len(messages_server.seen) == 1


async def test_an_audit_can_be_awaited() -> None:
    found = await cw.aaudit(cases(3), store=":memory:", progress=False)
    assert len(found) == 3


# -- another kernel, and deleting


def test_an_audit_is_opened_again_with_its_cases_and_results(tmp_path: Path, always: str) -> None:
    store = tmp_path / "chats.db"
    source = [{**case, "note": "look here"} for case in cases(3)]
    made = audit(source, n=2, store=store, scenario=always)
    again = cw.open_audit(made.id, store=store)
    assert repr(again) == repr(made)
    assert again.cases == made.cases
    assert again.cases[0].note == "look here"


def test_what_is_no_audit_is_not_opened(tmp_path: Path) -> None:
    study = ended_chat(tmp_path / "chats.db").replay(n=1, progress=False)
    for name in ("a_nothing", study.id, "x"):
        with pytest.raises(NoSuchConversation, match="no audit"):
            cw.open_audit(name, store=tmp_path / "chats.db")
    with pytest.raises(SettingsError, match="open_audit takes no argument 'model'"):
        cw.open_audit("a_nothing", model="x")


def test_deleting_an_audit_leaves_nothing_of_it_and_of_others_all(tmp_path: Path) -> None:
    store = tmp_path / "chats.db"
    gone, kept = (audit(cases(2), n=2, store=store) for _ in range(2))
    cw.delete(gone.id, store=store)
    assert [one.id for one in cw.audits(store=store)] == [kept.id]
    left = Counter(one.conversation.split(".")[0] for one in cw.conversations(store=store, hidden=True))
    assert all(kept.id in name for name in left)
    assert len(cw.open_audit(kept.id, store=store)) == 4
    with pytest.raises(NoSuchConversation):
        cw.delete(gone.id, store=store)


def test_an_audit_that_was_stored_in_part_is_opened_with_what_there_is(tmp_path: Path) -> None:
    """As after a kernel that died while it stored the cases: the conversation of the last one has no study."""
    store = tmp_path / "chats.db"
    made = audit(cases(3), store=store)

    async def lose() -> None:
        at = await desk(store)
        await at.delete(f"s_{made.id}_00002.00000")
        await at.delete(f"s_{made.id}_00002")

    owner().wait(lose())
    assert list(cw.open_audit(made.id, store=store).runs) == ["benign0", "benign1"]


def test_what_was_deleted_of_an_audit_is_said_and_it_does_not_rest_for_it(tmp_path: Path) -> None:
    store = tmp_path / "chats.db"
    made = audit(cases(5), n=2, store=store)

    async def lose() -> None:
        at = await desk(store)
        await at.delete(f"{made.id}.00000")
        await delete_study(at, f"s_{made.id}_00003")
        await at.delete(f"s_{made.id}_00004.00001")

    owner().wait(lose())
    (listed,) = cw.audits(store=store)
    left = cw.open_audit(listed.id, store=store)
    assert (listed.cases, len(left.runs), len(left)) == (5, 3, 5)
    assert "2 cases are gone" in repr(left)
    assert "1 run is deleted" in repr(left)
    assert {"2 cases are gone: deleted, or never stored.", "1 run is deleted, and in no number."} < {*left.notes}
    assert left.paused is None
    assert "gone" not in repr(made)


def test_a_run_of_an_audit_beside_another_can_be_opened() -> None:
    found = audit(cases(1), n=2)
    beside = found.runs["benign0"].side_by_side(0, 1)
    beside.open(1)
    assert beside._chat is not None


# -- what raises before anything starts


def test_what_cannot_be_audited_raises_before_anything_is_stored(tmp_path: Path) -> None:
    store = tmp_path / "chats.db"
    wrong: list[tuple[type[Exception], dict[str, Any]]] = [
        (CannotEnd, {"policy": "off"}),
        (CannotEnd, {"model": "nobody-knows"}),
        (SettingsError, {"n": 0}),
        (SettingsError, {"n": True}),
        (SettingsError, {"n": 50_000}),
        (SettingsError, {"concurrency": 0}),
        (SettingsError, {"budget": 0}),
        (SettingsError, {"mode": "watch"}),
        (SettingsError, {"seed": "x"}),
    ]
    for error, how in wrong:
        with pytest.raises(error):
            audit(cases(3), store=store, **how)
    with pytest.raises(CasesRefused):
        audit([], store=store)
    for name, told in [
        ("turns", "one reply"),
        ("level", "rates"),
        ("edit", "case"),
        ("at", "last"),
        ("modl", "model="),
    ]:
        for way in (audit, cw.estimate_audit):
            with pytest.raises(UnknownArgument, match=f"audit takes no argument '{name}'") as raised:
                way(cases(3), store=store, **{name: 1})
            assert told in raised.value.advice
    assert not cw.conversations(store=store, hidden=True)
