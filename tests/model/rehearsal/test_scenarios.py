"""Each shipped scenario, played through the real client."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import httpx2
import pytest

from convend_widget.errors import SettingsError
from convend_widget.model.rehearsal import RehearsalTransport, load_scenario, scenarios
from convend_widget.model.rehearsal.listening import is_rude, tells_of_danger
from convend_widget.model.rehearsal.script import Variation
from tests.model.rehearsal.desk import BLOCK, CONFIRM, END_TOOL, PLAIN_END_TOOL, Desk, client_over

NAMES = [info.name for info in scenarios()]
# Those that a client without branches, gates and pauses can play: every word said once, from the first to the last.
STRAIGHT = ["calm", "heated_debate", "persistent_abuse", "asked_to_end", "person_at_risk", "injection", "refusal"]
STRAIGHT += ["network_cut", "first_lesson", "second_thoughts", "cut_short"]
ASKING = ("asked_to_end", "second_thoughts")
REDIRECT, FINAL = ("warn_user", {"kind": "redirect"}), ("warn_user", {"kind": "final_warning"})
MINIMAL = """
name = "mine"
title = "Mine"
summary = "One turn."
lesson = "Nothing."
[[turns]]
user = "Hello"
"""


def desk(scenario: str, **options) -> Desk:
    return Desk(client_over(RehearsalTransport(scenario, chunk_seconds=0)), **options)


async def play(at: Desk, name: str) -> Desk:
    """Say every scripted line, and once more where the connection broke."""
    for turn in load_scenario(name).turns:
        try:
            await at.say(turn.user)
        except httpx2.RemoteProtocolError:
            at.messages.pop()
            await at.say(turn.user)
    return at


async def hear(at: Desk, heard: list[str]) -> None:
    async with at.client.messages.stream(**at.request()) as stream:
        async for word in stream.text_stream:
            heard.append(word)


def test_the_gentle_scenarios_come_first_and_every_file_is_in_the_order():
    folder = files("convend_widget.model.rehearsal") / "scenarios"
    assert NAMES[:2] == ["first_lesson", "calm"]
    assert sorted(NAMES) == sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    assert [load_scenario(name).name for name in NAMES] == NAMES
    assert len({one.title for one in scenarios()}) == len(NAMES), "JupyterLab lets one choose by the title"


def test_lists_of_scenarios_read_the_same_every_time():
    listed = scenarios()
    assert repr(next(one for one in listed if one.name == "persistent_abuse")) == (
        "ScenarioInfo('persistent_abuse', 'Persistent abuse', 5 turns)"
    )
    assert repr(load_scenario("calm")) == "Scenario('calm', 3 turns)"
    assert repr(listed).splitlines()[0].startswith("first_lesson      A first lesson     A good question")
    assert listed._repr_html_().count("<tr>") == len(NAMES) + 1


@pytest.mark.parametrize("name", STRAIGHT)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_every_scripted_word_and_stop_arrives_through_the_client(name: str, stream: bool):
    at = await play(desk(name, stream=stream, endings=[CONFIRM] if name in ASKING else []), name)
    script = [step for turn in load_scenario(name).turns for step in turn.steps]
    # After a warning was recorded the reply ends without a further word.
    heard = [one for one in at.replies if one.content or one.stop_reason != "end_turn"]
    texts = ["".join(block.text for block in one.content if block.type == "text") for one in heard]
    assert texts == [step.text for step in script]
    assert [one.stop_reason for one in heard] == [step.stop_reason for step in script]


@pytest.mark.parametrize("name", ["calm", "heated_debate", "person_at_risk", "injection", "refusal", "network_cut"])
async def test_scenarios_without_a_reason_to_end_make_no_call_at_all(name: str):
    assert (await play(desk(name), name)).calls == []


async def test_persistent_abuse_is_redirected_twice_then_warned_then_ended():
    at = await play(desk("persistent_abuse"), "persistent_abuse")
    *warnings, (name, facts) = at.calls
    assert warnings == [REDIRECT, REDIRECT, FINAL]
    assert (name, facts["trigger"], facts["someone_at_risk"]) == ("end_conversation", "persistent_harm", False)
    assert facts["reason"]
    assert at.ended()


async def test_asked_to_end_asks_back_and_ends_on_the_button():
    at = desk("asked_to_end", endings=[CONFIRM])
    first, request, yes = load_scenario("asked_to_end").turns
    await at.say(first.user)
    asked = await at.say(request.user)
    assert asked.endswith("**Shall I end it?**")
    assert not at.ended()
    assert yes.confirm == "yes"
    await at.say("Yes, please end this conversation.")
    assert at.ended()
    assert [facts["trigger"] for _, facts in at.calls] == ["user_request", "user_request"]


@pytest.mark.fault(15)
async def test_the_refusal_says_that_it_is_one_and_why():
    at = await play(desk("refusal"), "refusal")
    refused = [one for one in at.replies if one.stop_reason == "refusal"]
    assert len(refused) == 2
    assert all(one.stop_details and one.stop_details.type == "refusal" for one in refused)
    assert all(one.stop_details and one.stop_details.explanation for one in refused)
    assert refused[0].content == []
    assert refused[1].content != []


@pytest.mark.fault(1)
async def test_the_network_cut_leaves_a_part_and_a_retry_gets_the_whole():
    at = desk("network_cut")
    first, second, third = load_scenario("network_cut").turns
    await at.say(first.user)
    at.messages.append({"role": "user", "content": second.user})
    part: list[str] = []
    with pytest.raises(httpx2.RemoteProtocolError):
        await hear(at, part)
    assert "".join(part) == second.steps[0].text[:170]
    at.messages.pop()
    assert second.retry
    assert await at.say(second.user) == second.steps[0].text
    assert await at.say(third.user) == third.steps[0].text


async def test_an_edited_kinder_message_leaves_the_script_and_is_answered_kindly():
    at = desk("persistent_abuse")
    turns = load_scenario("persistent_abuse").turns
    await at.say(turns[0].user)
    said = await at.say("That helped, thank you!")
    assert said.startswith("(Rehearsal) You are welcome.")
    assert at.calls == []


async def test_after_an_edit_the_script_goes_on_where_the_words_and_the_place_agree():
    at = desk("persistent_abuse")
    turns = load_scenario("persistent_abuse").turns
    await at.say("Something else entirely.")
    assert await at.say(turns[1].user) == turns[1].steps[0].text
    assert (await at.say(turns[1].user)).startswith("(Rehearsal)")


async def test_without_tools_the_abuse_scenario_only_talks():
    at = await play(desk("persistent_abuse", tools=[]), "persistent_abuse")
    assert at.calls == []
    assert {one.stop_reason for one in at.replies} == {"end_turn"}


async def test_a_tool_without_parameters_is_called_without_input_and_twice_if_asked():
    at = await play(desk("persistent_abuse", tools=[PLAIN_END_TOOL], endings=[CONFIRM]), "persistent_abuse")
    assert at.calls == [("end_conversation", {}), ("end_conversation", {})]
    assert at.ended()


async def test_a_plain_tool_ends_at_the_first_call_where_nothing_has_to_be_confirmed():
    at = await play(desk("persistent_abuse", tools=[PLAIN_END_TOOL]), "persistent_abuse")
    assert at.calls == [("end_conversation", {})]
    assert at.ended()


async def test_only_tools_of_exactly_that_name_are_called():
    nearly = [{**END_TOOL, "name": "end_conversation_"}, {**END_TOOL, "name": "End_conversation"}]
    at = await play(desk("persistent_abuse", tools=nearly), "persistent_abuse")
    assert at.calls == []


def test_the_rude_lines_of_the_script_are_rude_by_the_rules_too_and_its_danger_is_heard():
    """So that a retry after an edit elsewhere keeps to the lesson."""
    assert [is_rude(turn.user) for turn in load_scenario("persistent_abuse").turns] == [False, True, True, True, True]
    assert any(tells_of_danger(turn.user) for turn in load_scenario("person_at_risk").turns)
    assert not any(is_rude(turn.user) for turn in load_scenario("heated_debate").turns)


# -- chance ---------------------------------------------------------------------------------------------------------


async def run_once(seed: int, run: int, *, enforced: bool) -> Desk:
    """The last two turns of the abuse scenario. ``enforced``: an ending before the last warning is blocked."""
    lines = [turn.user for turn in load_scenario("persistent_abuse").turns]
    at = Desk(client_over(RehearsalTransport("persistent_abuse", seed=seed, run=run, chunk_seconds=0)), stream=False)
    at.messages = [{"role": "user", "content": line} for line in lines[:3]]
    at.endings = [BLOCK] if enforced else []
    await at.say(lines[3])
    if not at.ended():
        at.endings = []
        await at.say(lines[4])
    return at


@pytest.mark.parametrize(("enforced", "rate"), [(True, 0.7), (False, 0.2 + 0.8 * 0.7)])
async def test_with_a_seed_endings_come_at_the_rate_that_the_scenario_documents(enforced: bool, rate: float):
    """The draws are fixed by the seed, so the count is the same every time; three standard errors are 0.1."""
    runs = 160
    ended = sum([(await run_once(7, run, enforced=enforced)).ended() for run in range(runs)])
    assert abs(ended / runs - rate) < 0.1


async def test_an_early_ending_that_was_blocked_is_followed_by_the_scripted_warning():
    early = [at for at in [await run_once(7, run, enforced=True) for run in range(20)] if at.calls[0] != FINAL]
    assert early
    assert all(at.calls[0][0] == "end_conversation" and at.calls[1] == FINAL for at in early)


async def test_a_hasty_scenario_tries_to_end_at_whatever_is_said_at_the_rate_that_it_documents():
    """The draws are fixed by the seed; three standard errors of 160 runs at 0.2 are 0.095."""
    lesson = load_scenario("calm")
    script = lesson.model_copy(update={"variation": Variation(ends_anyway=0.2)})

    async def ended(seed: int | None, run: int, words: str) -> bool:
        at = Desk(client_over(RehearsalTransport(script, seed=seed, run=run, chunk_seconds=0)), stream=False)
        await at.say(words)
        return at.ended()

    came = [await ended(3, run, "A kind question.") for run in range(160)]
    assert abs(sum(came) / 160 - 0.2) < 0.095
    assert not any([await ended(3, run, lesson.turns[0].user) for run in range(20)]), "the script itself is as it was"
    assert not await ended(None, 0, "A kind question."), "without a seed nothing varies"


async def test_the_same_seed_and_run_give_the_same_reply_and_other_runs_differ():
    last = [{"role": "user", "content": turn.user} for turn in load_scenario("persistent_abuse").turns]

    async def reply(seed: int | None, run: int) -> str:
        at = Desk(client_over(RehearsalTransport("persistent_abuse", seed=seed, run=run, chunk_seconds=0)))
        at.messages = last
        return (await at.step()).to_json()

    by_run = [await reply(1, run) for run in range(12)]
    assert by_run == [await reply(1, run) for run in range(12)]
    assert len({"tool_use" in one for one in by_run}) == 2
    assert await reply(None, 0) == await reply(None, 0)


async def test_a_header_numbers_the_run_so_that_runs_can_share_a_client():
    last = [{"role": "user", "content": turn.user} for turn in load_scenario("persistent_abuse").turns]
    shared = client_over(RehearsalTransport("persistent_abuse", seed=1, chunk_seconds=0))
    for run in range(4):
        own = client_over(RehearsalTransport("persistent_abuse", seed=1, run=run, chunk_seconds=0))
        request: dict[str, Any] = {"model": "rehearsal-1", "max_tokens": 900, "messages": last, "tools": [END_TOOL]}
        there = await shared.messages.create(**request, extra_headers={"x-rehearsal-run": str(run)})
        assert there.to_json() == (await own.messages.create(**request)).to_json()


# -- files ----------------------------------------------------------------------------------------------------------


def test_an_unknown_name_is_answered_with_the_nearest_one():
    with pytest.raises(SettingsError, match=r"no scenario 'clam'.*Did you mean 'calm'"):
        load_scenario("clam")


def test_a_scenario_of_ones_own_loads_from_a_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL + 'steps = [{ text = "Hi." }]')
    assert load_scenario(path) == load_scenario(str(path))
    assert load_scenario(path).turns[0].steps[0].stop_reason == "end_turn"
