"""Creates the demo practice and books its coming week; existing records stay unchanged."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container
from api.demo import content
from api.demo.key_file import DemoKey, demo_key
from application.access.secret_keys import hash_of
from application.kernel.commands import Command
from application.kernel.permissions import Actor
from application.patients.register_patient import RegisterPatient
from application.practice.add_resource import AddResource
from application.practice.join_clinician import JoinClinician
from application.practice.offer_service import OfferService
from application.practice.open_location import OpenLocation
from application.practice.open_practice import OpenPractice
from application.practice.set_clinician_hours import SetClinicianHours
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.availability.find_slots import FindSlots
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import RuleBrokenError
from domain.kernel.money import Money
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone
from domain.practice.service import Mode, ServiceTerms
from domain.scheduling.appointments.appointment import Appointment

T = TypeVar("T", bound=Aggregate)
DAYS_AHEAD: Final = 7


def make_demo(container: Container) -> DemoKey:
    """Return the demo practice and its owner's key, the same each time.

    A run that was killed is completed by the next one.

    Raises OSError: the key cannot be kept.
    """
    key = demo_key(container.settings.data / "secrets" / "demo.json")
    demo = _Demo(container, key.practice_id)
    demo.open(key.api_key)
    demo.furnish()
    demo.book()
    container.read_models.catch_up(key.practice_id)
    return key


class _Demo:
    """Executes each step under a command id of its own, so a repeat records nothing."""

    def __init__(self, container: Container, practice_id: UUID) -> None:
        self._bus, self._actor = container.bus, Actor.system(practice_id)
        self._logs, self._clock = container.logs, container.clock
        self._id = practice_id
        self._locations: dict[str, UUID] = {}
        self._clinicians: dict[str, UUID] = {}
        self._services: dict[str, UUID] = {}
        self._patients: dict[str, UUID] = {}

    def open(self, api_key: str) -> None:
        command = OpenPractice(
            self._id, content.NAME, content.ZONE, content.CURRENCY, content.LOCALE, uuid7(), hash_of(api_key)
        )
        self._execute(command, "open")

    def furnish(self) -> None:
        """Make the places, people and services."""
        for place in content.LOCATIONS:
            location = self._execute(OpenLocation(place.name, place.zone), f"location {place.name}")
            self._locations[place.name] = location.id
            for kind, name in place.resources:
                self._execute(AddResource(location.id, kind, name), f"resource {name}")
        for person in content.CLINICIANS:
            self._clinicians[person.name] = self._joined(person)
        for service in content.SERVICES:
            self._services[service.name] = self._offered(service)
        for patient in content.PATIENTS:
            self._patients[patient.given_name] = self._registered(patient)

    def book(self) -> None:
        """Fill the days from today on, as far as they are free; each day once."""
        today = self._clock.now().astimezone(zone(content.ZONE)).date()
        for days in range(DAYS_AHEAD):
            for number, visit in enumerate(content.VISITS):
                self._book(today + timedelta(days=days), number, visit)

    def _joined(self, person: content.DemoClinician) -> UUID:
        location = next(place for place in content.LOCATIONS if place.name == person.location)
        clinician = self._execute(JoinClinician(person.name, person.email, location.zone), f"clinician {person.name}")
        self._execute(
            SetClinicianHours(clinician.id, self._locations[person.location], person.weekly, ()), f"hours {person.name}"
        )
        return clinician.id

    def _offered(self, service: content.DemoService) -> UUID:
        terms = ServiceTerms(
            name=service.name,
            duration_minutes=service.duration_minutes,
            price=Money(service.price_amount_minor, content.CURRENCY),
            buffer_after_minutes=service.buffer_after_minutes,
            step_minutes=service.step_minutes,
            minimum_notice_minutes=120,
            horizon_days=180,
            mode=Mode(service.mode),
            clinician_ids=tuple(self._clinicians[name] for name in service.clinicians),
            requires=service.requires,
        )
        return self._execute(OfferService(terms), f"service {service.name}").id

    def _registered(self, patient: content.DemoPatient) -> UUID:
        command = RegisterPatient(
            given_name=patient.given_name,
            family_name=patient.family_name,
            email=patient.email,
            phone=patient.phone,
            date_of_birth=date.fromisoformat(patient.born),
            tags=patient.tags,
            zone=patient.zone,
            locale=patient.locale,
        )
        return self._execute(command, f"patient {patient.given_name}").id

    def _book(self, on_date: date, number: int, visit: content.DemoVisit) -> None:
        by = self._step(f"visit {on_date} {number}")
        if self._logs.of(self._id).answered(Appointment, by):
            return
        service_id, clinician_id = self._services[visit.service], self._clinicians[visit.clinician]
        midnight = datetime.combine(on_date, time(), zone(content.ZONE)).astimezone(UTC)
        day = TimeRange(midnight, midnight + timedelta(days=1))
        found = self._bus.ask(self._actor, FindSlots(service_id, clinician_id, day))
        if not found.choices:
            return
        chosen = found.choices[visit.nth % len(found.choices)].slot
        command = BookAppointment(self._patients[visit.patient], service_id, clinician_id, chosen.starts_at)
        try:
            self._bus.execute(self._actor, command, by)
        except RuleBrokenError:
            # A user of the demo has just booked the time.
            return

    def _execute(self, command: Command[T], step: str) -> T:
        return self._bus.execute(self._actor, command, self._step(step)).aggregate

    def _step(self, name: str) -> Provenance:
        return Provenance("demo", uuid5(self._id, name), hashlib.sha256(name.encode()).digest())
