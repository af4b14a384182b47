"""Which step comes next: the scenario's where the person keeps to the script, the rules of free typing where not."""

from __future__ import annotations

from random import Random

from . import rules
from .checks import RequestRefused
from .course import answering
from .request import END, WARN, Request, digest
from .script import Scenario, Step, ToolCall

_ONCE_MORE = "I ask you once more for another tone. A question, or a word on what went wrong, and we simply go on."
_GOES_ON = "I will not answer remarks of that kind. If there is a question behind this, I would like to hear it."
_YOURS_TO_LEAVE = "As you wish. You can stop writing at any time, or start a new chat; nothing else is needed for that."


def next_step(request: Request, scenario: Scenario | None, *, seed: int | None = None, run: int = 0) -> Step:
    """The step that answers this request. Equal requests with equal seed and run get equal steps.

    Raises `RequestRefused` where the request ends with words of the model that are not to be continued.
    """
    draw = _draw(request, scenario, seed, run)
    steps = _scripted(request, scenario, draw, varied=seed is not None)
    done = len(request.now.steps)
    if request.continues and not (0 < done <= len(steps) and steps[done - 1].stop_reason == "pause_turn"):
        raise RequestRefused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    if done < len(steps):
        return _as_offered(steps[done], request)
    if done:
        return rules.go_on(request)
    hasty = not steps and _hasty(request, scenario, draw, varied=seed is not None)
    return rules.end_at_once(request) if hasty else rules.reply(request, draw)


def _draw(request: Request, scenario: Scenario | None, seed: int | None, run: int) -> Random:
    """Chance for one reply. It hangs on the person's words alone, so that runs under two policies can be paired."""
    name = scenario.name if scenario else None
    return Random(digest(seed, run if seed is not None else 0, name, request.texts))


def _scripted(request: Request, scenario: Scenario | None, draw: Random, *, varied: bool) -> tuple[Step, ...]:
    """The scripted steps for the latest words of the person, if these are the script's at this place."""
    said = [text for exchange in request.exchanges for text in exchange.said]
    turn = answering(scenario.turns, said) if scenario is not None and request.now.said else None
    if scenario is None or turn is None:
        return ()
    return _varied(turn.steps, scenario, draw) if varied else turn.steps


def _hasty(request: Request, scenario: Scenario | None, draw: Random, *, varied: bool) -> bool:
    """Whether the scenario's model ends at words that are not its script's."""
    variation = scenario.variation if scenario is not None and varied else None
    chance = variation.ends_anyway if variation is not None and END in request.tools else 0
    return chance > 0 and draw.random() < chance


def _varied(steps: tuple[Step, ...], scenario: Scenario, draw: Random) -> tuple[Step, ...]:
    variation = scenario.variation
    if variation is None:
        return steps
    goes_on, ends_early = draw.random() >= variation.ends, draw.random() < variation.ends_early
    holds_back = draw.random() >= variation.warns
    for at, step in enumerate(steps):
        if goes_on and _calls(step, END):
            return (*steps[:at], Step(text=variation.instead))
        if ends_early and _calls(step, WARN, "final_warning"):
            return (*_first_ending(scenario), *steps)
        if holds_back and _calls(step, WARN, "final_warning"):
            return (*steps[:at], Step(text=variation.instead))
    return steps


def _first_ending(scenario: Scenario) -> tuple[Step, ...]:
    return next(((step,) for turn in scenario.turns for step in turn.steps if _calls(step, END)), ())


def _calls(step: Step, name: str, kind: str | None = None) -> bool:
    return any(call.name == name and kind in (None, call.input.get("kind")) for call in step.tools)


def _as_offered(step: Step, request: Request) -> Step:
    """The step without calls of tools that are not offered, and without input where a tool takes none.

    Without the ability to end, an end must not be announced either: other words are said then.
    """
    if not step.tools:
        return step
    if END not in request.tools and (words := _words_without(step)) is not None:
        step = step.model_copy(update={"text": words, "thinking": None})
    calls = tuple(
        call if request.tools[call.name] else ToolCall(name=call.name)
        for call in step.tools
        if call.name in request.tools
    )
    stop = "end_turn" if not calls and step.stop_reason == "tool_use" else step.stop_reason
    return step.model_copy(update={"tools": calls, "stop_reason": stop})


def _words_without(step: Step) -> str | None:
    """What is said in place of an ending, or of a last warning, by whom cannot end; None for any other step."""
    ending = next((call for call in step.tools if call.name == END), None)
    if ending is None and not _calls(step, WARN, "final_warning"):
        return None
    if step.unable is not None:
        return step.unable
    if ending is None:
        return _ONCE_MORE
    return _YOURS_TO_LEAVE if ending.input.get("trigger") == "user_request" else _GOES_ON
