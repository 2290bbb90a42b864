"""Changes the terms of a service, or stops to offer it."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.practice.references import require_clinicians
from domain.kernel.money import Money
from domain.practice.seats import SeatsOffered
from domain.practice.service import Mode, Service
from domain.practice.visit_limits import VisitLimits


class ServiceChanges(TypedDict, total=False):
    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int | None
    minimum_notice_minutes: int
    horizon_days: int
    mode: Mode
    clinician_ids: tuple[UUID, ...]
    requires: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class ChangeService:
    """Visits already booked keep the terms they were booked under."""

    id: UUID
    changes: ServiceChanges
    limits: VisitLimits | None = None
    """None leaves them as they are; ``VisitLimits()`` is no limit."""
    seats: SeatsOffered | None = None
    """None leaves them as they are; ``SeatsOffered()`` is no number."""
    expected_version: int | None = None


class ChangeServiceHandler(UpdateHandler[ChangeService, Service]):
    kind = Service

    def change(self, log: PracticeLog, thing: Service, command: ChangeService) -> None:
        """Raises NotFoundError: there is no such clinician; InvalidValueError."""
        require_clinicians(log, command.changes.get("clinician_ids", ()))
        now = self._clock.now()
        thing.change(replace(thing.terms, **command.changes), now)
        if command.limits is not None:
            thing.set_limits(command.limits, now)
        if command.seats is not None:
            thing.set_seats(command.seats, now)
