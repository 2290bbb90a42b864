"""A visit's own time asked for again, under the terms it was agreed on: by a confirmation, or for another clinician or room."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import load_schedule
from domain.practice.resource import Resource
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Slot, VisitRules

_ANY_DAYS: Final = 36_500


def slot_as_agreed(
    log: PracticeLog, appointment: Appointment, clinician_id: UUID, now: datetime, resource_ids: Iterable[UUID] = ()
) -> Slot:
    """Return what the visit would take with a clinician and the named resources, its own claims left out.

    It is as long as it was agreed, with as many rooms and devices of each kind, its own ones first. Notice, horizon and grid were
    kept when it was agreed: they bind a person who asks for a time, not the practice that reassigns it.
    Raises what ``slot_at`` raises, and NotFoundError: there is no such clinician or resource.
    """
    named = list(resource_ids)
    schedule = load_schedule(log, appointment.service_id, [clinician_id], appointment.taken, now, is_agreed=True)
    for resource_id in named:
        schedule.catalogue.one(Resource, resource_id)
    question = schedule.question(clinician_id, without=appointment.id, preferred=appointment.resource_ids)
    return slot_at(as_agreed(schedule.catalogue, question, appointment, clinician_id), appointment.starts_at, named)


def as_agreed(
    catalogue: Catalogue, question: AvailabilityQuery, appointment: Appointment, clinician_id: UUID
) -> AvailabilityQuery:
    """Return the question for a visit's own time under the terms that it was agreed on. Raises NotFoundError."""
    rules = VisitRules(
        duration_minutes=int(appointment.during.duration.total_seconds()) // 60,
        step_minutes=1,
        buffer_before_minutes=appointment.buffer_before_minutes,
        buffer_after_minutes=appointment.buffer_after_minutes,
        horizon_days=_ANY_DAYS,
        requires=tuple(catalogue.one(Resource, id).kind for id in appointment.resource_ids),
    )
    # A service that is no longer offered is still given to those who have asked for it.
    is_offering = question.is_offering or clinician_id == appointment.clinician_id
    return replace(question, rules=rules, is_offering=is_offering)
