"""A practice with two clinicians, two rooms, two services and three patients."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.kernel.money import Money
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.resource import Resource
from domain.practice.service import Service, ServiceTerms
from domain.practice.weekly_hours import OpeningHours
from tests.support.container import Container, SettableClock, by_test

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
MONDAY = datetime(2026, 6, 1, 7, tzinfo=UTC)
"""Nine o'clock in Berlin, when the studio opens; it closes at one."""


def fixed_clock(at: datetime = NOW) -> SettableClock:
    return SettableClock(at)


@dataclass(frozen=True)
class SeededPractice:
    """Both services last 50 minutes; ``massage`` needs a room and has a buffer of 10 minutes."""

    log: PracticeLog
    clinicians: tuple[UUID, UUID]
    rooms: tuple[UUID, UUID]
    talk: UUID
    massage: UUID
    patients: tuple[UUID, ...]

    @property
    def tenant_id(self) -> UUID:
        return self.log.tenant_id


def seed_practice(container: Container) -> SeededPractice:
    log = container.practice()
    location = Location.open(id=uuid7(), details=LocationDetails("Mitte", "Europe/Berlin"), at=NOW)
    clinicians = [
        Clinician.join(id=uuid7(), details=ClinicianDetails(name, None, "Europe/Berlin"), at=NOW)
        for name in ("Maya", "Avi")
    ]
    for clinician in clinicians:
        clinician.set_hours(location.id, OpeningHours.parse(["mon 09:00-13:00"]), NOW)
    rooms = [Resource.add(id=uuid7(), location_id=location.id, kind="room", name=name, at=NOW) for name in ("1", "2")]
    ids = tuple(clinician.id for clinician in clinicians)
    talk = ServiceTerms(name="Talk", duration_minutes=50, price=Money(8000, "EUR"), step_minutes=30, clinician_ids=ids)
    massage = ServiceTerms(
        name="Massage",
        duration_minutes=50,
        price=Money(9000, "EUR"),
        step_minutes=30,
        buffer_after_minutes=10,
        clinician_ids=ids,
        requires=("room",),
    )
    services = [Service.offer(id=uuid7(), terms=terms, at=NOW) for terms in (talk, massage)]
    patients = [
        Patient.register(id=uuid7(), details=PatientDetails(given_name=name, family_name="Levi"), at=NOW)
        for name in ("Dana", "נועה", "Jürgen")
    ]
    log.record(location, *clinicians, *rooms, *services, *patients, by=by_test())
    return SeededPractice(
        log=log,
        clinicians=(clinicians[0].id, clinicians[1].id),
        rooms=(rooms[0].id, rooms[1].id),
        talk=services[0].id,
        massage=services[1].id,
        patients=tuple(patient.id for patient in patients),
    )
