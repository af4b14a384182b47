"""What a result says, in one sentence: the text beside a picture, and instead of it. Pure: numbers in, words out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import singledispatch
from typing import TYPE_CHECKING

from .difference import Difference, interval_of, points
from .marks import sentences
from .outcomes import Outcomes
from .prompts import FEWEST, PairedDifference, Pooled, without_data
from .rate import Rate, interval_text, percent, percent_up
from .survival import Survival

if TYPE_CHECKING:
    from .false_endings import FalseEndings, SetRate
    from .turning import TurningPoint


@singledispatch
def finding(of: object) -> str:
    """One sentence that says what a result is, its interval and its denominator."""
    raise TypeError(f"A {type(of).__name__} is no result.")


@finding.register
def _(of: Rate) -> str:
    if not of.n:
        return f"No data: 0 {of.of}."
    return f"{of.k} of {of.n} {of.of}: {percent(of.value)} %, {interval_text(of.low, of.high, of.level)}."


@finding.register
def _(of: Outcomes) -> str:
    rate, bounds = of.rate(), of.bounds()
    if not rate.n:
        lost = f": none of {counted(of.started, 'run')} came to a result" if of.started else ": no run is over"
        return f"No data{lost}."
    share = f"{percent(rate.value)} %, {interval_text(rate.low, rate.high, rate.level)}"
    told = f"{rate.k} of {rate.n} {rate.of} ended: {share}."
    if not bounds.lost:
        return told
    span = f"{percent(bounds.low.value)} to {percent(bounds.high.value)} %"
    lost = f"{bounds.lost} of {bounds.low.n} failed or were cancelled"
    return f"{told} {lost}: whatever they would have been, {span} of all ended."


@finding.register
def _(of: Difference) -> str:
    return _apart(of) + sentences(of.marks)


def _apart(of: Difference) -> str:
    if math.isnan(of.value):
        return "No data in one of the two, so no difference."
    arms = f"{percent(of.b.value)} % against {percent(of.a.value)} %"
    return f"{arms}: {points(of.value)}, {interval_of(of)}, {p_text(of)}."


def finding_of_several(differences: Sequence[Difference]) -> str:
    """Of several comparisons with the same first arm."""
    if not differences:
        return "No comparisons."
    told = "; ".join(f"{number}: {_apart(one).rstrip('.')}" for number, one in enumerate(differences, 2))
    return f"Compared with the first. {told}.{sentences(differences[0].marks)}"


@finding.register
def _(of: PairedDifference) -> str:
    prompts = counted(len(of.by_prompt), "prompt")
    out = without_data(of.left_out, len(of.by_prompt), " {}.") + sentences(of.marks)
    if math.isnan(of.value):
        return f"{prompts}: {of.how}, so each stands for itself.{out}"
    interval = interval_text(of.low, of.high, of.level, lambda share: f"{100 * share:+.1f}")
    return f"{prompts}: {points(of.value)} on average, {interval}, {p_short(of.p)}.{out}"


@finding.register
def _(of: Pooled) -> str:
    prompts, out = counted(len(of.rates), "prompt"), without_data(of.left_out, len(of.rates), " {}.")
    if math.isnan(of.value):
        return f"{prompts}: too few for one rate (at least {FEWEST}), so each stands for itself.{out}"
    runs = sum(rate.n for rate in of.rates.values())
    shown = f"{percent(of.value)} %, {interval_text(of.low, of.high, of.level)}"
    return f"{runs} runs of {prompts}, worth {of.n_effective:.1f} independent ones: {shown}.{out}"


@finding.register
def _(of: Survival) -> str:
    if not of.moments:
        return f"No data: no run was watched through a reply.{sentences(of.marks)}"
    last = of.moments[-1]
    # No share of the n runs: those that were cut before count as far as they were watched.
    told = f"Estimated from {counted(of.n, 'run')}: {percent(last.ended)} % have ended by reply {last.reply}"
    told += f" and {percent(last.refused)} % were refused" if last.refused else ""
    if of.median is None:
        return f"{told}; endings alone would leave more than half open.{sentences(of.marks)}"
    return f"{told}; endings alone would leave at most half open from reply {of.median} on.{sentences(of.marks)}"


def finding_of_turns(of: TurningPoint) -> str:
    """Of a search for the turning point."""
    return _turned(of) + sentences(of.marks)


def _turned(of: TurningPoint) -> str:
    found = of.found
    if found is None or found.jump is None:
        told = f"No turning point found among {counted(len(of.points), 'turn')}: {of.why_none}"
        whole = of.whole
        if whole is None or whole.value < 0:
            return f"{told}."
        span = f"{percent(whole.a.value)} % to {percent(whole.b.value)} %"
        return f"{told}. From the first to the last the share rises from {span}, {p_text(whole)}."
    before, after = percent(found.jump.a.value), percent(found.rate.value)
    return (
        f"The turning point is turn {found.turn} of {len(of.points)}: the share of runs that end rises "
        f"from {before} % to {after} %, {p_text(found.jump)}."
    )


def finding_of_sets(of: FalseEndings) -> str:
    """Of the false endings of an audit."""
    told = [f"{one.name}, {_at_most(one)}" for one in of.values()]
    return f"False endings: {'; '.join(told)}." if told else "No data: no sets."


def _at_most(one: SetRate) -> str:
    if not one.rate.n:
        return "no data"
    mean = f", {percent(one.case_mean)} % a case on average" if one.uneven else ""
    return f"{one.rate.k} of {one.rate.n} runs{mean}, at most {percent_up(one.upper_bound.value)} %"


def p_text(of: Difference) -> str:
    """``p = 0.03``, and whether it is corrected."""
    return p_short(of.p) if of.p_adjusted is None else f"{p_short(of.p_adjusted)} corrected"


def p_short(p: float) -> str:
    """``p = 0.03``, or ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 run``, ``2 runs``; or ``1 reply``, ``2 replies``."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
