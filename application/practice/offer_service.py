"""Offers a service."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from application.practice.references import require_clinicians
from domain.practice.seats import NO_SEATS, SeatsOffered
from domain.practice.service import Service, ServiceTerms
from domain.practice.visit_limits import NO_LIMITS, VisitLimits


@dataclass(frozen=True, slots=True)
class OfferService:
    terms: ServiceTerms
    limits: VisitLimits = NO_LIMITS
    seats: SeatsOffered = NO_SEATS


class OfferServiceHandler(CreateHandler[OfferService, Service]):
    kind = Service

    def make(self, log: PracticeLog, command: OfferService, id: UUID) -> Service:
        """Raises NotFoundError: there is no such clinician."""
        require_clinicians(log, command.terms.clinician_ids)
        now = self._clock.now()
        service = Service.offer(id=id, terms=command.terms, at=now)
        service.set_limits(command.limits, now)
        service.set_seats(command.seats, now)
        return service
