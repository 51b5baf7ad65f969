"""How far reviewers agree: shares and coefficients. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree on what several of them have judged.

    Attributes
    ----------
    reviewers
        Names of those who judged.
    items
        Number of items that two or more of them judged.
    share
        Share of the pairs of judgements on one item that are the same; None without such items.
    kappa
        Cohen's kappa, for two reviewers: 1 is agreement on everything, 0 what chance brings. None for more of
        them, or if chance alone would make them agree (J. Cohen, Educational and Psychological Measurement, 1960).
    alpha
        Krippendorff's alpha for nominal data, for any number of reviewers (K. Krippendorff, Content Analysis,
        1980). None without variation.
    """

    reviewers: tuple[str, ...]
    items: int
    share: float | None
    kappa: float | None
    alpha: float | None


def agreement(judged: Mapping[str, Mapping[str, str]]) -> Agreement:
    """Return how far reviewers agree.

    Parameters
    ----------
    judged
        For each item the judgement of each reviewer, by name.
    """
    several = {item: dict(by) for item, by in judged.items() if len(by) > 1}
    reviewers = tuple(sorted({name for by in judged.values() for name in by}))
    pairs = [(a, b) for by in several.values() for a, b in combinations(by.values(), 2)]
    share = sum(a == b for a, b in pairs) / len(pairs) if pairs else None
    kappa = (
        _kappa([(by[reviewers[0]], by[reviewers[1]]) for by in several.values()]) if len(reviewers) == 2 else None
    )
    return Agreement(reviewers, len(several), share, kappa, _alpha([list(by.values()) for by in several.values()]))


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    if not pairs:
        return None
    total = len(pairs)
    observed = sum(a == b for a, b in pairs) / total
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(first[each] * second[each] for each in first) / total**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def _alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Return Krippendorff's alpha of units that each have two or more judgements."""
    totals: Counter[str] = Counter()
    disagreement = 0.0
    for unit in units:
        counts = Counter(unit)
        totals += counts
        different = len(unit) ** 2 - sum(count**2 for count in counts.values())
        disagreement += different / (len(unit) - 1)
    number = totals.total()
    if number < 2:
        return None
    expected = (number**2 - sum(count**2 for count in totals.values())) / (number - 1)
    return None if expected == 0 else 1 - disagreement / expected
