"""Figures of repeated rounds: a median with its spread, and percentiles of waiting times."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, minimum and maximum of several rounds."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Raises statistics.StatisticsError: there are no values."""
        return cls(median(values), min(values), max(values))

    def text(self, unit: str = "", scale: float = 1.0) -> str:
        """Return ``median unit (minimum … maximum)``, each with three significant digits."""
        middle, least, most = (rounded(value * scale) for value in (self.middle, self.least, self.most))
        return f"{middle}{' ' if unit else ''}{unit} ({least} … {most})"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the percentile ``part`` (0..1) by nearest rank, which is one of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def p95_ratio(rounds: Sequence[Sequence[float]], base: Sequence[Sequence[float]]) -> Spread:
    """Return how many times the p95 of the same round of ``base`` each round has."""
    return Spread.of([percentile(one, 0.95) / percentile(other, 0.95) for one, other in zip(rounds, base, strict=True)])


def rounded(value: float) -> str:
    """Return a number with three significant digits, and with thousands separators."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.3f}"
