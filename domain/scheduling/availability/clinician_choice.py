"""Who is chosen when a visit may be anyone's.

The rule, for each start: those who are preferred come first, in the order in which they are named; then the one with the fewest visits on
the civil day of that start, in their own zone; then the order of ids, which is the order in which clinicians joined.
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
    ClinicianNotOfferingError,
    InThePastError,
    LimitReachedError,
    MinimumNoticeError,
    NotOnGridError,
    OutsideHoursError,
    ResourceUnavailableError,
    SchedulingError,
    TimeTakenError,
)

_NEARNESS: Final = (
    ClinicianNotOfferingError,
    InThePastError,
    MinimumNoticeError,
    BeyondHorizonError,
    OutsideHoursError,
    NotOnGridError,
    ResourceUnavailableError,
    LimitReachedError,
    TimeTakenError,
)
"""Refusals, the one that says most to somebody who asked for anyone last: all are taken says more than one is not there."""


class ClinicianCandidate(NamedTuple):
    """One clinician who may be chosen. The queries of all candidates ask for the same service at the same moment."""

    clinician_id: UUID
    question: AvailabilityQuery


class ClinicianChoice(NamedTuple):
    clinician_id: UUID
    slot: Slot


def offered_by_anyone(
    clinician_candidates: Sequence[ClinicianCandidate], window: TimeRange, preferred: Sequence[UUID] = ()
) -> list[ClinicianChoice]:
    """Return every start inside the window at which somebody is free, each once, with who would be chosen; in order of time.

    Each contender's ``busy`` has to hold every claim of the days that the window touches.
    """
    begins, ends = ceil(window.starts_at.timestamp()), ceil(window.ends_at.timestamp())
    best: dict[int, tuple[tuple[int, int, int], Run, UUID]] = {}
    # Their places in the order of ids instead of the ids: comparing those took a seventh of the time.
    for place, (clinician_id, question) in enumerate(
        sorted(clinician_candidates, key=lambda contender: contender.clinician_id)
    ):
        visits = visits_by_day(question)
        rank = _preference(preferred, clinician_id)
        for run in free_starts(question, begins, ends):
            for day, starts in _by_day(question.zone, run.starts):
                bid = (rank, visits[day], place), run, clinician_id
                for start in starts:
                    known = best.get(start)
                    if known is None or bid[0] < known[0]:
                        best[start] = bid
    length = clinician_candidates[0].question.rules.duration_minutes * 60 if clinician_candidates else 0
    return [
        ClinicianChoice(clinician_id, Slot(_utc(start), _utc(start + length), run.location_id, run.resource_ids))
        for start, (_, run, clinician_id) in sorted(best.items())
    ]


def choose_clinician(
    clinician_candidates: Sequence[ClinicianCandidate],
    starts_at: datetime,
    resource_ids: Iterable[UUID] = (),
    preferred: Sequence[UUID] = (),
) -> ClinicianChoice:
    """Return who is chosen for a visit that starts then, and what it would hold.

    Raises what ``slot_at`` raises, of all candidates the refusal that is nearest to a booking;
    ClinicianNotOfferingError: there are none.
    """
    named = tuple(resource_ids)
    refusals: list[SchedulingError] = [ClinicianNotOfferingError()]

    def place(contender: ClinicianCandidate) -> tuple[int, int, UUID]:
        day = day_of(contender.question.zone, floor(starts_at.timestamp()))
        rank = _preference(preferred, contender.clinician_id)
        return rank, visits_by_day(contender.question)[day], contender.clinician_id

    for contender in sorted(clinician_candidates, key=place):
        try:
            return ClinicianChoice(contender.clinician_id, slot_at(contender.question, starts_at, named))
        except SchedulingError as refusal:
            refusals.append(refusal)
    raise max(refusals, key=_nearness)


def _nearness(refusal: SchedulingError) -> int:
    return next(place for place, kind in enumerate(_NEARNESS) if isinstance(refusal, kind))


def _preference(preferred: Sequence[UUID], clinician_id: UUID) -> int:
    return preferred.index(clinician_id) if clinician_id in preferred else len(preferred)


def _by_day(zone: str, starts: range) -> Iterator[tuple[int, range]]:
    """Cut starts in a row at the midnights of a zone."""
    while starts:
        day = day_of(zone, starts[0])
        inside = min(len(starts), -(-(instant(zone, day + 1, 0) - starts[0]) // starts.step))
        yield day, starts[:inside]
        starts = starts[inside:]


def _utc(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
