"""Shares as rows over one axis from 0 to 100 %: a dot, the bar of its interval, and above it what it counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from matplotlib.axes import Axes

from ..finding import counted, finding
from ..outcomes import Outcomes
from ..prompts import Pooled
from ..rate import Rate, percent
from .chart import BOTTOM, LEFT, canvas, drawn, told
from .ink import ENDED, NORMAL, OTHER, SMALL, SPAN, TRACK, inches, level_text, note, say, share_axis, short

ROW = 0.52  # inches
MOST_NAMED = 30  # rows above which they are drawn without words


@dataclass(frozen=True, slots=True)
class Row:
    """One share: ``label`` says of what; ``mark`` is the sign of its value. Without data ``value`` is NaN."""

    label: str
    value: float
    low: float
    high: float
    mark: str = "o"
    color: str = ENDED
    words: str = ""  # instead of the numbers


def row_of(label: str, rate: Rate, **how: str) -> Row:
    """The row of a rate."""
    return Row(label, rate.value, rate.low, rate.high, **how)


def draw_row(ax: Axes, row: Row, y: float, ink: str) -> None:
    """A row that stands at y, of height 1: words above, the bar below."""
    bar = y - 0.24
    ax.plot([0, 1], [bar, bar], color=ink, alpha=TRACK, linewidth=0.9)
    say(ax, 0, y + 0.17, short(row.label, 44), ink)
    if row.words or math.isnan(row.value):
        say(ax, 1, y + 0.17, row.words or "no data", ink, ha="right")
        return
    say(ax, 1, y + 0.17, numbers(row), ink, ha="right")
    draw_bar(ax, row, bar)


def draw_bar(ax: Axes, row: Row, y: float, width: float = 6) -> None:
    """The interval and the value in it."""
    ax.plot([row.low, row.high], [y, y], color=row.color, alpha=SPAN, linewidth=width, solid_capstyle="butt")
    for end in (row.low, row.high):
        ax.plot([end], [y], marker="|", color=row.color, markersize=width + 4, markeredgewidth=1.6, clip_on=False)
    if not math.isnan(row.value):
        ax.plot([row.value], [y], marker=row.mark, color=row.color, markersize=width + 2.5, clip_on=False)


def numbers(row: Row) -> str:
    """``15.0 %  (5.2 to 36.0)``."""
    return f"{percent(row.value)} %  ({percent(row.low)} to {percent(row.high)})"


@drawn
def plot_rate(rate: Rate, ax: Axes | None = None) -> Axes:
    """One rate."""
    ax = canvas(ROW, ax)
    ink = _over(ax, 1)
    draw_row(ax, row_of(f"{rate.k} of {rate.n} {rate.of}", rate), 0, ink)
    note(ax, _bars(rate), ink)
    return told(ax, finding(rate))


@drawn
def plot_outcomes(outcomes: Outcomes, ax: Axes | None = None, *, marks: Sequence[str] = ()) -> Axes:
    """The end rate, what lost runs could change, and all outcomes. ``marks``: what else must be said of the runs."""
    rate, bounds = outcomes.rate(), outcomes.bounds()
    rows = [row_of(f"{rate.k} of {rate.n} {rate.of} ended", rate)]
    height = len(rows) + bool(bounds.lost) + bool(outcomes.started) * 1.35
    ax = canvas(ROW * height, ax)
    ink = _over(ax, height)
    y = height - 1
    draw_row(ax, rows[0], y, ink)
    if bounds.lost:
        y -= 1
        _draw_bounds(ax, outcomes, y, ink)
    if outcomes.started:
        _draw_strip(ax, outcomes, y - 1, ink)
    said = [_bars(rate), *marks]
    note(ax, ";  ".join(said), ink)
    return told(ax, " ".join([finding(outcomes), *(f"{mark[0].upper()}{mark[1:]}." for mark in marks)]))


def _bars(rate: Rate) -> str:
    return f"bar: {level_text(rate.level)} interval" if rate.n else ""


@drawn
def plot_pooled(pooled: Pooled, ax: Axes | None = None) -> Axes:
    """The rate over all prompts where there is one, and that of each prompt."""
    words = "" if not math.isnan(pooled.value) else "too few for one rate"
    top = Row(f"all {counted(len(pooled.rates), 'prompt')}", pooled.value, pooled.low, pooled.high, "D", words=words)
    each = [row_of(name, rate, color=OTHER, words=f"{rate.k}/{rate.n}") for name, rate in pooled.rates.items()]
    ax = list_canvas(len(each), ax)
    ink = share_axis(ax, "x")
    draw_list(ax, top, words or numbers(top), each, ink)
    note(ax, f"bars: {level_text(pooled.level)} intervals, each by itself", ink, left=NAMES - LEFT)
    return told(ax, finding(pooled))


LINE, THIN = 0.25, 0.08  # inches: rows of a list, and rows of one that is too long to name them
NAMES, COUNTS = 2.0, 0.62  # inches beside them


def list_canvas(rows: int, ax: Axes | None, *, below: float = 0) -> Axes:
    """Axes for one row that counts, and a list of rows below it. ``below``: inches for more than a line of note."""
    return canvas(
        0.6 + rows * (LINE if rows <= MOST_NAMED else THIN), ax, left=NAMES, right=COUNTS, bottom=BOTTOM + below
    )


def draw_list(ax: Axes, top: Row, numbers: str, rows: Sequence[Row], ink: str) -> None:
    """The row that counts, in words over the whole width, and a line for each of the others."""
    line = LINE if len(rows) <= MOST_NAMED else THIN
    ax.set_ylim(-0.02, 0.6 + len(rows) * line)
    ax.set_yticks([])
    y = len(rows) * line
    beside: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "va": "center",
        "color": ink,
    }
    beside |= {"annotation_clip": False, "parse_math": False}
    ax.annotate(top.label, (0, y + 0.46), xytext=(-72 * NAMES + 16, 0), ha="left", fontsize=NORMAL, **beside)
    ax.annotate(numbers, (1, y + 0.46), xytext=(72 * COUNTS - 16, 0), ha="right", fontsize=NORMAL, **beside)
    if not math.isnan(top.value):
        draw_bar(ax, top, y + 0.2)
    for number, row in enumerate(rows, 1):
        at = y - (number - 0.5) * line
        if not math.isnan(row.value):
            draw_bar(ax, row, at, 4 if line == LINE else 1)
        if line == LINE:
            ax.annotate(short(row.label, 24), (0, at), xytext=(-8, 0), ha="right", fontsize=SMALL, **beside)
            words = "no data" if math.isnan(row.value) else row.words
            ax.annotate(words, (1, at), xytext=(72 * COUNTS - 16, 0), ha="right", fontsize=SMALL, **beside)


def _over(ax: Axes, height: float) -> str:
    """The axis that rows stand over. Returns the ink."""
    ink = share_axis(ax, "x")
    ax.set_ylim(-0.5, height - 0.5)
    ax.set_yticks([])
    return ink


def _draw_bounds(ax: Axes, outcomes: Outcomes, y: float, ink: str) -> None:
    """From the share if no lost run had ended to that if every one had: a bracket, since no value in it is likelier."""
    bounds, bar = outcomes.bounds(), y - 0.24
    say(ax, 0, y + 0.17, short(f"if the {bounds.lost} without a result had not, or had", 44), ink)
    say(ax, 1, y + 0.17, f"{percent(bounds.low.value)} to {percent(bounds.high.value)} %", ink, ha="right")
    ax.plot([0, 1], [bar, bar], color=ink, alpha=TRACK, linewidth=0.9)
    ax.plot([bounds.low.low, bounds.high.high], [bar, bar], color=ink, linewidth=1, linestyle=(0, (2, 2)))
    ax.plot([bounds.low.value, bounds.high.value], [bar, bar], color=ink, linewidth=2.2)
    for end in (bounds.low.value, bounds.high.value):
        ax.plot([end], [bar], marker="|", color=ink, markersize=11, markeredgewidth=1.8, clip_on=False)


FILLS = {"ended": "", "not_ended": "", "refused": "////", "truncated": "....", "failed": "xxxx", "cancelled": "----"}


def _draw_strip(ax: Axes, outcomes: Outcomes, y: float, ink: str) -> None:
    """All started runs as one bar, parted by outcome; the names stand below their parts, or above where too narrow."""
    wide = inches(ax)[0] * 72
    loose = []
    start = 0.0
    for field in fields(outcomes):
        count = getattr(outcomes, field.name)
        if not count:
            continue
        share = count / outcomes.started
        ended = field.name == "ended"
        fill: dict[str, Any] = {
            "facecolor": ENDED if ended else "none",
            "hatch": FILLS[field.name],
            "edgecolor": ENDED if ended else ink,
        }
        ax.barh(y - 0.3, share, left=start, height=0.3, linewidth=1, **fill)
        words = f"{count} {field.name.replace('_', ' ')}"
        if share * wide > len(words) * SMALL * 0.62:
            say(ax, start + share / 2, y - 0.65, words, ink, fontsize=SMALL, ha="center")
        else:
            loose.append(words)
        start += share
    rest = f":  {', '.join(loose)}" if loose else ""
    say(ax, 0, y + 0.1, short(f"{counted(outcomes.started, 'run')} started{rest}", 60), ink)
