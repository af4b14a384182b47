"""Comparisons: the rates above, and below them how far they are apart, over an axis of points.

The two axes have one scale, and nought of the lower one stands below the first rate. So a dot below stands right below
the rate that it comes from, and what the eye takes for the distance is the distance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from ..difference import Difference, points
from ..finding import counted, finding, finding_of_several, p_short
from ..prompts import PairedDifference
from .chart import BOTTOM, LEFT, canvas, drawn, told
from .ink import ENDED, MARKED, OTHER, beneath, level_text, note, say, share_axis
from .rows import NAMES, ROW, Row, draw_bar, draw_list, draw_row, list_canvas, row_of

GAP = 0.62  # inches between the axes


@drawn
def plot_difference(of: Difference, ax: Axes | None = None) -> Axes:
    """Two rates and their difference."""
    return told(_aligned([of], ax), finding(of))


@drawn
def plot_differences(of: Sequence[Difference], ax: Axes | None = None) -> Axes:
    """Several rates, and how far each is from the first."""
    return told(_aligned(of, ax), finding_of_several(of))


def _aligned(of: Sequence[Difference], ax: Axes | None) -> Axes:
    rates, known = 1 + len(of), [d for d in of if not math.isnan(d.value)]
    upper, lower = ROW * rates, ROW * len(of)
    ax = canvas(upper, ax, bottom=BOTTOM + GAP + lower + MARKED * bool(known and of[0].marks))
    origin = of[0].a.value if known else 0.0
    low = min([0.0, *(origin + d.low for d in known)])
    high = max([1.0, *(origin + d.high for d in known)])
    ink = share_axis(ax, "x", low=low, high=high)
    ax.set_ylim(-0.5, rates - 0.5)
    ax.set_yticks([])
    for number, rate in enumerate([of[0].a, *(d.b for d in of)] if of else []):
        row = row_of(f"{number + 1}:  {rate.k} of {rate.n} {rate.of}", rate, mark="o" if number else "s", color=OTHER)
        draw_row(ax, row, rates - 1 - number, ink)
    below = ax.inset_axes((0, -(GAP + lower) / upper, 1, lower / upper), facecolor="none")
    _point_axis(below, ink, low=ax.get_xlim()[0] - origin, high=ax.get_xlim()[1] - origin, rows=len(of))
    for number, one in enumerate(of):
        _draw_difference(below, one, f"{number + 2} − 1", len(of) - 1 - number, ink)
    if known:
        joint = " that hold together;  p corrected" if len(of) > 1 else ""
        note(below, f"bars: {level_text(_together(of))} intervals{joint}{beneath(of[0].marks)}", ink)
    if known:
        ax.plot([origin, origin], [rates - 1.24, -0.5], color=ink, linewidth=0.9, alpha=0.5, linestyle=(0, (3, 3)))
    return ax


def _together(of: Sequence[Difference]) -> float:
    """The level at which the intervals hold: of several, together."""
    return float(of[0].level ** len(of))


@drawn
def plot_paired(of: PairedDifference, ax: Axes | None = None) -> Axes:
    """The mean of the prompts' differences where there is one, and the difference of each prompt."""
    few = math.isnan(of.value)
    top = Row(f"mean of {counted(len(of.by_prompt), 'prompt')}", of.value, of.low, of.high, "D", ENDED)
    rows = [
        Row(name, one.value, one.low, one.high, color=OTHER, words=f"{100 * one.value:+.0f}".replace("-", "−"))
        for name, one in of.by_prompt.items()
    ]
    ax = list_canvas(len(rows), ax, below=MARKED * bool(of.marks))
    ink = share_axis(ax, "x")
    bounds = [abs(bound) for row in (top, *rows) for bound in (row.low, row.high) if not math.isnan(row.value)]
    most = max([0.25, *bounds]) * 1.02
    _point_axis(ax, ink, low=-most, high=most, rows=1)
    words = "too few for one number" if few else _span(of.value, of.low, of.high)
    draw_list(ax, top, words, rows, ink)
    chance = "" if few else f"{p_short(of.p)};  "
    words = f"{chance}bars: {level_text(of.level)} intervals, of all prompts together{beneath(of.marks)}"
    note(ax, words, ink, left=NAMES - LEFT)
    return told(ax, finding(of))


def _point_axis(ax: Axes, ink: str, *, low: float, high: float, rows: float) -> None:
    share_axis(ax, "x")
    step = 0.25 if high - low > 0.6 else 0.1
    ticks = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    ax.set_xticks(ticks, [f"{100 * tick:+.0f}" if tick else "0" for tick in ticks])
    ax.tick_params(labelcolor=ink)
    ax.set_xlim(low, high)
    ax.set_ylim(-0.5, rows - 0.5)
    ax.set_yticks([])
    ax.axvline(0, color=ink, linewidth=1, linestyle=(0, (3, 3)))


def _draw_difference(ax: Axes, one: Difference, label: str, y: float, ink: str) -> None:
    low, high = ax.get_xlim()
    say(ax, low, y + 0.17, label, ink)
    if math.isnan(one.value):
        say(ax, high, y + 0.17, "no data", ink, ha="right")
        return
    say(
        ax,
        high,
        y + 0.17,
        f"{_span(one.value, one.low, one.high)}   {p_short(one.p if one.p_adjusted is None else one.p_adjusted)}",
        ink,
        ha="right",
    )
    draw_bar(ax, Row("", one.value, one.low, one.high, "D"), y - 0.24)


def _span(value: float, low: float, high: float) -> str:
    return f"{points(value)}  ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−")
