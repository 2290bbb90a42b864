"""The choice of a clinician for a visit with any of several clinicians.

For each start, in this order: preferred clinicians as they are listed; the fewest visits on that
civil day in the clinician's zone; the order of ids, which is the order of joining.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import ceil, floor
from typing import Final, NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.free_starts import Run, free_starts
from domain.scheduling.availability.open_periods import day_of, instant
from domain.scheduling.availability.query import AvailabilityQuery, Slot
from domain.scheduling.availability.quotas import visits_by_day
from domain.scheduling.errors import (
    BeyondHorizonError,
    ClinicianLeftError,
    ClinicianNotOfferingError,
    InThePastError,
    LimitReachedError,
    MinimumNoticeError,
    NotOnGridError,
    OutsideHoursError,
    PatientBusyError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
)

_USEFULNESS: Final = (
    ClinicianNotOfferingError,
    ClinicianLeftError,
    InThePastError,
    MinimumNoticeError,
    BeyondHorizonError,
    OutsideHoursError,
    NotOnGridError,
    ResourceUnavailableError,
    LimitReachedError,
    TimeTakenError,
    PatientBusyError,
)
"""Errors from the least to the most useful for a request for any clinician."""


class ClinicianCandidate(NamedTuple):
    """One clinician who may be chosen; all queries are for one service at one moment."""

    clinician_id: UUID
    query: AvailabilityQuery


class ClinicianChoice(NamedTuple):
    clinician_id: UUID
    slot: Slot


def offered_by_anyone(
    candidates: Sequence[ClinicianCandidate], window: TimeRange, preferred: Sequence[UUID] = ()
) -> list[ClinicianChoice]:
    """Return the starts in the window, in order, with the clinician chosen for each.

    Each query's ``busy`` must contain all claims of the days that the window touches.
    """
    begins, ends = ceil(window.starts_at.timestamp()), ceil(window.ends_at.timestamp())
    best: dict[int, tuple[tuple[int, int, int], Run, UUID, int]] = {}
    # Indexes instead of ids: comparing UUIDs took a seventh of the time.
    for place, (clinician_id, query) in enumerate(sorted(candidates, key=lambda candidate: candidate.clinician_id)):
        visits = visits_by_day(query)
        rank, length = _preference(preferred, clinician_id), query.rules.duration_minutes * 60
        for run in free_starts(query, begins, ends):
            for day, starts in _by_day(query.zone, run.starts):
                bid = (rank, visits[day], place), run, clinician_id, length
                for start in starts:
                    known = best.get(start)
                    if known is None or bid[0] < known[0]:
                        best[start] = bid
    return [
        ClinicianChoice(clinician_id, Slot(_utc(start), _utc(start + length), run.location_id, run.resource_ids))
        for start, (_, run, clinician_id, length) in sorted(best.items())
    ]


def choose_clinician(
    candidates: Sequence[ClinicianCandidate],
    starts_at: datetime,
    resource_ids: Iterable[UUID] = (),
    preferred: Sequence[UUID] = (),
) -> ClinicianChoice:
    """Return the clinician chosen for a start, with the slot.

    Raises the most useful of the errors that ``slot_at`` raises for the candidates;
    ClinicianNotOfferingError: there are no candidates.
    """
    named = tuple(resource_ids)
    refusals: list[SchedulingError] = [ClinicianNotOfferingError()]

    def place(candidate: ClinicianCandidate) -> tuple[int, int, UUID]:
        day = day_of(candidate.query.zone, floor(starts_at.timestamp()))
        rank = _preference(preferred, candidate.clinician_id)
        return rank, visits_by_day(candidate.query)[day], candidate.clinician_id

    for candidate in sorted(candidates, key=place):
        try:
            return ClinicianChoice(candidate.clinician_id, slot_at(candidate.query, starts_at, named))
        except SchedulingError as refusal:
            refusals.append(refusal)
    raise most_useful(refusals)


def most_useful(refusals: Sequence[SchedulingError]) -> SchedulingError:
    """Return the refusal that tells most about why none of several clinicians is free."""
    return max(refusals, key=_usefulness)


def _usefulness(refusal: SchedulingError) -> int:
    return next(place for place, kind in enumerate(_USEFULNESS) if isinstance(refusal, kind))


def _preference(preferred: Sequence[UUID], clinician_id: UUID) -> int:
    return preferred.index(clinician_id) if clinician_id in preferred else len(preferred)


def _by_day(zone: str, starts: range) -> Iterator[tuple[int, range]]:
    """Split consecutive starts at the midnights of a zone."""
    while starts:
        day = day_of(zone, starts[0])
        inside = min(len(starts), -(-(instant(zone, day + 1, 0) - starts[0]) // starts.step))
        yield day, starts[:inside]
        starts = starts[inside:]


def _utc(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
