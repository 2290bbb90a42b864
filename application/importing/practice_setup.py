"""The practice that a file's rows are booked in: made on the first import, widened when the file needs more clinicians."""

from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from application.catalogue import Catalogue
from application.importing.identities import Identities
from application.importing.mapping import ImportMapping
from application.importing.rows import RequestedVisit
from domain.aggregate import Aggregate
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice
from domain.practice.service import Service


def clinicians_needed(visits: Iterable[RequestedVisit], visits_a_day: Callable[[date], int]) -> int:
    """Return how many clinicians the busiest day asks for, at least one.

    ``visits_a_day`` tells how many visits one clinician can have on a date, and is asked once for each; a date on which
    nobody can be seen asks for none.
    """
    wanted = Counter(visit.on_date for visit in visits)
    needed = [-(-count // one) for on, count in wanted.items() if (one := visits_a_day(on))]
    return max(needed, default=1)


@dataclass(frozen=True, slots=True)
class PracticeSetup:
    """One practice as the import uses it; ``made`` are the things that were not in the log yet."""

    location: Location
    service: Service
    clinicians: tuple[Clinician, ...]
    made: tuple[Aggregate, ...]


def set_up(
    mapping: ImportMapping, practice_id: UUID, name: str, catalogue: Catalogue, clinicians: int, at: datetime
) -> PracticeSetup:
    """Return the practice with at least so many clinicians. What its people changed since an earlier import stays changed."""
    location_id, service_id = Identities.location(practice_id), Identities.service(practice_id)
    clinician_ids = [Identities.clinician(practice_id, number) for number in range(1, clinicians + 1)]
    made: dict[UUID, Aggregate] = {}
    if practice_id not in catalogue.things:
        made[practice_id] = Practice.open(id=practice_id, settings=mapping.practice_settings(name), at=at)
        made[location_id] = Location.open(id=location_id, details=LocationDetails(name, mapping.practice.zone), at=at)
    joining = [id_ for id_ in clinician_ids if id_ not in catalogue.things]
    for id_ in joining:
        details = ClinicianDetails(mapping.clinician_name(clinician_ids.index(id_) + 1), None, mapping.practice.zone)
        clinician = made[id_] = Clinician.join(id=id_, details=details, at=at)
        clinician.set_hours(location_id, mapping.opening_hours(), at)
    if service_id not in catalogue.things:
        terms = replace(mapping.service_terms(), clinician_ids=tuple(clinician_ids))
        made[service_id] = Service.offer(id=service_id, terms=terms, at=at)
    elif joining:
        # The catalogue is shared with other threads; only a copy may change.
        service = made[service_id] = deepcopy(catalogue.one(Service, service_id))
        service.change(replace(service.terms, clinician_ids=(*service.terms.clinician_ids, *joining)), at)
    after = Catalogue(catalogue.position, {**catalogue.things, **made})
    return PracticeSetup(
        after.one(Location, location_id),
        after.one(Service, service_id),
        tuple(after.one(Clinician, id_) for id_ in clinician_ids),
        tuple(made.values()),
    )
