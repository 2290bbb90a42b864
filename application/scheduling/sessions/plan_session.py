"""Plans a session: one time at which several people are seen together, by one clinician or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_clinicians
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.resource import Resource
from domain.practice.seats import checked_seats
from domain.practice.service import Service
from domain.scheduling.availability.joint_slot import joint_slot
from domain.scheduling.availability.query import Slot
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import GroupSessionTerms, checked_staff
from domain.scheduling.time_claim import TimeRelease


@dataclass(frozen=True, slots=True)
class PlanSession(Command[GroupSession]):
    """``staff_ids`` all give it, the first of them leads. Resources that are named are used; what the service requires beyond is chosen.

    ``seats`` None is as many as the service says.
    """

    service_id: UUID
    staff_ids: tuple[UUID, ...]
    starts_at: datetime
    seats: int | None = None
    resource_ids: tuple[UUID, ...] = ()


def _own_staff(log: PracticeLog, actor: Actor, command: PlanSession) -> None:
    own_clinicians(actor, *command.staff_ids)


@handles(PlanSession, needs=Permission.CHANGE_VISITS, within=_own_staff, detects_repeats=True)
def plan_session(log: PracticeLog, command: PlanSession, context: Context) -> Outcome[GroupSession]:
    """Raises NotFoundError: no such service, clinician or resource; InvalidValueError: no number of seats; what
    ``joint_slot`` raises: the time is not free.
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
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in schedule.expired),
        *session.claims(),
        *limit_guards(schedule.catalogue, session),
    ]
    return log.commit(session, by=context.provenance, guards=guards)


def seats_of(service: Service, seats: int | None) -> int:
    """Return how many seats there are to be: so many, or what the service says. Raises InvalidValueError: nobody does, or it cannot be."""
    number = service.seats if seats is None else seats
    if number is None:
        raise InvalidValueError("seats", "say how many seats there are; the service does not")
    return checked_seats(number)


def terms_of(service: Service, staff_ids: Sequence[UUID], slot: Slot, seats: int) -> GroupSessionTerms:
    """Return what is planned, under the terms of the service as they are now."""
    terms = service.terms
    return GroupSessionTerms(
        service_id=service.id,
        staff_ids=tuple(staff_ids),
        location_id=slot.location_id,
        resource_ids=slot.resource_ids,
        during=TimeRange(slot.starts_at, slot.ends_at),
        price=terms.price,
        mode=terms.mode,
        seats=seats,
        buffer_before_minutes=terms.buffer_before_minutes,
        buffer_after_minutes=terms.buffer_after_minutes,
    )
