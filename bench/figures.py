"""Figures of repeated rounds: a median with its spread, and percentiles of waiting times."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds and the least and greatest of them."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Raises statistics.StatisticsError: there are no values."""
        return cls(median(values), min(values), max(values))

    def text(self, unit: str = "", scale: float = 1.0) -> str:
        """Return ``median unit (least … most)``, each to three significant digits."""
        middle, least, most = (rounded(value * scale) for value in (self.middle, self.least, self.most))
        return f"{middle}{' ' if unit else ''}{unit} ({least} … {most})"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which ``part`` (0..1) of the values lie: the nearest rank, so it was really seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def rounded(value: float) -> str:
    """Return a number to three significant digits, whole from 100 on, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.3f}"
