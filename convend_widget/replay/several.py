"""Several comparisons at once: what must be corrected, so that chance does not find something among many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from .difference import Difference
from .rate import check_level


def joint_level(level: float, count: int) -> float:
    """The level of each of ``count`` independent intervals that all hold together with ``level`` (Šidák)."""
    check_level(level)
    return float(level ** (1 / max(count, 1)))


def adjusted(p: Sequence[float]) -> list[float]:
    """P values corrected for being several (Holm). NaN, which is no comparison, stays NaN and is not counted."""
    real = [value for value in p if not math.isnan(value)]
    if not real:
        return list(p)
    from statsmodels.stats.multitest import multipletests

    corrected = iter(multipletests(real, method="holm")[1])
    return [value if math.isnan(value) else float(next(corrected)) for value in p]


def together(differences: Sequence[Difference]) -> list[Difference]:
    """The same differences as parts of one question: joint intervals, corrected p.

    The intervals of several arms against one arm are not independent; Šidák's level is then on the safe side.
    """
    corrected = adjusted([d.p for d in differences])
    return [
        replace(d, level=joint_level(d.level, len(differences)), p_adjusted=p)
        for d, p in zip(differences, corrected, strict=True)
    ]
