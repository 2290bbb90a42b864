"""Changes the terms of a service, or stops offering it."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from domain.kernel.money import Money
from domain.practice.clinician import Clinician
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
class ChangeService(Change[Service]):
    """Booked visits keep their terms."""

    changes: ServiceChanges
    limits: VisitLimits | None = None
    """None: unchanged; ``VisitLimits()``: no limit."""
    seats: SeatsOffered | None = None
    """None: unchanged; ``SeatsOffered()``: no default."""


@handles(ChangeService, needs=Permission.CHANGE_PRACTICE)
def change_service(log: PracticeLog, command: ChangeService, context: Context) -> Outcome[Service]:
    """Raises NotFoundError: no such clinician; InvalidValueError."""
    log.require(*((Clinician, id) for id in command.changes.get("clinician_ids", ())))
    service = log.load(Service, command.id, command.expected_version)
    service.change(replace(service.terms, **command.changes), context.now)
    if command.limits is not None:
        service.set_limits(command.limits, context.now)
    if command.seats is not None:
        service.set_seats(command.seats, context.now)
    return log.commit(service, by=context.provenance)
