"""Results as small HTML tables: what a notebook shows beside the plain text. Pure: numbers in, markup out.

A notebook that is not trusted removes scripts, rules of style, and most attributes. What is left stays readable: a real
table with a caption and headers of rows and columns, words and numbers that take the colour of the notebook's text, and
bars of plain boxes. A bar only repeats the numbers beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..markup import escaped, isolated
from .difference import Difference
from .finding import counted, finding, finding_of_sets, finding_of_several, finding_of_turns, p_short
from .outcomes import Outcomes
from .prompts import PairedDifference, Pooled
from .rate import Rate, percent, percent_up
from .survival import Survival

if TYPE_CHECKING:
    from .estimate import Estimate
    from .false_endings import FalseEndings
    from .turning import TurningPoint

MOST_ROWS = 60
ENDED, OTHER = "213,94,0", "0,128,198"  # as in the charts (plot/ink.py)
SCALE = "0 to 100 %"
CLASS = "mathjax_ignore tex2jax_ignore"  # notebooks typeset whatever stands between dollars


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Cell = str | Html


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, below: Sequence[Cell] = ()) -> str:
    """A table whose first column names its rows; what is no ``Html`` is escaped. ``below``: lines under it."""
    left = "text-align:left"
    head = "".join(f'<th scope="col" style="{left if not i else ""}">{_html(h)}</th>' for i, h in enumerate(heads))
    body = "".join(_row(row) for row in rows[:MOST_ROWS])
    more = len(rows) - MOST_ROWS
    lines = [*below, *([f"and {counted(more, 'more row')}"] if more > 0 else [])]
    foot = "".join(f'<div style="margin:0 0 4px 8px;font-size:0.85em">{_html(line)}</div>' for line in lines)
    caption = f'<caption style="{left};caption-side:top;padding:4px 8px">{_html(caption)}</caption>'
    inner = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return (
        f'<div class="{CLASS}" style="overflow-x:auto"><table style="margin:4px 0">{inner}</table>{foot}</div>'
    ).replace(' style=""', "")


def _row(row: Sequence[Cell]) -> str:
    first = f'<th scope="row" style="text-align:left">{_html(row[0])}</th>'
    return f"<tr>{first}{''.join(f'<td>{_html(cell)}</td>' for cell in row[1:])}</tr>"


def _html(cell: Cell) -> str:
    return cell if isinstance(cell, Html) else escaped(cell)


def bar(low: float, value: float | None, high: float, *, color: str = ENDED, middle: bool = False) -> Cell:
    """The interval as a box over 0 to 1, with a stroke at the value; ``middle``: over -1 to 1, with one at nought."""
    if value is not None and math.isnan(value):
        return ""
    low, high = ((x + 1) / 2 if middle else x for x in (low, high))
    wide, box, inner = max(high - low, 0.004), "height:10px;box-sizing:border-box", ""
    if value is not None:
        stroke = min(max((((value + 1) / 2 if middle else value) - low) / wide, 0), 1)
        inner = f'<div style="{box};width:{100 * stroke:.1f}%;border-right:4px solid rgb({color})"></div>'
    outer = (
        f'<div style="{box};margin-left:{100 * low:.1f}%;width:{100 * wide:.1f}%;background-color:rgba({color},0.35);'
        f'border-left:1px solid rgb({color});border-right:1px solid rgb({color})">{inner}</div>'
    )
    nought = (
        f'<div style="{box};height:4px;width:50%;border-right:1px solid rgba(128,128,128,0.9)"></div>' if middle else ""
    )
    return Html(f'<div style="width:120px;border-bottom:1px solid rgba(128,128,128,0.6)">{nought}{outer}</div>')


def share(value: float) -> str:
    """A share in words: ``15.0 %``, or that there is none."""
    return "no data" if math.isnan(value) else f"{percent(value)} %"


def span(low: float, high: float, value: float = 0) -> str:
    """``5.2 to 36.0 %``; nothing without data."""
    return "" if math.isnan(value) else f"{percent(low)} to {percent(high)} %"


def points_span(one: Difference | PairedDifference) -> tuple[str, str]:
    """Value and interval in points."""
    if math.isnan(one.value):
        return "no data", ""
    return f"{100 * one.value:+.1f} points", f"{100 * one.low:+.1f} to {100 * one.high:+.1f}"


def _level(level: float) -> str:
    return f"{float(f'{100 * level:.4g}'):g} % interval"


def _rate_cells(rate: Rate, color: str = ENDED) -> list[Cell]:
    return [share(rate.value), span(rate.low, rate.high, rate.value), bar(rate.low, rate.value, rate.high, color=color)]


def rate_table(rate: Rate) -> str:
    """One rate."""
    row: list[Cell] = [f"{rate.k} of {rate.n} {rate.of}", *_rate_cells(rate)]
    return table(finding(rate), ["counted", "share", _level(rate.level), SCALE], [row])


def outcomes_table(outcomes: Outcomes, *, below: Sequence[str] = ()) -> str:
    """The end rate, what lost runs could change, and the count of each outcome."""
    rate, bounds = outcomes.rate(), outcomes.bounds()
    rows: list[list[Cell]] = [["ended", f"{rate.k} of {rate.n} {rate.of}", *_rate_cells(rate)]]
    if bounds.lost:
        worst = f"{percent(bounds.low.value)} to {percent(bounds.high.value)} %"
        box = bar(bounds.low.value, None, bounds.high.value, color="128,128,128")
        rows.append([f"ended, whatever the {bounds.lost} lost were", f"of {bounds.low.n} started", worst, "", box])
    for name in ("not_ended", "refused", "truncated", "failed", "cancelled"):
        if getattr(outcomes, name):
            rows.append([name.replace("_", " "), str(getattr(outcomes, name)), "", "", ""])
    return table(finding(outcomes), ["outcome", "runs", "rate", _level(rate.level), SCALE], rows, below=below)


def differences_table(of: Sequence[Difference], caption: str = "") -> str:
    """Rates, and how far each is from the first."""
    rates = [of[0].a, *(one.b for one in of)] if of else []
    rows: list[list[Cell]] = [
        [str(number), f"{rate.k} of {rate.n} {rate.of}", *_rate_cells(rate, OTHER), ""]
        for number, rate in enumerate(rates, 1)
    ]
    for number, one in enumerate(of, 2):
        p = one.p if one.p_adjusted is None else one.p_adjusted
        chance = "" if math.isnan(p) else p_short(p) + ("" if one.p_adjusted is None else " corrected")
        box = bar(one.low, one.value, one.high, middle=True)
        rows.append([f"{number} − 1", "−100 to +100 points", *points_span(one), box, chance])
    heads = ["arm", "counted", "share", _level(of[0].level if of else 0.95), SCALE, "chance"]
    return table(caption or finding_of_several(of), heads, rows)


def paired_table(of: PairedDifference) -> str:
    """The mean of the prompts' differences, and each of them."""
    heads = ["prompt", "first", "second", "difference", "interval", "−100 to +100 points"]
    few = math.isnan(of.value)
    told = ("too few for one number", "") if few else points_span(of)
    mean: list[Cell] = ["mean", "", "", *told, "" if few else bar(of.low, of.value, of.high, middle=True)]
    rows: list[list[Cell]] = [mean]
    for name, one in of.by_prompt.items():
        box = bar(one.low, one.value, one.high, color=OTHER, middle=True)
        rows.append([_name(name), _of(one.a), _of(one.b), *points_span(one), box])
    return table(finding(of), heads, rows, below=[of.how])


def pooled_table(of: Pooled) -> str:
    """The rate over all prompts, and that of each."""
    few = math.isnan(of.value)
    counts = f"{sum(rate.k for rate in of.rates.values())} of {sum(rate.n for rate in of.rates.values())}"
    told: list[Cell] = ["too few for one rate", "", ""] if few else [share(of.value), span(of.low, of.high)]
    rows: list[list[Cell]] = [["all", counts, *told, *([] if few else [bar(of.low, of.value, of.high)])]]
    rows += [[_name(name), _of(rate), *_rate_cells(rate, OTHER)] for name, rate in of.rates.items()]
    return table(finding(of), ["prompt", "runs", "share", _level(of.level), SCALE], rows)


def survival_table(of: Survival) -> str:
    """A row a reply: runs at risk, still open if only endings stopped them, have ended, were refused."""
    heads = ["reply", "runs", "still open", _level(of.level), "have ended", "were refused"]
    rows: list[list[Cell]] = [
        [str(m.reply), str(m.at_risk), share(m.open), _known(m.low, m.high), share(m.ended), share(m.refused)]
        for m in of.moments
    ]
    left = [f"{counted(of.left_out, 'run')} cut before the first reply"] if of.left_out else []
    return table(finding(of), heads, rows, below=left)


def turns_table(of: TurningPoint) -> str:
    """A row a turn; the turning point says so."""
    heads = ["turn", "ended", "share", f"{_level(of.level)}, together", SCALE, "rise", "chance"]
    rows: list[list[Cell]] = []
    for point in of.points:
        found, jump = point is of.found, point.jump
        name: Cell = Html(f"<strong>{point.turn}, the turning point</strong>") if found else str(point.turn)
        rise = "" if jump is None or math.isnan(jump.value) else f"{100 * jump.value:+.1f} points"
        chance = "" if not rise or jump is None else f"{p_short(jump.p_adjusted or 0)} corrected"
        rows.append([name, _of(point.rate), *_rate_cells(point.rate, ENDED if found else OTHER), rise, chance])
    return table(finding_of_turns(of), heads, rows)


def false_endings_table(of: FalseEndings, *, below: Sequence[Cell] = ()) -> str:
    """A row a set: what was seen, and up to what is still possible."""
    level = next((one.level for one in of.values()), 0.95)
    still = f"still possible, at {100 * level:g} %"
    heads = ["set", "ended", "share", still, SCALE, "tried and held back", "refused or truncated", "lost"]
    rows: list[list[Cell]] = []
    for name, one in of.items():
        most, came = one.upper_bound.value, one.outcomes
        counts = [str(n or "") for n in (one.tried, came.refused + came.truncated, one.lost)]
        seen = share(one.case_mean) + (", mean of cases" if one.uneven else "")
        box = bar(0, one.case_mean, most)
        rows.append([_name(name), _of(one.rate), seen, f"up to {percent_up(most)} %", box, *counts])
    return table(finding_of_sets(of), heads, rows, below=below)


def estimate_table(of: Estimate) -> str:
    """What a study uses at most."""
    first = f"{of.prompt:,} tokens{'' if of.counted else ', guessed'}"
    one, most = of.amounts()
    rows = [
        ("runs", str(of.runs), ""),
        ("replies of a run, at most", str(of.replies), ""),
        ("input of the first call", first, ""),
        ("tokens, at most", f"{one[0]:,}", f"{most[0]:,}"),
        ("cost, at most", str(one[1]), str(most[1])),
    ]
    caption = "What the study would use at most; a warning makes a reply of two calls. Most use a small part of it."
    return table(caption, ["", "if a reply is one call", f"if it is {of.steps} calls"], rows)


def facts_line(facts: Mapping[str, object]) -> Html:
    """``model rehearsal-1 · policy last_resort``: names from outside stay on their side of a sentence."""
    return Html(" · ".join(f"{escaped(name)} {isolated(str(value))}" for name, value in facts.items()))


def _name(name: str) -> Html:
    return Html(isolated(name if len(name) <= 80 else f"{name[:79]}…"))


def _of(rate: Rate) -> str:
    return f"{rate.k} of {rate.n}"


def _known(low: float, high: float) -> str:
    if math.isnan(high):
        return ""
    return f"{'?' if math.isnan(low) else percent(low)} to {percent(high)} %"
