"""Creates the demo practice and books its coming week; existing records stay unchanged."""

import hashlib
import json
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container
from api.bootstrap.open_practice import NewPractice
from api.demo import content
from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
from application.kernel.commands import Command
from application.kernel.permissions import Actor
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
from domain.practice.service import ServiceTerms
from domain.scheduling.appointments.appointment import Appointment

T = TypeVar("T", bound=Aggregate)
DAYS_AHEAD: Final = 7


def make_demo(container: Container) -> NewPractice:
    """Create or complete the demo practice; return the same key each time. Raises OSError."""
    practice = _stored_practice(container.settings.data / "secrets" / "demo.json")
    demo = _Demo(container, practice.practice_id)
    demo.open(practice.api_key)
    demo.add_content()
    demo.book()
    container.read_models.catch_up(practice.practice_id)
    return practice


def _stored_practice(path: Path) -> NewPractice:
    """Return the content of the file; create it atomically, with mode 0600, if it is missing."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"practice_id": str(uuid7()), "api_key": new_token(KEY_PREFIX)}, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            # Unlike a rename, a link never replaces the file of another process.
            path.hardlink_to(unfinished)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    stored = json.loads(path.read_text())
    return NewPractice(UUID(stored["practice_id"]), stored["api_key"])


class _Demo:
    """Executes each command under a fixed id, so a repeat records nothing."""

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

    def add_content(self) -> None:
        for place in content.LOCATIONS:
            location = self._execute(OpenLocation(place.name, place.zone), f"location {place.name}")
            self._locations[place.name] = location.id
            for kind, name in place.resources:
                self._execute(AddResource(location.id, kind, name), f"resource {name}")
        for person in content.CLINICIANS:
            self._clinicians[person.name] = self._add_clinician(person)
        for service in content.SERVICES:
            self._services[service.name] = self._add_service(service)
        for patient in content.PATIENTS:
            self._patients[patient.given_name] = self._execute(patient, f"patient {patient.given_name}").id

    def book(self) -> None:
        """Book the visits of today and the following days, each once, if their times are free."""
        today = self._clock.now().astimezone(zone(content.ZONE)).date()
        for days in range(DAYS_AHEAD):
            for number, visit in enumerate(content.VISITS):
                self._book(today + timedelta(days=days), number, visit)

    def _add_clinician(self, person: content.DemoClinician) -> UUID:
        location = next(place for place in content.LOCATIONS if place.name == person.location)
        clinician = self._execute(JoinClinician(person.name, person.email, location.zone), f"clinician {person.name}")
        self._execute(
            SetClinicianHours(clinician.id, self._locations[person.location], person.weekly, ()), f"hours {person.name}"
        )
        return clinician.id

    def _add_service(self, service: content.DemoService) -> UUID:
        terms = ServiceTerms(
            name=service.name,
            duration_minutes=service.duration_minutes,
            price=Money(service.price_amount_minor, content.CURRENCY),
            buffer_after_minutes=service.buffer_after_minutes,
            step_minutes=service.step_minutes,
            minimum_notice_minutes=120,
            horizon_days=180,
            mode=service.mode,
            clinician_ids=tuple(self._clinicians[name] for name in service.clinicians),
            requires=service.requires,
        )
        return self._execute(OfferService(terms), f"service {service.name}").id

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
            return  # a user of the demo has just booked the time

    def _execute(self, command: Command[T], step: str) -> T:
        return self._bus.execute(self._actor, command, self._step(step)).aggregate

    def _step(self, name: str) -> Provenance:
        return Provenance("demo", uuid5(self._id, name), hashlib.sha256(name.encode()).digest())
