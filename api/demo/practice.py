"""Makes the demo practice, and keeps a week of visits ahead of it; what is there already stays as it is."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container
from api.demo import content
from api.demo.key_file import DemoKey, demo_key
from application.access.secret_keys import hash_of
from application.patients.register_patient import RegisterPatient, RegisterPatientHandler
from application.practice.add_resource import AddResource, AddResourceHandler
from application.practice.join_clinician import JoinClinician, JoinClinicianHandler
from application.practice.offer_service import OfferService, OfferServiceHandler
from application.practice.open_location import OpenLocation, OpenLocationHandler
from application.practice.open_practice import OpenPractice, OpenPracticeHandler
from application.practice.set_clinician_hours import SetClinicianHours, SetClinicianHoursHandler
from application.scheduling.appointments.book_appointment import BookAppointment, BookAppointmentHandler
from application.scheduling.availability.find_slots import FindSlots, FindSlotsHandler
from domain.kernel.errors import RuleBrokenError
from domain.kernel.money import Money
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.kernel.zones import zone
from domain.practice.service import Mode, ServiceTerms
from domain.scheduling.appointments.appointment import Appointment

DAYS_AHEAD: Final = 7


def make_demo(container: Container) -> DemoKey:
    """Return the demo practice and its owner's key, the same each time. A run that was killed is finished by the next one.

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
    """Each step is a command with an id of its own, so that a second run finds it recorded and leaves it."""

    def __init__(self, container: Container, practice_id: UUID) -> None:
        self._container = container
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
        OpenPracticeHandler(self._logs, self._clock)(command, self._step("open"))

    def furnish(self) -> None:
        """Make the places, people and services."""
        for place in content.LOCATIONS:
            location = OpenLocationHandler(self._logs, self._clock)(
                self._id, OpenLocation(place.name, place.zone), self._step(f"location {place.name}")
            )
            self._locations[place.name] = location.thing.id
            for kind, name in place.resources:
                AddResourceHandler(self._logs, self._clock)(
                    self._id, AddResource(location.thing.id, kind, name), self._step(f"resource {name}")
                )
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
        clinician = JoinClinicianHandler(self._logs, self._clock)(
            self._id,
            JoinClinician(person.name, person.email, location.zone),
            self._step(f"clinician {person.name}"),
        )
        SetClinicianHoursHandler(self._logs, self._clock)(
            self._id,
            SetClinicianHours(clinician.thing.id, self._locations[person.location], person.weekly, ()),
            self._step(f"hours {person.name}"),
        )
        return clinician.thing.id

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
        handler = OfferServiceHandler(self._logs, self._clock)
        return handler(self._id, OfferService(terms), self._step(f"service {service.name}")).thing.id

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
        handler = RegisterPatientHandler(self._logs, self._clock)
        return handler(self._id, command, self._step(f"patient {patient.given_name}")).thing.id

    def _book(self, on_date: date, number: int, visit: content.DemoVisit) -> None:
        by = self._step(f"visit {on_date} {number}")
        if self._logs.of(self._id).answered(Appointment, by):
            return
        service_id, clinician_id = self._services[visit.service], self._clinicians[visit.clinician]
        midnight = datetime.combine(on_date, time(), zone(content.ZONE)).astimezone(UTC)
        day = TimeRange(midnight, midnight + timedelta(days=1))
        found = FindSlotsHandler(self._logs, self._clock)(self._id, FindSlots(service_id, clinician_id, day))
        if not found.choices:
            return
        chosen = found.choices[visit.nth % len(found.choices)].slot
        command = BookAppointment(self._patients[visit.patient], service_id, clinician_id, chosen.starts_at)
        try:
            BookAppointmentHandler(self._logs, self._clock)(self._id, command, by)
        except RuleBrokenError:
            # Somebody who tries the demo has just taken the time.
            return

    def _step(self, name: str) -> Provenance:
        return Provenance("demo", uuid5(self._id, name), hashlib.sha256(name.encode()).digest())
