"""Comparing studies: two, several against the first, or two arms over the same prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from ..errors import SettingsError
from .difference import Difference, difference
from .marks import joint_marks
from .prompts import PairedDifference, paired
from .rate import Rate
from .runs import Runs
from .several import together

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Arm = Rate | Runs


class Comparisons(list[Difference]):
    """Several differences as parts of one question: joint intervals, corrected p."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of all rates, and how far each is from the first. In ``ax``, or by itself."""
        from .plot.differences import plot_differences

        return plot_differences(self, ax)

    def _repr_html_(self) -> str:
        from .tables import differences_table

        return differences_table(self)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "No comparisons."


@overload
def compare(a: Arm, b: Arm, /, *, level: float = ..., seed: int = ...) -> Difference: ...
@overload
def compare(a: Arm, b: Arm, c: Arm, /, *more: Arm, level: float = ..., seed: int = ...) -> Comparisons: ...
@overload
def compare(
    a: Mapping[str, Arm], b: Mapping[str, Arm], /, *, level: float = ..., seed: int = ...
) -> PairedDifference: ...
def compare(*arms: Any, level: float = 0.95, seed: int = 0) -> Difference | Comparisons | PairedDifference:
    """How far the end rates of studies (or rates) are apart: ``compare(a, b)`` is b minus a.

    With more than two, each is compared with the first, and the intervals and p values are corrected for being several.
    Two mappings (prompt -> study or rate) are paired by prompt; ``seed`` is that of their bootstrap. Two studies of one
    branch are independent samples.
    """
    if len(arms) < 2:
        raise SettingsError("There is nothing to compare it with.", advice="compare(a, b)")
    if all(isinstance(arm, Mapping) for arm in arms):
        if len(arms) > 2:
            raise SettingsError("Two arms over the same prompts can be compared at a time.")
        a, b = ({name: rate_of(one) for name, one in arm.items()} for arm in arms)
        both = {name: _marks_of_each(arm) for name, arm in zip(("first", "second"), arms, strict=True)}
        return replace(paired(a, b, level=level, seed=seed), marks=joint_marks(both))
    first, *others = (rate_of(arm) for arm in arms)
    marks = joint_marks({f"arm {number}": _marks_of(arm) for number, arm in enumerate(arms, 1)})
    found = [replace(difference(first, other, level=level), marks=marks) for other in others]
    return found[0] if len(found) == 1 else Comparisons(together(found))


def _marks_of(arm: object) -> list[str]:
    return arm.marks() if isinstance(arm, Runs) else []


def _marks_of_each(arm: Mapping[str, Arm]) -> tuple[str, ...]:
    return joint_marks({name: _marks_of(one) for name, one in arm.items()})


def rate_of(arm: object) -> Rate:
    """The end rate of a study, or the rate itself. Raises ``SettingsError``."""
    if isinstance(arm, Runs):
        return arm.end_rate()
    if isinstance(arm, Rate):
        return arm
    advice = "Pass studies (chat.replay) or rates."
    if isinstance(getattr(arm, "runs", None), Mapping):
        advice = "Pass the runs of the two audits, which are paired by case: cw.compare(a.runs, b.runs)."
    raise SettingsError(f"A value of type {type(arm).__name__} cannot be compared.", advice=advice)
