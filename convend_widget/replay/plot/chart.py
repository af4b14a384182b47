"""A figure of its own for each chart, made without pyplot: nothing is left behind in it, and no display is needed.

In a notebook a chart shows once: as the value of its cell, by ``display``, or else when the cell is over, as charts of
pyplot do. It shows as SVG in the colour of the notebook's text, named by one sentence for whoever does not see it. An
untrusted notebook removes the SVG and the rule that hides the PNG beside it, and shows that.
"""

from __future__ import annotations

import base64
import io
import re
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...markup import escaped
from .ink import INK

WIDTH = 4.8  # inches
LETTER = 10.2  # points that are shown as one em: charts grow with the notebook's type, as in its presentation mode
LEFT, RIGHT, TOP, BOTTOM = 0.22, 0.22, 0.1, 0.46  # inches around the axes
SHARP = 144  # dots an inch of the PNG
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "hatch.linewidth": 0.8,
    "svg.fonttype": "path",
    "svg.hashsalt": "convend",
    "svg.id": None,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "path.simplify": True,
}
HIDE = "<style>.convend-chart>svg+img{display:none!important}</style>"


class Chart(Axes):
    """Matplotlib's ``Axes``, which a notebook shows; ``alt`` is what there is to see, in a sentence."""

    name = "convend"
    alt = ""
    shown = False

    def __repr__(self) -> str:
        return f"Chart({self.alt})"

    __str__ = __repr__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        self.shown = True
        png = _saved(self, "png", dpi=SHARP)
        return {
            "text/plain": repr(self),
            "text/html": _page(_saved(self, "svg").decode(), png, self.alt),
            "image/png": base64.b64encode(png).decode(),
        }


_OURS: Any = {name: value for name, value in mpl.rcParamsDefault.items() if "backend" not in name} | STYLE
Drawing = TypeVar("Drawing", bound=Callable[..., Axes])


def drawn(draw: Drawing) -> Drawing:
    """A function that draws ``(what, ax)``: in our style, or in axes of somebody's own in theirs.

    Only TeX is never asked: names come from outside, and to TeX they would be a program.
    """

    @wraps(draw)
    def plot(of: Any, ax: Axes | None = None, **how: Any) -> Axes:
        with mpl.rc_context({"text.usetex": False} if ax is not None else _OURS):
            return draw(of, ax, **how)

    return plot  # type: ignore[return-value]  # it is called as the other one


def canvas(height: float, ax: Axes | None, *, left: float = LEFT, right: float = RIGHT, bottom: float = BOTTOM) -> Axes:
    """The axes that were given, or those of a new figure with axes of this height; lengths in inches."""
    if ax is not None:
        return ax
    whole = height + TOP + bottom
    figure = Figure(figsize=(WIDTH, whole), facecolor="none")
    place = (left / WIDTH, bottom / whole, 1 - (left + right) / WIDTH, height / whole)
    chart = Chart(figure, place, facecolor="none")
    figure.add_axes(chart)
    _show_later(chart)
    return chart


def told(ax: Axes, alt: str) -> Axes:
    """The axes with the sentence that says what they show."""
    ax.alt = alt  # type: ignore[attr-defined]  # a place for it, also on axes of somebody's own
    return ax


def _saved(chart: Chart, kind: str, **how: Any) -> bytes:
    figure = chart.figure
    file = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name may be in any script; a box stands for its signs
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(file, format=kind, metadata=metadata, facecolor="none", **how)  # type: ignore[union-attr]
    return file.getvalue()


def _page(svg: str, png: bytes, alt: str) -> str:
    """The two pictures, of which one shows."""
    words, size = escaped(alt), re.search(r'viewBox="(0 0 ([\d.]+) [\d.]+)"', svg)
    assert size is not None, "matplotlib says how large its pictures are"
    shape = f"display:block;width:{float(size[2]) / LETTER:.4g}em;max-width:100%;height:auto"
    ink = "color:var(--jp-content-font-color1,currentColor);stroke-linejoin:round;stroke-linecap:butt"
    begin = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    begin += f' viewBox="{size[1]}" role="img" aria-label="{words}" style="{shape};{ink}">'
    image = f'<img alt="{words}" style="{shape}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
    return f'{HIDE}<div class="convend-chart">{begin}{_guest(svg)}{image}</div>'


def _guest(svg: str) -> str:
    """What is in the picture, as a guest in a page: no rules for all elements there, no names that another one has."""
    inner = svg[svg.index(">", svg.index("<svg")) + 1 :].strip()
    inner = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", inner, flags=re.S)
    inner = inner.replace(INK, "currentColor")
    mine = f"convend-{sha256(inner.encode()).hexdigest()[:10]}-"
    used = {*re.findall(r'(?:href="#|url\(#)([^")]+)', inner)}
    inner = re.sub(r' id="([^"]+)"', lambda found: f' id="{mine}{found[1]}"' if found[1] in used else "", inner)
    return re.sub(r'(href="#|url\(#)', rf"\1{mine}", inner)


def _show_later(chart: Chart) -> None:
    """Show the chart when the cell is over, unless it was shown by then. Outside of a notebook nothing happens."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or getattr(shell, "kernel", None) is None:
        return
    kept = [chart]

    def show() -> None:
        shell.events.unregister("post_execute", show)
        waiting = kept.pop()
        if not waiting.shown:
            shell.display_pub.publish(waiting._repr_mimebundle_())

    shell.events.register("post_execute", show)
