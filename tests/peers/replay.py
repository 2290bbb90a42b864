"""Shared parts of the adapters to other products' cases; each query must obey two laws.

L1: exactly the offered times can be booked.
L2: the result depends neither on the process's zone nor on the window.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid5

import pytest

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import OpeningHours
from domain.scheduling.availability import open_periods as opening_times
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.clinician_choice import ClinicianCandidate, choose_clinician, offered_by_anyone
from domain.scheduling.availability.query import AvailabilityQuery, Candidate
from domain.scheduling.errors import SchedulingError
from domain.scheduling.time_claim import TimeClaim

Case: TypeAlias = Mapping[str, Any]
Range: TypeAlias = tuple[datetime, datetime]

MINUTE: Final = timedelta(minutes=1)
SOMEBODY: Final = UUID(int=1)
NOT_EXPRESSIBLE: Final = "our settings cannot say this"
_FEW: Final = 300


class Verdict(NamedTuple):
    """What we answer and what they expect, both as the adapter has translated them."""

    ours: object
    theirs: object

    @property
    def is_agreed(self) -> bool:
        return self.ours == self.theirs


def named(*parts: object) -> UUID:
    """Return one id for one name."""
    return uuid5(SOMEBODY, " ".join(map(str, parts)))


def instant(text: str) -> datetime:
    """Read ``2025-10-24T17:00:00+01:00[Europe/London]``; what names no offset is UTC."""
    moment = datetime.fromisoformat(text.partition("[")[0])
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def last_moment(moment: datetime) -> datetime:
    """Return the end that people mean who write 23:59:59 or 23:59:59.999."""
    return moment.replace(second=0, microsecond=0) + MINUTE if moment.second == 59 else moment


def claim(what: UUID, range: Range, *, service: UUID | None = None, expires_at: datetime | None = None) -> TimeClaim:
    during = TimeRange(*range)
    return TimeClaim(named("holder", what, *range), what, during, during, service, expires_at)


def open_during(ranges: Iterable[Range]) -> OpeningHours:
    """Return hours in UTC that are these ranges, which may touch and overlap, in whole minutes."""
    lines = []
    for begins, ends in union(ranges):
        while begins < ends:
            midnight = begins.replace(hour=0, minute=0) + timedelta(days=1)
            wait_until = min(ends, midnight)
            lines.append(f"{begins:%Y-%m-%d %H:%M}-{'24:00' if wait_until == midnight else f'{wait_until:%H:%M}'}")
            begins = wait_until
    return OpeningHours.parse((), lines)


def union(ranges: Iterable[Range]) -> list[Range]:
    """Return disjoint sorted ranges; a range that ends before its start is empty."""
    found: list[Range] = []
    for begins, ends in sorted(each for each in ranges if each[0] < each[1]):
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(ends, found[-1][1])
        else:
            found.append((begins, ends))
    return found


def required(who: UUID, ranges: Iterable[Range], within: Range) -> Candidate:
    """Return somebody else who must be there as well: busy whenever they are not free."""
    edges = [within[0], *(moment for range in union(ranges) for moment in range), within[1]]
    busy = [claim(who, gap) for gap in zip(edges[::2], edges[1::2], strict=True) if gap[0] < gap[1]]
    return Candidate(who, str(who), busy)


def free_ranges(questions: Sequence[AvailabilityQuery], window: Range) -> list[Range]:
    """Return when a visit of one minute could take place with any of those who are asked about."""
    every_minute = [replace(each, rules=replace(each.rules, duration_minutes=1, step_minutes=1)) for each in questions]
    return union((start, start + MINUTE) for start in offered_starts(every_minute, window))


def offered_starts(questions: Sequence[AvailabilityQuery], window: Range) -> list[datetime]:
    """Return the offered starts of one or any clinician. Raises AssertionError: a law fails."""
    if not questions or window[0] >= window[1]:
        return []
    request = TimeRange(*window)
    found = _offered(questions, request)
    _obeys_the_first_law(questions, request, found)
    _obeys_the_second_law(questions, request, found)
    return found


def _offered(questions: Sequence[AvailabilityQuery], window: TimeRange) -> list[datetime]:
    if len(questions) == 1:
        return [slot.starts_at for slot in offered(questions[0], window)]
    return [choice.slot.starts_at for choice in offered_by_anyone(_contenders(questions), window)]


def _contenders(questions: Sequence[AvailabilityQuery]) -> list[ClinicianCandidate]:
    return [ClinicianCandidate(named("contender", number), question) for number, question in enumerate(questions)]


def _commit(questions: Sequence[AvailabilityQuery], starts_at: datetime) -> None:
    if len(questions) == 1:
        slot_at(questions[0], starts_at)
    else:
        choose_clinician(_contenders(questions), starts_at)


def _obeys_the_first_law(questions: Sequence[AvailabilityQuery], window: TimeRange, found: Sequence[datetime]) -> None:
    for start in found[:: 1 + len(found) // _FEW]:
        _commit(questions, start)
    known = set(found)
    step = timedelta(minutes=questions[0].rules.step_minutes)
    edges = [start for start in found if not {start - step, start + step} <= known][:_FEW]
    hours = [window.starts_at + timedelta(hours=n) for n in range(min(_FEW, int(window.duration / timedelta(hours=1))))]
    near = [start + sign * away for start in edges for sign in (-1, 1) for away in (MINUTE, step)]
    for start in {*near, *hours} - known:
        if window.starts_at <= start < window.ends_at:
            with pytest.raises(SchedulingError):
                _commit(questions, start)


def _obeys_the_second_law(questions: Sequence[AvailabilityQuery], window: TimeRange, found: Sequence[datetime]) -> None:
    cuts = [window.starts_at, *(window.starts_at + window.duration * part for part in (0.31, 0.67)), window.ends_at]
    parts = [_offered(questions, TimeRange(*cut)) for cut in pairwise(cuts)]
    assert [start for part in parts for start in part] == list(found), "three windows offer other starts than one"
    for zone in ("America/New_York", "Asia/Kathmandu"):
        with _process_zone(zone):
            assert _offered(questions, window) == list(found), "the process's zone changes what is offered"


@contextmanager
def _process_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    try:
        _move(name)
        yield
    finally:
        _move(before)


def _move(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
    for kept in vars(opening_times).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
