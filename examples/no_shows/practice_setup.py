"""Create the practice in which rows are booked, or the clinicians that a later file needs."""

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.scheduling.availability.schedule import rules_of
from application.scheduling.availability.working_hours import hours_at
from domain.kernel.aggregate import Aggregate
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.practice.weekly_hours import Hours
from domain.scheduling.availability.query import VisitRules
from no_shows.identities import Identities
from no_shows.mapping import NoShowsMapping


@dataclass(frozen=True, slots=True)
class PracticeSetup:
    """One practice as the import uses it; ``made`` are the aggregates to append."""

    location: Location
    service: Service
    clinicians: tuple[Clinician, ...]
    made: tuple[Aggregate, ...]

    @property
    def rules(self) -> VisitRules:
        """The rules of the service. Notice and horizon do not apply to bookings of the past."""
        return replace(rules_of(self.service.terms), minimum_notice_minutes=0, horizon_days=1)

    def hours_of(self, clinician: Clinician) -> Hours:
        """Return the working hours of a clinician; none if people have removed them."""
        return hours_at(clinician, self.location.id)


def set_up(
    mapping: NoShowsMapping, practice_id: UUID, name: str, catalogue: Catalogue, clinicians: int, at: datetime
) -> PracticeSetup:
    """Return the practice with at least ``clinicians`` clinicians.

    Changes by people since an earlier import stay.
    """
    location_id, service_id = Identities.location(practice_id), Identities.service(practice_id)
    clinician_ids = [Identities.clinician(practice_id, number) for number in range(1, clinicians + 1)]
    made: dict[UUID, Aggregate] = {}
    if practice_id not in catalogue.aggregates:
        made[practice_id] = Practice.open(id=practice_id, settings=mapping.practice_settings(name), at=at)
        made[location_id] = Location.open(id=location_id, details=LocationDetails(name, mapping.practice.zone), at=at)
    joining = [id_ for id_ in clinician_ids if id_ not in catalogue.aggregates]
    for id_ in joining:
        details = ClinicianDetails(mapping.clinician_name(clinician_ids.index(id_) + 1), None, mapping.practice.zone)
        clinician = made[id_] = Clinician.join(id=id_, details=details, at=at)
        clinician.set_hours(location_id, mapping.opening_hours(), at)
    if service_id not in catalogue.aggregates:
        terms = replace(mapping.service_terms(), clinician_ids=tuple(clinician_ids))
        made[service_id] = Service.offer(id=service_id, terms=terms, at=at)
    elif joining:
        # Threads share the catalogue; only a copy may change.
        service = made[service_id] = deepcopy(catalogue.one(Service, service_id))
        service.change(replace(service.terms, clinician_ids=(*service.terms.clinician_ids, *joining)), at)
    after = replace(catalogue, aggregates={**catalogue.aggregates, **made})
    return PracticeSetup(
        after.one(Location, location_id),
        after.one(Service, service_id),
        tuple(after.one(Clinician, id_) for id_ in clinician_ids),
        tuple(made.values()),
    )
