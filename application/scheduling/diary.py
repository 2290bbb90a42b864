"""A practice's diary: what the availability function must be told, read from the log at one position."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from application.catalogue import Catalogue
from application.errors import NotFoundError
from application.practice_log import PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.consultation import Consultation
from domain.scheduling.question import Candidate, Place, Question, VisitRules
from domain.scheduling.time_claim import TimeClaim
from domain.time_range import TimeRange
from domain.weekly_hours import OpeningHours


@dataclass(frozen=True, slots=True)
class Diary:
    """The catalogue and the busy times of one service's clinicians and resources, at one position of the log."""

    service: Service
    catalogue: Catalogue
    consultation: Consultation
    now: datetime

    def question(
        self, clinician_id: UUID, *, without: UUID | None = None, preferred: Collection[UUID] = ()
    ) -> Question:
        """Return what decides when the clinician can give the service.

        ``without`` is an appointment whose own claims do not count, because it is being moved; ``preferred`` resources are
        chosen before others. Raises NotFoundError: there is no such clinician.
        """
        clinician = self.catalogue.one(Clinician, clinician_id)
        claims: dict[UUID, list[TimeClaim]] = {}
        for claim in self.consultation.claims:
            if claim.holder_id != without:
                claims.setdefault(claim.what, []).append(claim)
        fields = self.service.fields
        return Question(
            now=self.now,
            rules=rules_of(self.service),
            places=[
                Place(
                    location_id=location_id,
                    zone=self.catalogue.one(Location, location_id).zone,
                    hours=_parsed(tuple(hours.weekly), tuple(hours.overrides)),
                    candidates=[
                        Candidate(resource.id, resource.kind, claims.get(resource.id, ()))
                        # Each clinician has an order of rooms of their own, always the same: people who are booked
                        # at the same moment then rarely reach for the same room.
                        for resource in sorted(
                            self.catalogue.all(Resource),
                            key=lambda each: (each.id not in preferred, each.id.int ^ clinician_id.int),
                        )
                        if resource.active and resource.location_id == location_id
                    ],
                )
                for location_id, hours in clinician.hours.items()
            ],
            busy=claims.get(clinician_id, ()),
            is_offering=self.service.active and clinician_id in fields["clinician_ids"],
        )


def rules_of(service: Service) -> VisitRules:
    """Return what a service asks of a visit's time."""
    fields = service.fields
    return VisitRules(
        duration_minutes=fields["duration_minutes"],
        step_minutes=fields["step_minutes"],
        buffer_before_minutes=fields["buffer_before_minutes"],
        buffer_after_minutes=fields["buffer_after_minutes"],
        minimum_notice_minutes=fields["minimum_notice_minutes"],
        horizon_days=fields["horizon_days"],
        requires=tuple(fields["requires"]),
    )


def open_diary(
    log: PracticeLog,
    service_id: UUID,
    clinician_ids: Sequence[UUID] | None,
    window: TimeRange,
    now: datetime,
    *,
    resource_ids: Collection[UUID] = (),
    patient_id: UUID | None = None,
    command_id: UUID | None = None,
) -> Diary:
    """Read all that decides whether visits of a service may start in a window; None means all clinicians who give it.

    One round trip, unless the catalogue has changed since this process read it last: then it is caught up and asked again,
    so that claims and catalogue belong to one position. Raises NotFoundError: there is no such service.
    """
    catalogue = log.catalogue(at_least=0)
    while True:
        service = catalogue.things.get(service_id)
        consultation = log.reader.consult(
            _what(catalogue, service, clinician_ids, resource_ids),
            rules_of(service).reach(window) if isinstance(service, Service) else window,
            patient_id=patient_id,
            command_id=command_id,
        )
        if consultation.catalogue_position <= catalogue.position:
            break
        catalogue = log.catalogue(at_least=consultation.catalogue_position)
    if not isinstance(service, Service):
        raise NotFoundError("service")
    return Diary(service, catalogue, consultation, now)


def _what(
    catalogue: Catalogue, service: object, clinician_ids: Sequence[UUID] | None, resource_ids: Collection[UUID]
) -> list[UUID]:
    """Whose busy times matter: the clinicians', and those of each resource that may be chosen or was named."""
    if not isinstance(service, Service):
        return []
    kinds = service.fields["requires"]
    clinicians = service.fields["clinician_ids"] if clinician_ids is None else clinician_ids
    resources = [r.id for r in catalogue.all(Resource) if r.kind in kinds or r.id in resource_ids]
    return [*clinicians, *resources]


@lru_cache(maxsize=4096)
def _parsed(weekly: tuple[str, ...], overrides: tuple[str, ...]) -> OpeningHours:
    """Parsed once: the same hours are asked about with each booking."""
    return OpeningHours.parse(weekly, overrides)
