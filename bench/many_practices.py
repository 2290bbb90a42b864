"""Many practices, each opened by the product's code in one append, before visits are inserted."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container
from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
from bench.bookable_practice import WEEKDAYS
from domain.access.api_key import ApiKey, Role
from domain.kernel.aggregate import Aggregate
from domain.kernel.money import Money
from domain.kernel.provenance import Provenance
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice, PracticeSettings
from domain.practice.resource import Resource
from domain.practice.service import Service, ServiceTerms
from domain.practice.weekly_hours import OpeningHours

_ZONE: Final = "Europe/Berlin"
_HOURS: Final = OpeningHours.parse([f"{day} 06:00-22:00" for day in WEEKDAYS])
_PATIENTS: Final = 5


@dataclass(frozen=True, slots=True)
class BenchPractice:
    """A practice with visits of 30 minutes and as many rooms as clinicians."""

    practice_id: UUID
    key: str
    location_id: UUID
    service_id: UUID
    clinicians: Sequence[UUID]
    rooms: Sequence[UUID]
    patients: Sequence[UUID]


def open_bench_practice(container: Container, clinicians: int) -> BenchPractice:
    """Open a practice with that many clinicians; a projector builds its read models later."""
    now, ids = datetime.now(UTC), [uuid7() for _ in range(2 * clinicians + _PATIENTS + 4)]
    practice_id, key_id, location_id, service_id, *others = ids
    rooms, people, patients = others[:clinicians], others[clinicians : 2 * clinicians], others[2 * clinicians :]
    key = new_token(KEY_PREFIX)
    aggregates: list[Aggregate] = [
        Practice.open(id=practice_id, settings=PracticeSettings("Praxis am See", _ZONE, "EUR", "de"), at=now),
        ApiKey.issue(id=key_id, role=Role.OWNER, label="owner", key_hash=hash_of(key), at=now),
        Location.open(id=location_id, details=LocationDetails("Haus am See", _ZONE), at=now),
    ]
    for number, (room_id, person_id) in enumerate(zip(rooms, people, strict=True), start=1):
        aggregates.append(Resource.add(id=room_id, location_id=location_id, kind="room", name=f"Raum {number}", at=now))
        details = ClinicianDetails(f"Dr. Noa Grün {number}", f"noa{number}@example.org", _ZONE)
        clinician = Clinician.join(id=person_id, details=details, at=now)
        clinician.set_hours(location_id, _HOURS, now)
        aggregates.append(clinician)
    terms = ServiceTerms(
        name="Physiotherapie",
        duration_minutes=30,
        price=Money(8000, "EUR"),
        minimum_notice_minutes=60,
        clinician_ids=tuple(people),
        requires=("room",),
    )
    aggregates.append(Service.offer(id=service_id, terms=terms, at=now))
    aggregates += [
        Patient.register(id=each, details=PatientDetails(given_name="תמר", family_name=f"Müller-{number}"), at=now)
        for number, each in enumerate(patients)
    ]
    container.storage.store.keys.create_practice(practice_id)
    container.storage.keys.create(practice_id, [*people, *patients])
    container.logs.begin(practice_id).record(*aggregates, by=Provenance("bench", uuid7()))
    return BenchPractice(practice_id, key, location_id, service_id, people, rooms, patients)


def open_bench_practices(container: Container, clinicians: Sequence[int]) -> list[BenchPractice]:
    """Open a practice for each number of clinicians, in parallel: they wait for the disk."""
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda number: open_bench_practice(container, number), clinicians))
