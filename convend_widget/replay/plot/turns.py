"""Turning points: the share of runs that end, by the message from which the branch was run again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from ..difference import points
from ..finding import finding_of_turns, p_short
from .chart import BOTTOM, canvas, drawn, told
from .ink import BAND, ENDED, MARKED, OTHER, SMALL, beneath, level_text, note, say, share_axis

if TYPE_CHECKING:
    from ..turning import Point, TurningPoint

HEIGHT = 2.4  # inches
LEFT = 0.62
MOST_TICKS = 14


@drawn
def plot_turns(of: TurningPoint, ax: Axes | None = None) -> Axes:
    """A dot a turn with an interval; all intervals hold together. The turning point is named, or that there is none."""
    ax = canvas(HEIGHT, ax, left=LEFT, bottom=BOTTOM + 0.32 + MARKED * bool(of.marks))
    ink = share_axis(ax, "y")
    ax.set_ylim(-0.03, 1.16)
    if not of.points:
        ax.set_xticks([])
        say(ax, 0.5, 0.5, "no data", ink, ha="center", transform=ax.transAxes)
        return told(ax, finding_of_turns(of))
    ax.set_xlim(0.5, len(of.points) + 0.5)
    _ticks(ax, of, ink)
    turns = [p.turn for p in of.points]
    known = [(p.rate.value, p.rate.low, p.rate.high) if p.rate.n else (math.nan,) * 3 for p in of.points]
    values, lows, highs = zip(*known, strict=True)  # without data the band has a gap
    ax.fill_between(turns, lows, highs, color=OTHER, alpha=BAND, linewidth=0)
    ax.plot(turns, values, color=OTHER, linewidth=1.2, alpha=0.8)
    for point in of.points:
        _draw_point(ax, point, ink, found=point is of.found)
    _name(ax, of, ink)
    words = f"bars: {level_text(of.level)} intervals that hold together{beneath(of.marks)}"
    note(ax, words, ink, lines=2.1, left=LEFT - 0.1)
    return told(ax, finding_of_turns(of))


def _draw_point(ax: Axes, point: Point, ink: str, *, found: bool) -> None:
    if not point.rate.n:
        say(ax, point.turn, 0.5, "no data", ink, rotation=90, ha="center", fontsize=SMALL)
        return
    color = ENDED if found else OTHER
    ax.plot([point.turn] * 2, [point.rate.low, point.rate.high], color=color, linewidth=2, marker="_", markersize=9)
    ax.plot([point.turn], [point.rate.value], marker="D" if found else "o", markersize=9 if found else 7.5, color=color)


def _name(ax: Axes, of: TurningPoint, ink: str) -> None:
    found = of.found
    if found is None or found.jump is None:
        why = "" if of.why_none.startswith("no single step") else f": {of.why_none}"
        say(ax, (1 + len(of.points)) / 2, 1.11, f"no turning point found{why}", ink, ha="center")
        return
    ax.plot([found.turn - 0.5] * 2, [0, 1.02], color=ENDED, linewidth=1.2, linestyle=(0, (3, 3)))
    words = f"turn {found.turn}:  {points(found.jump.value)},  {p_short(found.jump.p_adjusted or 0)} corrected"
    side = "right" if found.turn > len(of.points) / 2 else "left"
    say(ax, found.turn + (0.45 if side == "right" else -0.45), 1.11, words, ink, ha=side)


def _ticks(ax: Axes, of: TurningPoint, ink: str) -> None:
    every = math.ceil(len(of.points) / MOST_TICKS)
    shown = [p for p in of.points if (p.turn - 1) % every == 0]
    ax.set_xticks([p.turn for p in shown], [f"{p.turn}\n{p.rate.k}/{p.rate.n}" for p in shown])
    ax.tick_params(axis="x", labelcolor=ink, pad=6)
    for text, line in (("turn", 0), ("ended", 1)):
        ax.annotate(
            text,
            (0, 0),
            xycoords="axes fraction",
            xytext=(-6, -6 - line * SMALL * 1.2),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=SMALL,
            color=ink,
        )
