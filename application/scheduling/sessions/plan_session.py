"""Plan a group session with one or several clinicians."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.reach import own_staff
from application.scheduling.series.plan_occurrences import time_guards
from domain.kernel.errors import InvalidValueError
from domain.practice.resource import Resource
from domain.practice.seats import checked_seats
from domain.practice.service import Service
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.availability.query import Slot
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import GroupSessionTerms, checked_staff


@dataclass(frozen=True, slots=True)
class PlanSession(Command[GroupSession]):
    """The first of ``staff_ids`` leads. Named resources are used, further required ones chosen.

    ``seats`` None takes the number of the service.
    """

    service_id: UUID
    staff_ids: tuple[UUID, ...]
    starts_at: datetime
    seats: int | None = None
    resource_ids: tuple[UUID, ...] = ()


@handles(PlanSession, needs=Permission.CHANGE_VISITS, within=own_staff, detects_repeats=True)
def plan_session(log: PracticeLog, command: PlanSession, context: Context) -> Outcome[GroupSession]:
    """Raises NotFoundError: no such service, clinician or resource; InvalidValueError: no number of
    seats; what ``joint_slot`` raises: the time is not free.
    """
    staff = checked_staff(command.staff_ids)
    schedule = load_schedule(
        log,
        command.service_id,
        staff,
        start_window(command.starts_at),
        context.now,
        resource_ids=command.resource_ids,
        command_id=context.provenance.command_id,
    )
    for resource_id in command.resource_ids:
        schedule.catalogue.one(Resource, resource_id)
    queries = [schedule.query(clinician_id) for clinician_id in staff]
    slot = joint_slot(queries, command.starts_at, command.resource_ids)
    terms = terms_of(schedule.service, staff, slot, seats_of(schedule.service, command.seats))
    session = GroupSession.plan(id=uuid7(), terms=terms, at=context.now)
    guards = time_guards(log, [session], schedule.expired)
    return log.commit(session, by=context.provenance, guards=guards)


def seats_of(service: Service, seats: int | None) -> int:
    """Return the number of seats: ``seats``, or that of the service. Raises InvalidValueError."""
    number = service.seats if seats is None else seats
    if number is None:
        raise InvalidValueError("seats", "seats is required; the service has no default")
    return checked_seats(number)


def terms_of(service: Service, staff_ids: Sequence[UUID], slot: Slot, seats: int) -> GroupSessionTerms:
    """Return the terms of a session in a slot: those of the service for the one who leads."""
    terms = service.terms_of(staff_ids[0])
    return GroupSessionTerms(
        service_id=service.id,
        staff_ids=tuple(staff_ids),
        location_id=slot.location_id,
        resource_ids=slot.resource_ids,
        during=slot.during,
        price=terms.price,
        mode=terms.mode,
        seats=seats,
        buffer_before_minutes=terms.buffer_before_minutes,
        buffer_after_minutes=terms.buffer_after_minutes,
        cancellation_notice_minutes=terms.cancellation_notice_minutes,
    )
