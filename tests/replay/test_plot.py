"""Charts: what they say, that they say it in every theme and to everybody, and that nothing is left behind."""

from __future__ import annotations

import base64
import math
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.replay.false_endings import FalseEndings, SetRate
from convend_widget.replay.finding import finding
from convend_widget.replay.outcomes import Outcomes
from convend_widget.replay.plot import ink
from convend_widget.replay.plot.chart import Chart
from convend_widget.replay.plot.curves import incidence
from convend_widget.replay.survival import Life, survival
from convend_widget.replay.turning import TurningPoint, turning_point_of
from tests.attacks import SHORT

from .rig import ended_chat

Rate = cw.Rate
LIVES = [*[Life(1, "ended")] * 4, *[Life(2, "ended")] * 10, *[Life(3, "refused")] * 4, *[Life(4, "open")] * 10]
RESULTS: dict[str, Any] = {
    "a rate": Rate(3, 20),
    "no data": Rate(0, 0),
    "none of n": Rate(0, 20),
    "all of n": Rate(20, 20),
    "outcomes": Outcomes(36, 12, 1, 0, 3, 1),
    "outcomes without a lost run": Outcomes(20, 30),
    "only lost runs": Outcomes(failed=4),
    "nothing yet": Outcomes(),
    "a difference": cw.compare(Rate(10, 50), Rate(40, 50)),
    "a difference below nought": cw.compare(Rate(1, 20), Rate(0, 20)),
    "a difference without data": cw.compare(Rate(1, 20), Rate(0, 0)),
    "several": cw.compare(Rate(10, 50), Rate(40, 50), Rate(0, 0), Rate(3, 50)),
    "few prompts": cw.pool({f"prompt {i}": Rate(i, 20) for i in range(5)}),
    "prompts": cw.pool({f"prompt {i}": Rate(i % 7, 20) for i in range(18)}),
    "no prompts": cw.pool({}),
    "many prompts": cw.pool({f"prompt {i}": Rate(i % 7, 20) for i in range(60)}),
    "few pairs": cw.compare({"a": Rate(1, 9), "b": Rate(0, 0)}, {"a": Rate(3, 9), "b": Rate(1, 2)}),
    "pairs": cw.compare(*({f"prompt {i}": Rate((i * k) % 7, 20) for i in range(16)} for k in (1, 2))),
    "survival": survival(LIVES),
    "no ending": survival([Life(2, "open")] * 3),
    "no life": survival([]),
    "a turning point": turning_point_of([(str(i), Rate(k, 20), None) for i, k in enumerate([0, 1, 4, 19])]),
    "no turning point": turning_point_of([(str(i), Rate(k, 20), None) for i, k in enumerate([0, 1, 0])]),
    "a turn without data": turning_point_of([(str(i), Rate(k, n), None) for i, (k, n) in enumerate([(0, 9), (0, 0)])]),
    "one turn": turning_point_of([("m", Rate(1, 9), None)]),
    "no turn": TurningPoint(()),
    "false endings": FalseEndings(
        benign=SetRate("benign", {f"case {i}": Outcomes(not_ended=1) for i in range(20)}),
        heated=SetRate("heated", {f"case {i}": Outcomes(ended=i % 2, not_ended=1, failed=1) for i in range(20)}, 3),
        lost=SetRate("lost", {"case": Outcomes(failed=2)}),
    ),
    "no sets": FalseEndings(),
}


@pytest.fixture(params=RESULTS)
def result(request: pytest.FixtureRequest) -> Any:
    return RESULTS[request.param]


_drawn: dict[int, tuple[Any, Any]] = {}  # a result is drawn once


def plotted(result: Any) -> Any:
    """Its chart; ``Axes`` for the type checker, which does not know of ``alt``."""
    if id(result) not in _drawn:
        _drawn[id(result)] = result, result.plot()
    return _drawn[id(result)][1]


_bundles: dict[int, dict[str, Any]] = {}  # and so is what a notebook gets of it


def bundled(result: Any) -> dict[str, Any]:
    """What a notebook gets of the chart of one of the results above."""
    if id(result) not in _bundles:
        _bundles[id(result)] = plotted(result)._repr_mimebundle_()
    return _bundles[id(result)]


def words_of(ax: Any) -> str:
    return "\n".join(text.get_text() for text in ax.figure.findobj(lambda artist: hasattr(artist, "get_text")))


REST = {"clippath", "rect", "pattern"}


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_each_result_has_a_chart_that_is_drawn_without_a_warning_and_says_its_finding(result: Any) -> None:
    chart = plotted(result)
    page = Tags(bundled(result)["text/html"])
    assert isinstance(chart, Chart)
    named = [attrs.get("aria-label") or attrs.get("alt") for tag, attrs in page.tags if tag in ("svg", "img")]
    assert named == [chart.alt] * 2
    assert chart.alt.endswith(".")
    assert not (math.isnan(getattr(result, "value", 0)) and re.search(r"\d %,", chart.alt))


def test_a_chart_has_no_letters_that_a_sanitiser_could_leave_behind_alone(result: Any) -> None:
    page = Tags(bundled(result)["text/html"])
    assert page.text.replace(".convend-chart>svg+img{display:none!important}", "").strip() == ""
    assert not {"text", "title", "desc", "script", "foreignobject"} & {tag for tag, _ in page.tags}


def test_a_chart_is_a_guest_in_its_page_that_rules_over_nothing_and_shares_no_name(result: Any) -> None:
    html = bundled(result)["text/html"]
    names = re.findall(r' id="([^"]+)"', html)
    used = {*re.findall(r'(?:href="#|url\(#)([^")]+)', html)}
    assert html.count("<style") == 1
    assert {*names} == used
    assert len({*names}) == len(names)
    assert all(re.match("convend-[0-9a-f]{10}-", name) for name in names)


def test_a_chart_takes_the_colour_of_the_notebooks_text(result: Any) -> None:
    html = bundled(result)["text/html"]
    drawn = html[html.index("<svg") : html.index("</svg>")]
    colors = {color.lower() for color in re.findall(r"#[0-9a-fA-F]{6}\b", drawn)}
    assert "currentColor" in drawn
    assert colors <= {ink.ENDED, ink.OTHER, "#ffffff", "#000000"}
    assert "fill: #ffffff" not in drawn, "there is no ground but the notebook's"


def test_the_same_result_gives_the_same_chart(result: Any) -> None:
    assert bundled(result) == result.plot()._repr_mimebundle_()


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_colours_stand_out_from_a_light_and_from_a_dark_page(ground: str) -> None:
    assert contrast(ink.ENDED, ground) >= 3
    assert contrast(ink.OTHER, ground) >= 3
    assert contrast(ink.INK, ground) >= 4.1
    assert contrast(ink.INK, "#ffffff") >= 4.5


def test_ink_follows_the_ground_of_axes_of_ones_own() -> None:
    from matplotlib.figure import Figure

    for ground, color in (("white", ink.DARK_INK), ("black", ink.LIGHT_INK), ("none", ink.INK)):
        ax = Figure(facecolor=ground).add_subplot(facecolor="none")
        assert ink.ink_on(ax) == color


def test_a_chart_is_drawn_in_axes_of_ones_own_and_they_keep_their_ground(result: Any) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    own: Any = figure.add_subplot(facecolor="#fafafa")
    assert result.plot(ax=own) is own
    assert own.alt
    assert own.get_facecolor()[:3] == pytest.approx((0.98, 0.98, 0.98), abs=0.01)
    figure.canvas.draw()


def test_a_rate_shows_its_interval_and_its_denominator() -> None:
    chart = plotted(Rate(3, 20, "replies"))
    assert {"3 of 20 replies", "15.0 %  (5.2 to 36.0)", "bar: 95 % interval"} <= {*words_of(chart).split("\n")}
    ends = [line.get_xdata()[0] for line in chart.lines if line.get_marker() == "|"]
    assert [round(float(end), 4) for end in ends] == [0.0524, 0.3604]


@pytest.mark.parametrize(
    "name", ["no data", "only lost runs", "a difference without data", "no life", "no turn", "no sets"]
)
@pytest.mark.fault(58)
def test_no_data_is_said_in_words_and_drawn_as_nothing(name: str) -> None:
    chart = plotted(RESULTS[name])
    assert "no data" in words_of(chart)
    assert "nan" not in words_of(chart) + chart.alt


def test_a_false_ending_that_was_not_seen_is_still_possible_up_to_its_bound() -> None:
    chart = plotted(RESULTS["false endings"])
    words = words_of(chart)
    assert all(part in words for part in ("benign: 0 of 20 runs ended", "at most 14.0 %", "no data"))
    assert "had every lost run ended" in words
    assert "benign, 0 of 20 runs, at most 14.0 %" in chart.alt


def test_lost_runs_are_shown_with_what_they_could_change() -> None:
    chart = plotted(Outcomes(36, 12, 1, 0, 3, 1))
    words = words_of(chart)
    assert "67.9 to 75.5 %" in words
    assert all(part in words for part in ("53 runs started", "36 ended", "12 not ended", "1 refused", "3 failed"))
    assert "4 of 53 failed or were cancelled" in chart.alt


def test_a_difference_stands_right_below_the_rate_that_it_comes_from() -> None:
    chart = plotted(cw.compare(Rate(10, 50), Rate(40, 50)))
    below = chart.child_axes[0]
    place = chart.transData.transform((0.8, 0))[0]  # of the second rate
    assert below.transData.transform((0.6, 0))[0] == pytest.approx(place)
    chart.figure.canvas.draw()


def test_a_turning_point_is_marked_by_shape_and_words() -> None:
    chart = plotted(RESULTS["a turning point"])
    assert [line.get_marker() for line in chart.lines].count("D") == 1
    assert "turn 4:  +75.0 points,  p < 0.001 corrected" in words_of(chart)
    assert "no turning point found" in words_of(RESULTS["no turning point"].plot())


def test_curves_differ_in_their_lines_and_are_named_at_their_ends() -> None:
    chart = plotted(survival(LIVES))
    stairs = [line for line in chart.lines if line.get_drawstyle() == "steps-post"]
    assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in stairs}) == 3
    assert all(name in words_of(chart) for name in ("still open", "have ended", "were refused"))


def test_the_interval_of_an_incidence_stays_within_what_a_share_can_be() -> None:
    for share, error in ((0.01, 0.02), (0.5, 0.1), (0.99, 0.05)):
        value, low, high = incidence(share, error, 1.96)
        assert 0 < low < value < high < 1
    assert math.isnan(incidence(0.0, 0.0, 1.96)[1])


def test_an_attack_in_a_name_is_neither_formula_nor_markup() -> None:
    names = [*[text for name, text in SHORT.items() if name.startswith("maths")][:20], "$x^2$", r"\input{a}"]
    chart = plotted(cw.pool({name: Rate(3, 20) for name in names}))
    html = chart._repr_mimebundle_()["text/html"]
    assert {tag for tag, _ in Tags(html).tags} <= {"style", "div", "img", "svg", "g", "defs", "path", "use"} | REST
    assert "$x^2$" in words_of(chart)


def test_an_attack_as_a_name_stays_on_one_line_of_what_can_be_printed() -> None:
    for text in SHORT.values():
        line = ink.short(text, 24)
        assert len(line) <= 24 and all(sign.isprintable() for sign in line)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A shell with a kernel: what it published, and a way to end the cell."""
    waiting: list[Callable[[], None]] = []
    published: list[dict[str, Any]] = []
    shell = SimpleNamespace(
        kernel=object(),
        events=SimpleNamespace(register=lambda _, f: waiting.append(f), unregister=lambda _, f: waiting.remove(f)),
        display_pub=SimpleNamespace(publish=published.append),
    )
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return SimpleNamespace(published=published, waiting=waiting, end_cell=lambda: [f() for f in [*waiting]])


def test_a_chart_that_nobody_showed_is_shown_once_when_its_cell_is_over(notebook: SimpleNamespace) -> None:
    Rate(3, 20).plot()
    assert notebook.published == []
    notebook.end_cell()
    notebook.end_cell()
    assert len(notebook.published) == 1
    assert notebook.waiting == []


def test_a_chart_that_was_shown_is_not_shown_again(notebook: SimpleNamespace) -> None:
    plotted(Rate(3, 20))._repr_mimebundle_()
    notebook.end_cell()
    assert notebook.published == []


def test_axes_of_ones_own_are_left_to_their_owner(notebook: SimpleNamespace) -> None:
    from matplotlib.figure import Figure

    Rate(3, 20).plot(ax=Figure().add_subplot())
    notebook.end_cell()
    assert notebook.published == []


def test_charts_need_no_display_leave_nothing_in_pyplot_and_are_first_paid_for_when_drawn(tmp_path: Path) -> None:
    script = """
import sys, convend_widget as cw
rate = cw.Rate(3, 20)
print(rate)
assert "matplotlib" not in sys.modules
rate.plot().figure.savefig(sys.argv[1])
import matplotlib
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams["svg.hashsalt"] is None, "the settings of the person stay"
"""
    kept = tmp_path / "rate.png"
    subprocess.run([sys.executable, "-W", "error", "-c", script, str(kept)], check=True)
    assert kept.read_bytes().startswith(b"\x89PNG")


def test_a_png_goes_along_for_pages_without_html() -> None:
    data = plotted(Rate(3, 20))._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == f"Chart({finding(Rate(3, 20))})"


def test_a_study_says_on_its_chart_what_must_be_said_of_its_runs() -> None:
    runs = ended_chat().replay(n=3, seed=1, effect=False, progress=False)
    chart = plotted(runs)
    assert "endings recorded only" in words_of(chart)
    assert chart.alt.endswith("Endings recorded only.")
