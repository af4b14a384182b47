"""False endings set by set: what was seen, and up to what is still possible. The bound is one-sided, as is the bar."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from ..false_endings import FalseEndings, SetRate
from ..finding import finding_of_sets
from ..rate import percent, percent_up
from .chart import canvas, drawn, told
from .ink import ENDED, SPAN, TRACK, level_text, note, say, share_axis, short
from .rows import ROW


@drawn
def plot_false_endings(of: FalseEndings, ax: Axes | None = None) -> Axes:
    """A row a set: the mean over cases of the share that ended, and a bar from it to the most that may be true."""
    sets = list(of.values())
    ax = canvas(ROW * max(len(sets), 1), ax)
    ink = share_axis(ax, "x")
    ax.set_ylim(-0.5, max(len(sets), 1) - 0.5)
    ax.set_yticks([])
    for number, one in enumerate(sets, 1):
        _draw_set(ax, one, len(sets) - number, ink)
    if not sets:
        say(ax, 0.5, 0, "no data", ink, ha="center")
    else:
        lost = ";  dots: had every lost run ended" if any(one.lost for one in sets) else ""
        note(ax, f"bar: still possible at {level_text(sets[0].level)}{lost}", ink)
    return told(ax, finding_of_sets(of))


def _draw_set(ax: Axes, one: SetRate, y: float, ink: str) -> None:
    rate, seen, bar = one.rate, one.case_mean, y - 0.24
    ax.plot([0, 1], [bar, bar], color=ink, alpha=TRACK, linewidth=0.9)
    say(ax, 0, y + 0.17, short(f"{one.name}: {rate.k} of {rate.n} runs ended", 44), ink)
    if math.isnan(seen):
        say(ax, 1, y + 0.17, "no data", ink, ha="right")
        return
    mean = f"{percent(seen)} % a case, " if one.uneven else ""
    most, worst = one.upper_bound.value, one.worst_case.value
    say(ax, 1, y + 0.17, f"{mean}at most {percent_up(most)} %", ink, ha="right")
    if one.lost:
        ax.plot([most, worst], [bar, bar], color=ink, linewidth=1, linestyle=(0, (2, 2)))
    ax.plot([seen, most], [bar, bar], color=ENDED, alpha=SPAN, linewidth=6, solid_capstyle="butt")
    ax.plot([most], [bar], marker="|", color=ENDED, markersize=10, markeredgewidth=1.6, clip_on=False)
    ax.plot([seen], [bar], marker="o", color=ENDED, markersize=8.5, clip_on=False)
