"""Offers a service."""

from dataclasses import dataclass
from uuid import UUID

from application.handlers import MakingHandler
from application.practice.references import require_clinicians
from application.practice_log import PracticeLog
from domain.practice.service import Service, ServiceTerms
from domain.seats import NO_SEATS, SeatsOffered
from domain.visit_limits import NO_LIMITS, VisitLimits


@dataclass(frozen=True, slots=True)
class OfferService:
    terms: ServiceTerms
    limits: VisitLimits = NO_LIMITS
    seats: SeatsOffered = NO_SEATS


class OfferServiceHandler(MakingHandler[OfferService, Service]):
    kind = Service

    def make(self, log: PracticeLog, command: OfferService, id: UUID) -> Service:
        """Raises NotFoundError: there is no such clinician."""
        require_clinicians(log, command.terms.clinician_ids)
        now = self._clock.now()
        service = Service.offer(id=id, terms=command.terms, at=now)
        service.set_limits(command.limits, now)
        service.set_seats(command.seats, now)
        return service
