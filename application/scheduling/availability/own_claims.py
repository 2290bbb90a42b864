"""Availability for a caller who already has a time: a visit that is to be moved, or a hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, Self
from uuid import UUID

from application.kernel.permissions import Actor, Permission, authorise_visit
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.own_terms import with_own_terms
from application.scheduling.availability.schedule import Schedule, load_schedule
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.practice.service import checked_duration
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold, HoldStatus
from domain.scheduling.appointments.status import refuse_fixed
from domain.scheduling.availability.clinician_choice import ClinicianCandidate
from domain.scheduling.availability.query import AvailabilityQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClaims:
    """The visit or the hold whose claims do not count as busy, the patient, and the length.

    A visit keeps its own terms, as ``with_own_terms`` has them; for a hold the notice counts from
    the time at which it was placed.
    """

    visit: Appointment | None = None
    hold: Hold | None = None
    duration_minutes: int | None = None
    patient_id: UUID | None = None

    @classmethod
    def load(
        cls,
        log: PracticeLog,
        service_id: UUID,
        moving_id: UUID | None,
        hold_id: UUID | None,
        duration_minutes: int | None,
        now: datetime,
        *,
        patient_id: UUID | None = None,
    ) -> Self:
        """Read the visit or hold; an expired hold has no effect.

        ``patient_id``: the patient of the visit that is to be booked. Raises NotFoundError;
        InvalidValueError: an impossible length, both are named, one is of another service, or a
        patient is named for a visit, which has its own; what ``refuse_fixed`` raises: the visit
        cannot be moved.
        """
        if duration_minutes is not None:
            checked_duration(duration_minutes)
        if moving_id is not None and hold_id is not None:
            raise InvalidValueError("hold_id", "name the visit that moves or a hold, not both")
        if moving_id is not None and patient_id is not None:
            raise InvalidValueError("patient_id", "leave out the patient; the visit that moves has its own")
        if patient_id is not None:
            log.require((Patient, patient_id))
        visit = log.load(Appointment, moving_id) if moving_id else None
        hold = log.load(Hold, hold_id) if hold_id else None
        own = visit or hold
        if own is not None and own.service_id != service_id:
            raise InvalidValueError("service_id", "name the service of the visit that moves, or of the hold")
        if visit is not None:
            refuse_fixed(visit.status)
        if hold is not None and hold.status_at(now) is not HoldStatus.HELD:
            hold = None
        patient_id = visit.patient_id if visit else patient_id
        return cls(visit=visit, hold=hold, duration_minutes=duration_minutes, patient_id=patient_id)

    @property
    def starts_at(self) -> datetime | None:
        """The start that the caller has already."""
        own = self.visit or self.hold
        return own.starts_at if own else None

    def load_schedule(
        self, log: PracticeLog, service_id: UUID, clinician_ids: Sequence[UUID] | None, window: TimeRange, now: datetime
    ) -> Schedule:
        """Read what decides about starts in the window. Raises what ``load_schedule`` raises."""
        if (visit := self.visit) is not None:
            minutes = self.duration_minutes or visit.duration_minutes
            reach = window.with_buffers(visit.buffer_before_minutes, minutes + visit.buffer_after_minutes)
            return load_schedule(
                log, service_id, clinician_ids, reach, now, patient_id=self.patient_id, has_own_terms=True
            )
        return load_schedule(
            log,
            service_id,
            clinician_ids,
            window,
            now,
            patient_id=self.patient_id,
            duration_minutes=self.duration_minutes,
        )

    def query(self, schedule: Schedule, clinician_id: UUID, starts_at: datetime | None) -> AvailabilityQuery:
        """Return the availability query for a start; None: for any other than the caller's own."""
        own = self.visit or self.hold
        if own is None:
            return schedule.query(clinician_id)
        query = schedule.query(clinician_id, without=own.id, preferred=own.resource_ids)
        if self.visit is not None:
            start = starts_at or self.visit.starts_at + timedelta.resolution
            return with_own_terms(
                schedule.catalogue, query, self.visit, clinician_id, start, duration_minutes=self.duration_minutes
            )
        if self.hold is not None and (clinician_id, starts_at) == (self.hold.clinician_id, self.hold.starts_at):
            return replace(query, now=self.hold.created_on)
        return query

    def candidates(self, schedule: Schedule, starts_at: datetime | None) -> list[ClinicianCandidate]:
        """Return all clinicians who give the service, with their queries."""
        return [
            ClinicianCandidate(clinician_id, self.query(schedule, clinician_id, starts_at))
            for clinician_id in schedule.service.terms.clinician_ids
        ]


class OfOwnClaims(Protocol):
    @property
    def moving_id(self) -> UUID | None: ...
    @property
    def hold_id(self) -> UUID | None: ...
    @property
    def patient_id(self) -> UUID | None: ...


def needs_of(query: OfOwnClaims) -> Permission:
    """Return the permission for a query: to name a visit, a hold or a patient is to read it."""
    if query.patient_id is not None:
        return Permission.READ_PATIENTS
    return Permission.READ_PRACTICE if query.moving_id is None and query.hold_id is None else Permission.READ_VISITS


def own_visit(log: PracticeLog, actor: Actor, query: OfOwnClaims) -> None:
    """Check that the visit that moves is within the actor's reach."""
    if query.moving_id is not None and actor.clinician_id is not None:
        authorise_visit(actor, log.load(Appointment, query.moving_id).clinician_id)
