"""Availability on a visit's own terms: the length, buffers and resources it was booked with."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import load_schedule
from domain.kernel.time_range import TimeRange
from domain.practice.resource import Resource
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Slot
from domain.scheduling.sessions.group_session import GroupSession

_ANY_DAYS: Final = 36_500


def own_slot(
    log: PracticeLog, appointment: Appointment, clinician_id: UUID, now: datetime, resource_ids: Iterable[UUID] = ()
) -> Slot:
    """Return the slot of a visit at its own time with a clinician and the named resources.

    Raises what ``slot_at`` raises; NotFoundError: no such clinician or resource.
    """
    named = list(resource_ids)
    query = own_query(log, appointment, clinician_id, appointment.during, now, named)
    return slot_at(query, appointment.starts_at, named)


def own_query(
    log: PracticeLog,
    appointment: Appointment,
    clinician_id: UUID,
    during: TimeRange,
    now: datetime,
    resource_ids: Iterable[UUID] = (),
) -> AvailabilityQuery:
    """Return the query for a visit at a time with a clinician; its own claims do not count.

    Raises NotFoundError: no such clinician or resource.
    """
    taken = during.with_buffers(appointment.buffer_before_minutes, appointment.buffer_after_minutes)
    schedule = load_schedule(
        log,
        appointment.service_id,
        [clinician_id],
        taken,
        now,
        patient_id=appointment.patient_id,
        has_own_terms=True,
    )
    for resource_id in resource_ids:
        schedule.catalogue.one(Resource, resource_id)
    query = schedule.query(clinician_id, without=appointment.id, preferred=appointment.resource_ids)
    minutes = during.duration // timedelta(minutes=1)
    return with_own_terms(
        schedule.catalogue, query, appointment, clinician_id, during.starts_at, duration_minutes=minutes
    )


def with_own_terms(
    catalogue: Catalogue,
    query: AvailabilityQuery,
    visit: Appointment | GroupSession,
    clinician_id: UUID,
    starts_at: datetime,
    *,
    duration_minutes: int | None = None,
) -> AvailabilityQuery:
    """Return the query with the terms of the visit instead of the service's.

    ``duration_minutes`` None: the visit's own length.

    At its own time, notice, horizon and grid do not apply; they applied when it was booked. Nor do
    other visits of the patients, if they have this time already. Its own clinicians may give it
    even if they no longer offer the service.
    """
    own_minutes = visit.during.duration // timedelta(minutes=1)
    rules = replace(
        query.rules,
        duration_minutes=duration_minutes or own_minutes,
        buffer_before_minutes=visit.buffer_before_minutes,
        buffer_after_minutes=visit.buffer_after_minutes,
        requires=tuple(catalogue.one(Resource, id).kind for id in visit.resource_ids),
    )
    if starts_at == visit.starts_at:
        rules = replace(rules, step_minutes=1, minimum_notice_minutes=0, horizon_days=_ANY_DAYS)
        is_requested = isinstance(visit, Appointment) and visit.status == Status.REQUESTED
        if rules.duration_minutes == own_minutes and not is_requested:
            query = replace(query, patient_busy=())
    own_staff = visit.staff_ids if isinstance(visit, GroupSession) else (visit.clinician_id,)
    return replace(query, rules=rules, is_offering=query.is_offering or clinician_id in own_staff)


def taken_at(visit: Appointment | GroupSession, starts_at: datetime) -> TimeRange:
    """Return the time of the visit or session with its buffers, at another start."""
    shift = starts_at - visit.starts_at
    return TimeRange(visit.taken.starts_at + shift, visit.taken.ends_at + shift)
