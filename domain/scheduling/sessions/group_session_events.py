"""The events of a group session, accessed as ``GroupSession.Enrolled`` and so on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.personal_data import Personal

if TYPE_CHECKING:
    from domain.scheduling.sessions.group_session import GroupSession

PLANNED: Final = "planned"
"""The command that created the session."""


class CalendarChange(NamedTuple):
    """A version of the session and its time; calendars that know it ignore older versions."""

    version: int
    at: datetime


class Planned(InitialEvent):
    """The first of ``staff_ids`` leads the session; ``course_id`` is its course, if any."""

    TOPIC = "scheduling.session.planned"
    SCHEMA_VERSION = 2
    service_id: UUID
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    mode: str
    price_amount_minor: int
    price_currency: str
    seats: int
    course_id: UUID | None
    cancellation_notice_minutes: int | None = None

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.clinician_id = self.staff_ids[0]
        aggregate.placed = _change(self)


class Enrolled(Aggregate.Event):
    TOPIC = "scheduling.session.enrolled"
    patient_id: UUID

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.roster[self.patient_id] = None
        aggregate.left.pop(self.patient_id, None)
        aggregate.seated[self.patient_id] = _change(self)


class BeganToWait(Aggregate.Event):
    TOPIC = "scheduling.session.began_to_wait"
    patient_id: UUID

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.waiting.append(self.patient_id)
        aggregate.left.pop(self.patient_id, None)


class MovedUp(Aggregate.Event):
    """The first waiting patient got a free seat; recorded with the event that freed it."""

    TOPIC = "scheduling.session.moved_up"
    patient_id: UUID

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.waiting.remove(self.patient_id)
        aggregate.passed_over.pop(self.patient_id, None)
        aggregate.roster[self.patient_id] = None
        aggregate.moved_up.append(self.patient_id)
        aggregate.seated[self.patient_id] = _change(self)


class PassedOver(Aggregate.Event):
    """A seat was free, but not for this waiting patient, who stays in line; ``reason`` is a code.

    Recorded once, until the patient gets a seat or leaves the line.
    """

    TOPIC = "scheduling.session.passed_over"
    patient_id: UUID
    reason: str

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.passed_over[self.patient_id] = self.reason


class SeatExempted(Aggregate.Event):
    """A patient has the seat although they have another visit at this time, on purpose.

    ``overlaps`` are the appointments and sessions of the same time.
    """

    TOPIC = "scheduling.session.seat_exempted"
    SUBJECT = "patient_id"
    patient_id: UUID
    overlaps: list[UUID]
    reason: Personal[str]

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.exemptions[self.patient_id] = (self.overlaps, self.reason)


class SeatCancelled(Aggregate.Event):
    """``by`` is a CancelledBy; None: not stated. ``late`` None: there was no notice."""

    TOPIC = "scheduling.session.seat_cancelled"
    SCHEMA_VERSION = 2
    patient_id: UUID
    by: str | None = None
    late: bool | None = None

    def apply(self, aggregate: GroupSession) -> None:
        del aggregate.roster[self.patient_id]
        aggregate.exemptions.pop(self.patient_id, None)
        aggregate.left[self.patient_id] = "withdrawn"
        aggregate.moved_up = []
        aggregate.seated[self.patient_id] = _change(self)


class StoppedWaiting(Aggregate.Event):
    TOPIC = "scheduling.session.stopped_waiting"
    patient_id: UUID

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.waiting.remove(self.patient_id)
        aggregate.passed_over.pop(self.patient_id, None)
        aggregate.left[self.patient_id] = "withdrawn"
        aggregate.moved_up = []


class SeatsChanged(Aggregate.Event):
    TOPIC = "scheduling.session.seats_changed"
    seats: int

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.seats = self.seats
        aggregate.moved_up = []


class Moved(Aggregate.Event):
    """Time, staff, location or resources changed; the fields are the new state."""

    TOPIC = "scheduling.session.moved"
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.staff_ids, aggregate.clinician_id = self.staff_ids, self.staff_ids[0]
        aggregate.location_id, aggregate.resource_ids = self.location_id, self.resource_ids
        if (self.starts_at, self.ends_at) != (aggregate.starts_at, aggregate.ends_at):
            aggregate.exemptions = {}
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.moved_up = []
        aggregate.placed = _change(self)


class AttendanceNoted(Aggregate.Event):
    TOPIC = "scheduling.session.attendance_noted"
    patient_id: UUID
    attended: bool

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.roster[self.patient_id] = self.attended
        aggregate.seated[self.patient_id] = _change(self)


class Cancelled(Aggregate.Event):
    """The reason concerns several patients, so the key of the leading clinician seals it."""

    TOPIC = "scheduling.session.cancelled"
    SUBJECT = "clinician_id"
    clinician_id: UUID
    reason: Personal[str]

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.is_cancelled = True
        aggregate.cancellation_reason = self.reason
        aggregate.placed = _change(self)


class Reinstated(Aggregate.Event):
    """The cancellation was undone."""

    TOPIC = "scheduling.session.reinstated"

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.is_cancelled = False
        aggregate.cancellation_reason = None
        aggregate.placed = _change(self)


class Undone(Aggregate.Event):
    """The last command, whose first event is ``act``, was undone by the events that follow.

    The undo of the planning archives the session. ``patient_id`` is set if the command affected one
    patient.
    """

    TOPIC = "scheduling.session.undone"
    act: str
    patient_id: UUID | None

    def apply(self, aggregate: GroupSession) -> None:
        aggregate.undone = self.act
        aggregate.back_in_line = []
        aggregate.moved_up = []
        if self.act == PLANNED:
            aggregate.is_archived = True
            aggregate.placed = _change(self)


class StandingRestored(Aggregate.Event):
    """An undo changed the status of a patient from ``before`` back to ``status``.

    ``place`` is the index in the roster or in the waiting line; None in neither.
    """

    TOPIC = "scheduling.session.standing_restored"
    patient_id: UUID
    before: str
    status: str
    place: int | None
    attended: bool | None

    def apply(self, aggregate: GroupSession) -> None:
        id = self.patient_id
        aggregate.passed_over.pop(id, None)
        aggregate.exemptions.pop(id, None)
        aggregate.roster.pop(id, None)
        aggregate.left.pop(id, None)
        if id in aggregate.waiting:
            aggregate.waiting.remove(id)
        if self.status == "enrolled":
            seats = list(aggregate.roster.items())
            seats.insert(self.place or 0, (id, self.attended))
            aggregate.roster = dict(seats)
        elif self.status == "waiting":
            aggregate.waiting.insert(self.place or 0, id)
            if self.before == "enrolled":
                aggregate.back_in_line.append(id)
        else:
            aggregate.left[id] = self.status
        if "enrolled" in (self.before, self.status):
            aggregate.seated[id] = _change(self)


def _change(event: Aggregate.Event) -> CalendarChange:
    return CalendarChange(event.originator_version, event.timestamp)
