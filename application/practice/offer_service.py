"""Offers a service."""

from dataclasses import dataclass
from uuid import UUID

from application.handlers import MakingHandler
from application.practice.references import require_clinicians
from application.practice_log import PracticeLog
from domain.practice.service import Service, ServiceTerms


@dataclass(frozen=True, slots=True)
class OfferService:
    terms: ServiceTerms


class OfferServiceHandler(MakingHandler[OfferService, Service]):
    kind = Service

    def make(self, log: PracticeLog, command: OfferService, id: UUID) -> Service:
        """Raises NotFoundError: there is no such clinician."""
        require_clinicians(log, command.terms.clinician_ids)
        return Service.offer(id=id, terms=command.terms, at=self._clock.now())
