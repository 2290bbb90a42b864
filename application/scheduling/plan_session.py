"""Plans a session: one time at which several people are seen together, by one clinician or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.outcome import Outcome
from application.ports import Clock
from application.practice_log import PracticeLog, PracticeLogs
from application.scheduling.book_appointment import instant
from application.scheduling.diary import open_diary
from application.scheduling.limits import caps_on_session
from application.scheduling.overtaking import OvertakenError, decided_anew
from domain.errors import InvalidValueError
from domain.money import Money
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.provenance import CommandRepeatedError, Provenance
from domain.scheduling.errors import LimitReachedError, TimeTakenError
from domain.scheduling.question import Slot
from domain.scheduling.session import Session
from domain.scheduling.session_terms import SessionTerms, checked_staff
from domain.scheduling.slot_together import slot_together
from domain.seats import checked_seats
from domain.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class PlanSession:
    """``staff_ids`` all give it, the first of them leads. Resources that are named are used; what the service requires beyond is chosen.

    ``seats`` None is as many as the service says.
    """

    service_id: UUID
    staff_ids: tuple[UUID, ...]
    starts_at: datetime
    seats: int | None = None
    resource_ids: tuple[UUID, ...] = ()


class PlanSessionHandler:
    """Carries out PlanSession."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: PlanSession, by: Provenance) -> Outcome[Session]:
        """Raises NotFoundError: no such service, clinician or resource; InvalidValueError: nobody says how many seats; what
        ``slot_together`` raises: the time is not free.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(
            Session, by, lambda: decided_anew(lambda: self._plan(log, command, by)), checks_itself=True
        )

    def _plan(self, log: PracticeLog, command: PlanSession, by: Provenance) -> Outcome[Session]:
        now, staff = self._clock.now(), checked_staff(command.staff_ids)
        diary = open_diary(
            log,
            command.service_id,
            staff,
            instant(command.starts_at),
            now,
            resource_ids=command.resource_ids,
            command_id=by.command_id,
        )
        if diary.consultation.is_command_recorded:
            raise CommandRepeatedError
        for resource_id in command.resource_ids:
            diary.catalogue.one(Resource, resource_id)
        questions = [diary.question(clinician_id) for clinician_id in staff]
        slot = slot_together(questions, command.starts_at, command.resource_ids)
        terms = terms_of(diary.service, staff, slot, seats_of(diary.service, command.seats))
        session = Session.plan(id=uuid7(), terms=terms, at=now)
        caps = caps_on_session(diary.catalogue, session)
        try:
            position = log.record(session, by=by, claims=session.claims(), releases=diary.expired, caps=caps)
        except (TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        return Outcome(session, position)


def seats_of(service: Service, seats: int | None) -> int:
    """Return how many seats there are to be: so many, or what the service says. Raises InvalidValueError: nobody does, or it cannot be."""
    number = service.seats if seats is None else seats
    if number is None:
        raise InvalidValueError("seats", "say how many seats there are; the service does not")
    return checked_seats(number)


def terms_of(service: Service, staff_ids: Sequence[UUID], slot: Slot, seats: int) -> SessionTerms:
    """Return what is planned, under the terms of the service as they are now."""
    fields = service.fields
    return SessionTerms(
        service_id=service.id,
        staff_ids=tuple(staff_ids),
        location_id=slot.location_id,
        resource_ids=slot.resource_ids,
        during=TimeRange(slot.starts_at, slot.ends_at),
        price=Money(fields["price_amount_minor"], fields["price_currency"]),
        mode=fields["mode"],
        seats=seats,
        buffer_before_minutes=fields["buffer_before_minutes"],
        buffer_after_minutes=fields["buffer_after_minutes"],
    )
