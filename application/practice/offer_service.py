"""Offers a service."""

from dataclasses import dataclass

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.seats import NO_SEATS, SeatsOffered
from domain.practice.service import ClinicianTerms, Service, ServiceTerms
from domain.practice.visit_limits import NO_LIMITS, VisitLimits


@dataclass(frozen=True, slots=True)
class OfferService(Command[Service]):
    terms: ServiceTerms
    limits: VisitLimits = NO_LIMITS
    seats: SeatsOffered = NO_SEATS
    clinician_terms: tuple[ClinicianTerms, ...] = ()


@handles(OfferService, needs=Permission.CHANGE_PRACTICE)
def offer_service(log: PracticeLog, command: OfferService, context: Context) -> Outcome[Service]:
    """Raises NotFoundError: no such clinician; what ``set_clinician_terms`` raises."""
    log.require(*((Clinician, id) for id in command.terms.clinician_ids))
    service = Service.offer(id=uuid7(), terms=command.terms, at=context.now)
    service.set_limits(command.limits, context.now)
    service.set_seats(command.seats, context.now)
    service.set_clinician_terms(command.clinician_terms, context.now)
    return log.commit(service, by=context.provenance)
