"""Changes the terms of a service, or stops offering it."""

from dataclasses import dataclass, replace

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.seats import SeatsOffered
from domain.practice.service import ClinicianTerms, Service
from domain.practice.visit_limits import VisitLimits


@dataclass(frozen=True, slots=True)
class ChangeService(Change[Service]):
    """Booked visits keep their terms."""

    changes: Changes
    limits: VisitLimits | None = None
    """None: unchanged; ``VisitLimits()``: no limit."""
    seats: SeatsOffered | None = None
    """None: unchanged; ``SeatsOffered()``: no default."""
    clinician_terms: tuple[ClinicianTerms, ...] | None = None
    """None: unchanged, but a clinician who no longer gives the service loses theirs."""


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
    if command.clinician_terms is not None:
        service.set_clinician_terms(command.clinician_terms, context.now)
    return log.commit(service, by=context.provenance)
