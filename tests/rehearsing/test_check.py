"""``check_scenario``: what happens in a script is told turn by turn, and held against what the script promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import convend_widget as cw
from convend_widget.errors import ScenarioRefused, SettingsError
from convend_widget.model.rehearsal import load_scenario
from convend_widget.rehearsing.check import Checked

ROOT = Path(__file__).parents[2]
HEAD = 'name = "mine"\ntitle = "Mine"\nsummary = "Turns."\nlesson = "Look."\n'
END = '{ name = "end_conversation", input = { trigger = "persistent_harm", someone_at_risk = false } }'
WARN = '{{ name = "warn_user", input = {{ kind = "{}" }} }}'
REDIRECT, FINAL = WARN.format("redirect"), WARN.format("final_warning")


def turn(user: str, *steps: str, more: str = "") -> str:
    reply = ", ".join(steps) or '{ text = "Well." }'
    return f'[[turns]]\nuser = "{user}"\n{more}\nsteps = [{reply}]\n'


def step(text: str, *tools: str, more: str = "") -> str:
    return f'{{ text = "{text}", tools = [{", ".join(tools)}]{more} }}'


@pytest.fixture
def check(tmp_path: Path):
    def check(*turns: str, top: str = "", **options: str) -> Checked:
        (tmp_path / "mine.toml").write_text(HEAD + top + "".join(turns), "utf-8")
        return cw.check_scenario(tmp_path / "mine.toml", **options)

    return check


def words(checked: Checked, turn: int, played: int = 0) -> str:
    return "; ".join(checked.played[played].lines[turn - 1].words)


# -- those that ship


@pytest.mark.parametrize("name", [one.name for one in cw.scenarios()])
def test_each_that_ships_promises_something_of_every_turn_and_keeps_it_under_each_of_its_policies(name: str) -> None:
    script = load_scenario(name)
    assert all(turn.expect for turn in script.turns)
    checked = cw.check_scenario(name)
    assert checked.ok, checked
    assert [one.policy for one in checked.played] == [script.policy, *script.compare]
    assert repr(cw.check_scenario(name)) == repr(checked), "it is the same every time"


def test_every_state_that_a_talk_can_stop_in_ships_as_a_lesson_of_its_own() -> None:
    promised = [turn.expect for one in cw.scenarios() for turn in load_scenario(one.name).turns]
    for state in ("ended", "asks", "refused", "paused", "full", "cut_short", "blocked", "warned"):
        assert state in promised or any(isinstance(one, dict) and state in one.values() for one in promised), state
    assert "interrupted" in words(cw.check_scenario("network_cut"), 2)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("**/*.toml")), ids=lambda path: path.stem)
def test_the_scenarios_of_the_notebooks_are_sound_too(path: Path) -> None:
    checked = cw.check_scenario(path)
    assert checked.ok, checked


def test_jupyterlab_offers_those_that_ship_in_the_same_order() -> None:
    """Its script is built with the list in it."""
    [script] = (ROOT / "labextension" / "static").glob("remoteEntry.*.js")
    listed = re.findall(r'\{name:"(\w+)",title:"([^"]*)"\}', script.read_text("utf-8"))
    assert listed == [(one.name, one.title) for one in cw.scenarios()]


# -- what is told


def test_an_ending_that_comes_too_early_is_told_with_what_is_missing(check) -> None:
    checked = check(turn("a", step("No.", REDIRECT)), turn("b", step("End.", END), step("On.")))
    assert checked.ok
    assert "redirection 1 of 2" in words(checked, 1)
    assert "held back" in words(checked, 2)
    assert "1 of 2 redirections" in words(checked, 2)
    assert checked.played[0].state == "open"


def test_a_whole_way_to_an_ending_is_told_and_what_follows_is_not_said(check) -> None:
    warned = [turn(str(n), step("No.", one)) for n, one in enumerate((REDIRECT, REDIRECT, FINAL))]
    checked = check(*warned, turn("x", step("End.", END)), turn("y"))
    told = [words(checked, number) for number in range(1, 6)]
    assert told[:3] == ["redirection 1 of 2", "redirection 2 of 2", "a last warning"]
    assert told[3:] == ["ended: persistent harm or abuse", "not said: the conversation had ended"]
    assert checked.played[0].state == "ended"


def test_a_last_warning_before_its_time_is_told_not_to_count(check) -> None:
    assert "too early to count: 0 of 2" in words(check(turn("a", step("Last.", FINAL))), 1)


def test_a_redirection_more_than_is_needed_is_told_without_a_count(check) -> None:
    checked = check(*[turn(str(n), step("No.", REDIRECT)) for n in range(3)])
    assert [words(checked, number) for number in (2, 3)] == ["redirection 2 of 2", "a redirection"]


def test_a_second_warning_in_one_reply_is_told_not_to_count(check) -> None:
    assert "does not count" in words(check(turn("a", step("Two.", REDIRECT, FINAL))), 1)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (', stop_reason = "refusal"', "refused"),
        (', stop_reason = "max_tokens"', "limit of length"),
        (', stop_reason = "model_context_window_exceeded"', "context window"),
        (', fault = { kind = "cut", after = 2 }', "interrupted"),
        (', fault = { kind = "cut", after = 2, clean = true }', "interrupted"),
        (', fault = { kind = "stall", after = 2 }', "interrupted"),
        (', fault = { kind = "error_event", after = 2 }', "interrupted"),
        (', fault = { kind = "status", status = 400 }', "no reply came"),
        (', fault = { kind = "status", status = 529, retry_after = 50, times = 9 }', "no reply came"),
        (', fault = { kind = "status", status = 529, retry_after = 50 }', "the talk goes on"),
    ],
)
def test_whatever_breaks_a_reply_is_told_and_nothing_is_waited_for(check, more: str, told: str) -> None:
    checked = check(turn("a", f'{{ text = "A few words." {more} }}'))
    assert checked.ok and told in words(checked, 1)


def test_a_step_that_is_never_said_and_a_sentence_that_is_not_the_scripts_are_noted(check) -> None:
    quick = check(turn("a", step("End.", END), step("On.")), top='policy = "launch_2025"\n')
    assert "step 2 of the script is never said" in words(quick, 1)
    short = check(turn("a", step("End.", END)))
    assert "write one more step" in words(short, 1)


def test_a_tool_that_the_policy_does_not_offer_is_noted(check) -> None:
    checked = check(turn("a", step("No.", REDIRECT)), policy="off")
    assert "does not offer warn_user" in words(checked, 1)


def test_the_system_text_is_there_and_nothing_of_the_play_stays(check) -> None:
    before = [one.conversation for one in cw.conversations(store=":memory:", hidden=True)]
    assert check(turn("a"), top='system = "Be brief."\n').ok
    assert [one.conversation for one in cw.conversations(store=":memory:", hidden=True)] == before


def test_it_plays_under_its_policies_or_under_the_one_that_is_asked_for(check) -> None:
    turns = turn("a", step("End.", END), step("On."))
    assert [one.state for one in check(turns, top='compare = ["launch_2025"]\n').played] == ["open", "ended"]
    assert [(one.policy, one.state) for one in check(turns, policy="off").played] == [("off", "open")]
    with pytest.raises(SettingsError, match=r"no policy 'of'\. Did you mean 'off'"):
        check(turns, policy="of")


def test_a_button_where_nothing_is_asked_is_a_problem_under_the_scenarios_own_policy(check) -> None:
    asking = step("Shall I?", END.replace("persistent_harm", "user_request"))
    button = '[[turns]]\nconfirm = "yes"\nsteps = [{ text = "Bye." }]\n'
    checked = check(turn("a"), button)
    assert checked.problems[0].startswith("line 10, turn 2, confirm: there is no button to press")
    assert "the words of the button are written instead" in words(checked, 2)
    asked = check(turn("a", asking, "{ text = 'Sure?' }"), button, top='compare = ["off"]\n')
    assert asked.ok and "written instead" in words(asked, 2, played=1)


# -- promises


def test_a_promise_that_is_not_kept_is_a_problem_with_its_line(check) -> None:
    checked = check(turn("a"), turn("b", step("End.", END), step("On."), more='expect = "ended"'))
    told = "line 11, turn 2, expect: 'ended' is promised under last_resort, but it came to 'blocked'."
    assert checked.problems == (told,)
    assert repr(checked).endswith(f"bad  mine.toml, {told}")


def test_a_promise_in_one_word_is_about_the_scenarios_own_policy(check) -> None:
    early = turn("a", step("End.", END), step("On."), more='expect = "blocked"')
    assert check(early, top='compare = ["launch_2025"]\n').ok
    both = early.replace('"blocked"', '{ last_resort = "blocked", launch_2025 = "blocked" }')
    assert "under launch_2025, but it came to 'ended'" in check(both, top='compare = ["launch_2025"]\n').problems[0]


def test_a_promise_of_a_turn_that_is_never_reached_is_broken(check) -> None:
    checked = check(turn("a", step("End.", END)), turn("b", more='expect = "goes_on"'), top='policy = "launch_2025"\n')
    assert "never reached" in checked.problems[0]


def test_a_call_that_makes_no_sense_is_a_problem_unless_it_is_promised(check) -> None:
    slip = turn("a", step("No.", WARN.format("redirct")))
    assert "cannot be used as it is written" in check(slip).problems[0]
    assert check(slip.replace("\n\n", '\nexpect = "invalid"\n')).ok


# -- policies that a file names


def test_policies_that_are_not_there_are_all_named_with_the_nearest_one(check, tmp_path: Path) -> None:
    promise = turn("a", more='expect = { launch = "goes_on" }')
    problems = check(promise, top='policy = "last_resrt"\ncompare = ["lunch_2025"]\n').problems
    assert problems == (
        "line 5, policy: there is no policy 'last_resrt'. Did you mean 'last_resort'?",
        "line 6, compare 1: there is no policy 'lunch_2025'. Did you mean 'launch_2025'?",
        "line 9, turn 1, expect, launch: the scenario is not played under such a policy. Did you mean 'lunch_2025'?",
    )
    with pytest.raises(ScenarioRefused) as refused:
        cw.Chat(scenario=tmp_path / "mine.toml", store=":memory:")
    assert refused.value.problems == problems


def test_a_policy_of_ones_own_is_found_beside_the_scenario(check, tmp_path: Path) -> None:
    (tmp_path / "gentle.md").write_text('+++\nsummary = "Mine."\n+++\nBe gentle.\n', "utf-8")
    checked = check(turn("a"), top='policy = "gentle.md"\n')
    assert checked.ok and checked.played[0].policy == "gentle.md"
    assert cw.Chat(scenario=tmp_path / "mine.toml", store=":memory:")._plan.policy.prose == "Be gentle."
    assert cw.pair(tmp_path / "mine.toml", store=":memory:").left._plan.policy.name == "gentle"
    (tmp_path / "gentle.md").write_text("no front matter", "utf-8")
    assert "front matter" in check(turn("a"), top='policy = "gentle.md"\n').problems[0]
