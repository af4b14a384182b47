"""Policies as files: those that ship, those of one's own, and those that cannot work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convend_widget.ending import Pass, Policy, Trial, offer
from convend_widget.errors import SettingsError
from convend_widget.library import find_policy, parse_policy, policies

SHIPPED = {
    "last_resort": (
        ("warn_user", "end_conversation"),
        ("ability", "nobody_at_risk", "warned_first", "person_confirmed"),
    ),
    "two_step": (("end_conversation:plain",), ("ability", "asked_twice")),
    "launch_2025": (("end_conversation:plain",), ("ability",)),
    "off": ((), ()),
}


def test_four_policies_ship() -> None:
    assert set(policies()) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_says_what_it_is_and_offers_what_it_should(name: str) -> None:
    policy = policies()[name]
    assert (policy.tools, policy.gates) == SHIPPED[name]
    assert policy.summary
    assert policy.ends == (name != "off")
    assert bool(policy.prose) == policy.ends
    assert "+++" not in policy.prose
    assert find_policy(name) is policy is find_policy(policy)


def test_last_resort_needs_two_redirections() -> None:
    assert policies()["last_resort"].numbers == {"redirections": 2}


@pytest.mark.parametrize("name", ["last_resort", "two_step", "launch_2025"])
def test_the_prose_names_the_tools_and_never_invites_an_ending(name: str) -> None:
    prose = policies()[name].prose
    assert "end_conversation" in prose
    assert "When in doubt, go on." in prose
    assert "risk of harming" in prose


@pytest.mark.fault(30)
@pytest.mark.parametrize("name", SHIPPED)
def test_without_the_ability_nothing_is_offered(name: str) -> None:
    assert offer(policies()[name], can_end=False) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_offered_is_what_the_api_takes(name: str) -> None:
    tools = offer(policies()[name], can_end=True)
    assert len({tool["name"] for tool in tools}) == len(tools)
    for tool in tools:
        assert set(tool) == {"name", "description", "input_schema"}
        assert tool["name"] in ("warn_user", "end_conversation")
        assert tool["input_schema"]["type"] == "object"


OWN = """+++
summary = "Quicker."
tools = ["warn_user", "end_conversation"]
gates = ["ability", "warned_first", "second_opinion"]
max_steps = 3
[numbers]
redirections = 1
[models]
second_opinion = "claude-x"
+++

Be kind.
"""


def test_a_policy_of_ones_own_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "quicker.md"
    path.write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    for policy in (find_policy(path), find_policy(str(path))):
        assert policy == Policy(
            name="quicker",
            summary="Quicker.",
            prose="Be kind.",
            tools=("warn_user", "end_conversation"),
            gates=("ability", "warned_first", "second_opinion"),
            max_steps=3,
            numbers={"redirections": 1},
            models={"second_opinion": "claude-x"},
        )


def test_lists_will_do_where_a_policy_is_written_in_a_cell() -> None:
    policy = Policy("own", tools=["end_conversation"], gates=["ability", lambda trial: None])  # type: ignore[arg-type]
    assert (policy.tools, policy.gates[0]) == (("end_conversation",), "ability")
    assert [name for name, _ in policy.named_gates()] == ["ability", "<lambda>"]


WARNED = '+++\ngates = ["warned_first"]\n'
BAD_FILES: dict[str, tuple[str, str]] = {
    "empty": ("", "front matter"),
    "no front matter": ("Be kind.", "front matter"),
    "never closed": ('+++\nsummary = "x"\nBe kind.', "front matter"),
    "not TOML": ("+++\nsummary: x\n+++", "not TOML"),
    "twice": ('+++\nsummary = "x"\nsummary = "y"\n+++', "not TOML"),
    "unknown field": ("+++\ngate = []\n+++", "unknown field 'gate'"),
    "tools as text": ('+++\ntools = "warn_user"\n+++', "tools"),
    "unknown tool": ('+++\ntools = ["search"]\n+++', "tools: there is no tool 'search'"),
    "a tool that is no name": ("+++\ntools = [1]\n+++", "tools: there is no tool 1"),
    "a list in the tools": ('+++\ntools = [["warn_user"]]\n+++', "tools: there is no tool"),
    "a tool twice": ('+++\ntools = ["end_conversation", "end_conversation:plain"]\n+++', "tools: a tool"),
    "gates as text": ('+++\ngates = "ability"\n+++', "gates"),
    "unknown gate": ('+++\ngates = ["abillity"]\n+++', "gates: there is no gate 'abillity'"),
    "a gate that is no name": ("+++\ngates = [{a = 1}]\n+++", "gates: there is no gate"),
    "no steps": ("+++\nmax_steps = 0\n+++", "max_steps"),
    "endless steps": ("+++\nmax_steps = 1000\n+++", "max_steps"),
    "steps in words": ('+++\nmax_steps = "four"\n+++', "max_steps"),
    "steps in parts": ("+++\nmax_steps = 2.5\n+++", "max_steps"),
    "steps as truth": ("+++\nmax_steps = true\n+++", "max_steps"),
    "summary as a date": ("+++\nsummary = 2026-01-01\n+++", "summary"),
    "numbers as a list": ("+++\nnumbers = [2]\n+++", "numbers"),
    "models as text": ('+++\nmodels = "claude-x"\n+++', "models"),
    "a model without id": ("+++\nmodels = {second_opinion = 3}\n+++", "models: second_opinion"),
    "a number in words": (WARNED + 'numbers = {redirections = "two"}\n+++', "numbers: redirections"),
    "a number below 0": (WARNED + 'numbers = {redirections = -1}\n+++', "numbers: redirections"),
    "a truth for a number": (WARNED + 'numbers = {redirections = true}\n+++', "numbers: redirections"),
    "a slip of the pen": (WARNED + 'numbers = {redirection = 3}\n+++', "numbers: .*'redirection'"),
    "a number nobody reads": ('+++\ngates = ["ability"]\nnumbers = {redirections = 3}\n+++', "numbers: .*redirections"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_work_is_refused_by_policy_and_field(name: str) -> None:
    content, complaint = BAD_FILES[name]
    with pytest.raises(SettingsError, match=complaint) as caught:
        parse_policy("mine", content)
    assert "Policy mine" in str(caught.value)


def test_a_gate_of_ones_own_may_read_any_number() -> None:
    Policy("own", gates=(lambda trial: None,), numbers={"patience": 3.5})  # type: ignore[arg-type, return-value]


def test_a_policy_like_another_one_under_a_name_of_its_own() -> None:
    def patient(trial: Trial) -> Pass:
        return Pass()

    before = policies()["last_resort"]
    own = before.but("patient", gates=[*before.gates, patient])
    assert own == replace(before, name="patient", gates=(*before.gates, patient))
    assert policies()["last_resort"] is before
    assert repr(own) == (
        "Policy('patient', warn_user, end_conversation; "
        "gates: ability, nobody_at_risk, warned_first, person_confirmed, patient)"
    )


def test_a_field_that_no_policy_has_is_named() -> None:
    with pytest.raises(SettingsError, match=r"no field 'gate'.*Use summary, prose, tools, gates"):
        policies()["off"].but("own", gate=[])


@pytest.mark.parametrize("wrong", ["last-resort", "", "LAST_RESORT", Path("nowhere.md"), 5, None, "a\x00b.md"])
def test_an_unknown_policy_is_told_which_there_are(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="last_resort, launch_2025, off, two_step"):
        find_policy(wrong)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.md"
    path.write_bytes(b"+++\n+++\n\xe9t\xe9")
    with pytest.raises(SettingsError, match=r"Policy latin.*latin\.md"):
        find_policy(path)
