"""Starts that claims rule out."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from math import ceil, floor

from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.query import VisitRules
from domain.scheduling.time_claim import TimeClaim


class BlockedStarts:
    """Starts at which a visit would overlap a claim, and other ``ruled_out`` starts.

    With its buffers it would overlap a claim or time ``out_of_service``.

    ``stretches`` are the begins and ends of disjoint half-open ranges in order, in seconds since
    1970. They are computed lazily: of a dozen rooms often only the first is used.
    """

    def __init__(
        self,
        claims: Sequence[TimeClaim],
        rules: VisitRules,
        ruled_out: Sequence[tuple[int, int]] = (),
        out_of_service: Sequence[TimeRange] = (),
    ) -> None:
        self._out_of_service = out_of_service
        self._claims = claims
        self._ruled_out = ruled_out
        self._before = rules.buffer_before_minutes * 60
        self._reach = (rules.duration_minutes + rules.buffer_after_minutes) * 60 - 1

    @cached_property
    def stretches(self) -> tuple[list[int], list[int]]:
        starts: list[int] = []
        ends: list[int] = []
        latest = -(10**18)
        reach, before = self._reach, self._before
        busy = [*(claim.during for claim in self._claims), *self._out_of_service]
        blocked = [(floor(b.starts_at.timestamp()) - reach, ceil(b.ends_at.timestamp()) + before) for b in busy]
        for begins, until in sorted([*blocked, *self._ruled_out]):
            if begins > latest:
                starts.append(begins)
                latest = until
                ends.append(latest)
            elif until > latest:
                ends[-1] = latest = until
        return starts, ends

    def free(self, grid: int, begins: int, until: int, step: int) -> list[range]:
        """Return the free starts in ``[begins, until)`` on the grid of ``step`` from ``grid``."""
        blocked_starts, blocked_ends = self.stretches
        found: list[range] = []
        position = bisect_right(blocked_ends, begins)
        while begins < until:
            blocked = blocked_starts[position] if position < len(blocked_starts) else until
            first = grid - (grid - begins) // step * step
            stop = blocked if blocked < until else until
            if first < stop:
                found.append(range(first, stop, step))
            if blocked >= until:
                break
            begins = blocked_ends[position]
            position += 1
        return found
