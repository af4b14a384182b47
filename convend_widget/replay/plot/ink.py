"""Ink, type and axes that all charts share.

No chart knows the theme that it will be seen in. ``INK`` therefore has a contrast of 4.5:1 on white and 4.1:1 on the
near-black of dark themes (no grey reaches 4.5:1 on both), and where a notebook can show SVG, it takes the colour of the
notebook's own text instead (``chart.py``). ``ENDED`` and ``OTHER`` have 3:1 on both and are told apart in greyscale by
shape, line and words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure, SubFigure

INK = "#767676"
LIGHT_INK, DARK_INK = "#e8e8e8", "#333333"  # in a figure of somebody's own, which has a ground
ENDED = "#d55e00"  # vermilion and blue of Okabe and Ito, whom colour blindness does not confuse
OTHER = "#0080c6"
TRACK, BAND, SPAN = 0.16, 0.2, 0.42  # how opaque: lines of the axis, bands, the bars of intervals
SMALL, NORMAL = 9.0, 10.0  # points
LINE = 1.35  # from line to line, in letters

PARTS = (0, 0.25, 0.5, 0.75, 1)


def ink_on(ax: Axes) -> str:
    """The colour for words and lines on the ground of these axes."""
    for ground in (ax.get_facecolor(), _figure_of(ax).get_facecolor()):
        red, green, blue, opaque = to_rgba(ground)
        if opaque > 0.5:
            return LIGHT_INK if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else DARK_INK
    return INK


def _figure_of(ax: Axes) -> Figure | SubFigure:
    figure = ax.get_figure()
    assert figure is not None, "axes that are drawn on stand in a figure"
    return figure


def share_axis(ax: Axes, axis: str, *, low: float = 0, high: float = 1) -> str:
    """An axis from 0 to 100 %, its lines faint, no box around. Returns the ink."""
    ink = ink_on(ax)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0, labelsize=SMALL, colors=ink, labelcolor=ink)
    ticks: dict[str, Any] = {"ticks": PARTS, "labels": [f"{100 * part:.0f} %" for part in PARTS]}
    (ax.set_xticks if axis == "x" else ax.set_yticks)(**ticks)
    (ax.set_xlim if axis == "x" else ax.set_ylim)(min(low, 0) - 0.012, max(high, 1) + 0.012)
    ax.grid(visible=True, axis="x" if axis == "x" else "y", color=ink, alpha=TRACK, linewidth=0.9)
    ax.set_axisbelow(True)
    return ink


def say(ax: Axes, x: float, y: float, text: str, ink: str, **more: Any) -> Any:
    """Words on the chart, never read as formulas: they may come from outside."""
    settings: dict[str, Any] = {"color": ink, "fontsize": NORMAL, "parse_math": False, "va": "center"}
    return ax.text(x, y, text, **{**settings, **more})


def short(text: str, most: int) -> str:
    """The text on one line of at most so many characters, and none that the font cannot be asked for."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


MARKED = 0.17  # inches that a line of marks needs below


def beneath(marks: Sequence[str]) -> str:
    """What must be said of the runs, as a line below a note."""
    return "\n" + ";  ".join(marks) if marks else ""


def note(ax: Axes, text: str, ink: str, *, lines: float = 1, left: float = 0) -> None:
    """A line of small type below the axis, so many lines down: what bars and bands are."""
    ax.annotate(
        text,
        (0, 0),
        xycoords="axes fraction",
        xytext=(-72 * left, -7 - lines * LINE * SMALL),
        textcoords="offset points",
        annotation_clip=False,
        parse_math=False,
        fontsize=SMALL,
        color=ink,
        va="top",
    )


def level_text(level: float) -> str:
    """``95 %``."""
    return f"{float(f'{100 * level:.4g}'):g} %"


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes."""
    figure, box = _figure_of(ax), ax.get_position()
    return box.width * figure.bbox.width / figure.dpi, box.height * figure.bbox.height / figure.dpi


def spread(places: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Places for labels near those wanted, in their order, at least so far apart, within bounds where they fit."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    found = [0.0] * len(places)
    below = low - least
    for i in order:
        below = found[i] = max(places[i], below + least)
    above = high + least
    for i in reversed(order):
        above = found[i] = min(found[i], above - least)
    return found
