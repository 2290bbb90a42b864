"""What can be asked of a series that is booked, and what that means for each of its visits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.commands import Command
from application.scheduling.series.book_series import OnConflict
from application.scheduling.series.series_slots import RequestedOccurrence
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_notes
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.errors import AlreadyStartedError, SchedulingError
from domain.scheduling.series.occurrence_plan import PlannedOccurrence, Scope
from domain.scheduling.series.series import Series
from domain.scheduling.series.times import shifted

MOVED_BY_ITSELF: Final = "moved_by_itself"
"""Why a visit keeps its time: somebody moved it alone before, and that stands."""
NOTED_BY_ITSELF: Final = "noted_by_itself"
"""Why a visit keeps its notes: somebody wrote them, or took them away, for it alone."""
ALREADY_SO: Final = "already_so"


@dataclass(frozen=True, slots=True)
class ChangeSeries(Command[Series]):
    """``starts_at`` is where the visit of ``from_occurrence`` goes; the others that are meant take its new time of day, and are moved by
    as many days. The clinician, the place, and the rooms and devices that are named are theirs from now on. None stays as it is: the
    place, unless another clinician is elsewhere; resources, as far as they are free and where the clinician is. Visits that are over,
    cancelled or checked in stay. Raises InvalidValueError: nothing is to change.
    """

    id: UUID
    from_occurrence: int
    scope: Scope
    starts_at: datetime | None = None
    clinician_id: UUID | None = None
    location_id: UUID | None = None
    resource_ids: tuple[UUID, ...] | None = None
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    expected_version: int | None = None

    def __post_init__(self) -> None:
        if self.starts_at is None and not self.is_elsewhere:
            raise InvalidValueError(
                "starts_at", "say what to change: starts_at, clinician_id, location_id, resource_ids, or cancel"
            )

    @property
    def is_elsewhere(self) -> bool:
        """Whether it names with whom or where the visits are to be."""
        return any(named is not None for named in (self.clinician_id, self.location_id, self.resource_ids))


@dataclass(frozen=True, slots=True)
class CancelSeries(Command[Series]):
    """``reason`` is free text about a patient: personal, 1 to 1000 characters. Each visit keeps it."""

    id: UUID
    from_occurrence: int
    scope: Scope
    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeSeriesNotes(Command[Series]):
    """``notes`` are free text about each of the visits: personal, at most 5000 characters; None or nothing takes them away.

    Visits have them whatever has become of them; one that was noted by itself keeps its own, unless the change starts from it.
    Raises InvalidValueError: they cannot be kept.
    """

    id: UUID
    from_occurrence: int
    scope: Scope
    notes: str | None
    expected_version: int | None = None

    def __post_init__(self) -> None:
        clean_notes(self.notes)


def fixed(visit: Appointment, now: datetime) -> str | None:
    """Return the code of why a visit is not changed any more, if it is not."""
    try:
        refuse_fixed(visit.status)
    except SchedulingError as error:
        return error.code
    return AlreadyStartedError.code if visit.starts_at <= now else None


def wanted(
    series: Series, planned: PlannedOccurrence, visit: Appointment, command: ChangeSeries
) -> RequestedOccurrence | str:
    """Return how a visit is to be, or the code of why it stays as it is.

    One that was moved by itself keeps its time, unless the change starts from it, and takes the clinician, place and resources.
    """
    starts_at = visit.starts_at
    is_exception = starts_at != planned.starts_at and planned.index != command.from_occurrence
    if is_exception and not command.is_elsewhere:
        return MOVED_BY_ITSELF
    if command.starts_at is not None and not is_exception:
        origin = series.occurrences[command.from_occurrence].starts_at
        starts_at = shifted(planned.starts_at, series.zone, origin, command.starts_at)
    clinician_id, location_id = command.clinician_id or visit.clinician_id, command.location_id or visit.location_id
    is_so = (starts_at, clinician_id, location_id) == (visit.starts_at, visit.clinician_id, visit.location_id)
    if is_so and set(command.resource_ids or ()) <= set(visit.resource_ids):
        return ALREADY_SO
    is_anywhere = clinician_id != visit.clinician_id and command.location_id is None
    return RequestedOccurrence(
        index=planned.index,
        starts_at=starts_at,
        holder_id=visit.id,
        clinician_id=clinician_id,
        location_id=None if is_anywhere else location_id,
        named=command.resource_ids or (),
        preferred=tuple(visit.resource_ids),
        agreed=visit if starts_at == visit.starts_at else None,
    )
