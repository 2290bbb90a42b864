"""The facts of a session's life, and what each makes of it. They are known as ``GroupSession.Enrolled`` and so on.

A session knows its facts, so they cannot know it by its type.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.personal_data import Personal

PLANNED: Final = "planned"
"""The act that nothing was before."""


class CalendarChange(NamedTuple):
    """The version that a fact made, and when: older ones are no news any more to a calendar that was told of it."""

    version: int
    at: datetime


class Planned(InitialEvent):
    """``staff_ids`` give it, the first of them leads; ``course_id`` is what it was planned with, if with others."""

    TOPIC = "scheduling.session.planned"
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


class Enrolled(Aggregate.Event):
    TOPIC = "scheduling.session.enrolled"
    patient_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.roster[self.patient_id] = None
        aggregate.left.pop(self.patient_id, None)
        aggregate.seated[self.patient_id] = _told(self)


class BeganToWait(Aggregate.Event):
    TOPIC = "scheduling.session.began_to_wait"
    patient_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.waiting.append(self.patient_id)
        aggregate.left.pop(self.patient_id, None)


class MovedUp(Aggregate.Event):
    """Whoever had waited longest has a seat that became free; recorded with the fact that freed it."""

    TOPIC = "scheduling.session.moved_up"
    patient_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.waiting.remove(self.patient_id)
        aggregate.roster[self.patient_id] = None
        aggregate.moved_up.append(self.patient_id)
        aggregate.seated[self.patient_id] = _told(self)


class SeatCancelled(Aggregate.Event):
    TOPIC = "scheduling.session.seat_cancelled"
    patient_id: UUID

    def apply(self, aggregate: Any) -> None:
        del aggregate.roster[self.patient_id]
        aggregate.left[self.patient_id] = "withdrawn"
        aggregate.moved_up = []
        aggregate.seated[self.patient_id] = _told(self)


class StoppedWaiting(Aggregate.Event):
    TOPIC = "scheduling.session.stopped_waiting"
    patient_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.waiting.remove(self.patient_id)
        aggregate.left[self.patient_id] = "withdrawn"
        aggregate.moved_up = []


class SeatsChanged(Aggregate.Event):
    TOPIC = "scheduling.session.seats_changed"
    seats: int

    def apply(self, aggregate: Any) -> None:
        aggregate.seats = self.seats
        aggregate.moved_up = []


class Moved(Aggregate.Event):
    """To another time, other staff, another place or other rooms: all of them as they are now."""

    TOPIC = "scheduling.session.moved"
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime

    def apply(self, aggregate: Any) -> None:
        aggregate.staff_ids, aggregate.clinician_id = self.staff_ids, self.staff_ids[0]
        aggregate.location_id, aggregate.resource_ids = self.location_id, self.resource_ids
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.moved_up = []
        aggregate.placed = _told(self)


class AttendanceNoted(Aggregate.Event):
    TOPIC = "scheduling.session.attendance_noted"
    patient_id: UUID
    attended: bool

    def apply(self, aggregate: Any) -> None:
        aggregate.roster[self.patient_id] = self.attended
        aggregate.seated[self.patient_id] = _told(self)


class Cancelled(Aggregate.Event):
    """Why is sealed under the key of who leads the session: it is about many, and most often about them."""

    TOPIC = "scheduling.session.cancelled"
    SUBJECT = "clinician_id"
    clinician_id: UUID
    reason: Personal[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.is_cancelled = True
        aggregate.cancellation_reason = self.reason
        aggregate.placed = _told(self)


class Reinstated(Aggregate.Event):
    """Its cancellation was undone: it takes place after all, where and when it was to."""

    TOPIC = "scheduling.session.reinstated"

    def apply(self, aggregate: Any) -> None:
        aggregate.is_cancelled = False
        aggregate.cancellation_reason = None
        aggregate.placed = _told(self)


class Undone(Aggregate.Event):
    """The last command was taken back: ``act`` is its first fact. What is again as it was, the facts say that are recorded with this one;
    if it was the planning, the session never was to be.

    ``patient_id`` is whom the command was about, if it was about one person.
    """

    TOPIC = "scheduling.session.undone"
    act: str
    patient_id: UUID | None

    def apply(self, aggregate: Any) -> None:
        aggregate.undone = self.act
        aggregate.back_in_line = []
        aggregate.moved_up = []
        if self.act == PLANNED:
            aggregate.is_archived = True
            aggregate.placed = _told(self)


class StandingRestored(Aggregate.Event):
    """Somebody who stood as ``before`` says stands again as they did before the command that was undone: as ``status`` says.

    ``place`` counts from 0, in the order of the roster or of the line; None of who is in neither.
    """

    TOPIC = "scheduling.session.standing_restored"
    patient_id: UUID
    before: str
    status: str
    place: int | None
    attended: bool | None

    def apply(self, aggregate: Any) -> None:
        id_ = self.patient_id
        aggregate.roster.pop(id_, None)
        aggregate.left.pop(id_, None)
        if id_ in aggregate.waiting:
            aggregate.waiting.remove(id_)
        if self.status == "enrolled":
            seats = list(aggregate.roster.items())
            seats.insert(self.place or 0, (id_, self.attended))
            aggregate.roster = dict(seats)
        elif self.status == "waiting":
            aggregate.waiting.insert(self.place, id_)
            if self.before == "enrolled":
                aggregate.back_in_line.append(id_)
        else:
            aggregate.left[id_] = self.status
        if "enrolled" in (self.before, self.status):
            aggregate.seated[id_] = _told(self)


def _told(fact: Aggregate.Event) -> CalendarChange:
    return CalendarChange(fact.originator_version, fact.timestamp)
