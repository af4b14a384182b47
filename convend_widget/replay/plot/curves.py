"""When runs end: stairs, since a run can only end at a reply. What is left open, what has ended, what was refused."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from ..finding import finding
from ..survival import Survival
from .chart import BOTTOM, canvas, drawn, told
from .ink import BAND, ENDED, LINE, MARKED, OTHER, SMALL, beneath, inches, level_text, note, say, share_axis, spread

HEIGHT = 2.5  # inches
LEFT, RIGHT = 0.62, 1.42  # inches: the names of the curves stand on the right
MOST_TICKS = 9
REST = 0.6  # replies


class Curve(NamedTuple):
    """One staircase: where it begins, and after each reply its value with an interval."""

    name: str
    start: float
    steps: list[tuple[float, float, float]]
    color: str
    line: Any


@drawn
def plot_survival(of: Survival, ax: Axes | None = None) -> Axes:
    """Kaplan and Meier's curve, and the incidence of endings, and of refusals where there were some."""
    room = 0.0 if ax is None else 0.45  # for the names, in axes that were given
    ax = canvas(HEIGHT, ax, left=LEFT, right=RIGHT, bottom=BOTTOM + 0.32 + MARKED * bool(of.marks))
    ink = share_axis(ax, "y")
    if not of.moments:
        ax.set_xticks([])
        say(ax, 0.5, 0.5, "no data", ink, ha="center", transform=ax.transAxes)
        return told(ax, finding(of))
    last = of.moments[-1].reply + REST
    ax.set_xlim(0, last * (1 + room))
    _ticks(ax, of, ink)
    curves = _curves(of, ink)
    for curve in curves:
        _stairs(ax, curve)
    ends = [curve.steps[-1][0] for curve in curves]
    apart = LINE * SMALL / 72 / inches(ax)[1]
    for curve, end, y in zip(curves, ends, spread(ends, apart, 0.02, 0.98), strict=True):
        say(ax, last, y, f"  {100 * end:.0f} %  {curve.name}", ink, fontsize=SMALL)
    words = f"bands: {level_text(of.level)} intervals;  still open: if only endings stopped runs{beneath(of.marks)}"
    note(ax, words, ink, lines=2.1, left=LEFT - 0.1)
    return told(ax, finding(of))


def _curves(of: Survival, ink: str) -> list[Curve]:
    z = NormalDist().inv_cdf((1 + of.level) / 2)
    ended = [incidence(m.ended, m.ended_se, z) for m in of.moments]
    refused = [incidence(m.refused, m.refused_se, z) for m in of.moments]
    found = [
        Curve("still open", 1.0, [(m.open, m.low, m.high) for m in of.moments], OTHER, (0, (4, 2))),
        Curve("have ended", 0.0, ended, ENDED, "-"),
        Curve("were refused", 0.0, refused, ink, (0, (1, 1.4))),
    ]
    return found if any(m.refused for m in of.moments) else found[:2]


def incidence(share: float, error: float, z: float) -> tuple[float, float, float]:
    """A share with its interval on the scale of log(-log), which stays within 0 and 1; none where nothing is known."""
    if not 0 < share < 1 or math.isnan(error):
        return share, math.nan, math.nan
    wide = math.exp(z * error / (share * abs(math.log(share))))
    return share, share**wide, share ** (1 / wide)


def _stairs(ax: Axes, curve: Curve) -> None:
    """From reply 0 on; each value holds until the next reply, and the last one for a while, so that it is seen."""
    replies = [*range(len(curve.steps) + 1), len(curve.steps) + REST]
    values, lows, highs = ([curve.start, *column, column[-1]] for column in zip(*curve.steps, strict=True))
    ax.fill_between(replies, lows, highs, step="post", color=curve.color, alpha=BAND, linewidth=0)
    ax.step(replies, values, where="post", color=curve.color, linewidth=2.2, linestyle=curve.line, clip_on=False)


def _ticks(ax: Axes, of: Survival, ink: str) -> None:
    """Each reply, and below it how many runs were open until then."""
    every = math.ceil(len(of.moments) / MOST_TICKS)
    shown = [m for m in of.moments if m.reply % every == 0 or len(of.moments) < MOST_TICKS]
    ax.set_xticks([m.reply for m in shown], [f"{m.reply}\n{m.at_risk}" for m in shown])
    ax.tick_params(axis="x", labelcolor=ink, pad=6)
    low = ax.get_xaxis_transform()
    for text, line in (("reply", 0), ("runs", 1)):
        ax.annotate(
            text,
            (0, 0),
            xycoords=low,
            xytext=(-6, -6 - line * SMALL * 1.2),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=SMALL,
            color=ink,
        )
