"""Random but seeded histories of a practice, remembered for comparison with the views."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.access.api_key import ApiKey, Role
from domain.importing.data_import import DataImport, ImportStatus
from domain.kernel.aggregate import Aggregate
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.patients.contact import Contact, ContactKind
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.location import Location, LocationDetails
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.cancellation import CancelledBy
from tests.support.container import Container, by_test
from tests.support.session_histories import SessionHistories
from tests.support.waitlist_histories import WaitlistHistories

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
GIVEN_NAMES = ("Noa", "נועה", "Jürgen", "Anna", "Zoë", "أمل", "Li")
FAMILY_NAMES = ("Cohen", "כהן", "Müller", "Ben-David", "O'Brien", "Groß", "van der Berg", "李")


@dataclass
class RandomHistory:
    """Random events of one practice. Visits may overlap: no time is claimed in tests of views."""

    container: Container
    log: PracticeLog
    random: Random
    patients: list[Patient] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    api_keys: list[ApiKey] = field(default_factory=list)
    imports: list[DataImport] = field(default_factory=list)
    clinicians: list[UUID] = field(default_factory=lambda: [uuid7(), uuid7()])
    rooms: list[UUID] = field(default_factory=lambda: [uuid7(), uuid7(), uuid7()])
    service_id: UUID = field(default_factory=uuid7)
    location_id: UUID = field(default_factory=uuid7)
    gathering: SessionHistories = field(init=False)
    waiting: WaitlistHistories = field(init=False)

    def __post_init__(self) -> None:
        self.gathering = SessionHistories(self.random, self.service_id, self.location_id, self.clinicians, self.rooms)
        self.waiting = WaitlistHistories(self.random, self.service_id, self.clinicians)

    @property
    def tenant_id(self) -> UUID:
        return self.log.tenant_id

    def append_events(self, number: int, *, batch_size: int = 1) -> int:
        """Append events of ``number`` random changes, ``batch_size`` changes in one append.

        Return the last position.
        """
        position = 0
        for start in range(0, number, batch_size):
            changed = [self._random_event() for _ in range(min(batch_size, number - start))]
            if batch_size > 1:
                self.container.keys.create(self.tenant_id, [one.id for one in changed if isinstance(one, Patient)])
            position = self.log.record(*changed, by=by_test())
        return position

    def register(self, **details: object) -> Patient:
        patient = Patient.register(id=uuid7(), details=self.details(**details), at=NOW)
        self.patients.append(patient)
        return patient

    def erase(self, patient: Patient) -> int:
        """Forget a patient as the program does: the fact first, then the key."""
        patient.erase(NOW)
        position = self.log.record(patient, by=by_test())
        self.container.keys.erase(self.tenant_id, patient.id)
        return position

    def book(
        self, patient: Patient | None = None, starts_at: datetime | None = None, *, is_request: bool = False
    ) -> Appointment:
        starts_at = starts_at or NOW + timedelta(minutes=15 * self.random.randint(1, 2000))
        visit = Visit(
            patient_id=(patient or self.random.choice(self.patients)).id,
            service_id=self.service_id,
            clinician_id=self.random.choice(self.clinicians),
            location_id=self.location_id,
            resource_ids=tuple(self.random.sample(self.rooms, self.random.randint(0, 2))),
            during=TimeRange(starts_at, starts_at + timedelta(minutes=self.random.choice((25, 50, 90)))),
            price=Money(8000, "EUR"),
            mode="in_person",
            buffer_after_minutes=10,
            cancellation_notice_minutes=self.random.choice((None, 0, 1440)),
        )
        appointment = (Appointment.request if is_request else Appointment.book)(id=uuid7(), visit=visit, at=NOW)
        self.appointments.append(appointment)
        return appointment

    def _random_event(self) -> Aggregate:
        if self.patients and not self.imports:
            hash_ = self.random.randbytes(32).hex()
            self.imports.append(DataImport.start(id=uuid7(), kind="patients", source="jane", file_hash=hash_, at=NOW))
            return self.imports[0]
        if self.gathering.sessions and (not self.gathering.courses or self.random.random() < 0.02):
            return self.gathering.course()
        kind = self.random.random()
        if kind < 0.2 or not self.patients:
            return self.register()
        if kind < 0.25:
            patient = self.random.choice(self.patients)
            if patient.is_withdrawn:
                patient.reinstate(NOW)
                return patient
            if not patient.is_erased and patient.merged_into is None:
                self._patient_goes_on(patient)
                return patient
        if kind < 0.27 and self.imports:
            return self._import_goes_on(self.random.choice(self.imports))
        if kind < 0.3:
            return self._key()
        if kind < 0.4:
            return self.gathering.random_event(self.random.choice(self.patients).id)
        if kind < 0.45:
            return self._location()
        if kind < 0.55:
            return self.waiting.random_event(self.random.choice(self.patients).id)
        if kind < 0.73 or not self.appointments:
            return self.book(is_request=self.random.random() < 0.3)
        return self._visit_goes_on(self.random.choice(self.appointments))

    def _location(self) -> Location:
        """Return a new location, the first being that of the visits, or a renamed one."""
        if self.locations and self.random.random() < 0.5:
            location = self.random.choice(self.locations)
            location.change(LocationDetails(f"Haus {self.random.random()}", "Europe/Berlin"), NOW)
            return location
        id_ = uuid7() if self.locations else self.location_id
        self.locations.append(Location.open(id=id_, details=LocationDetails("Haus", "Europe/Berlin"), at=NOW))
        return self.locations[-1]

    def merge(self, survivor: Patient, other: Patient) -> int:
        """Let one patient stand for another, in one append."""
        survivor.absorb(other, NOW)
        return self.log.record(survivor, other, by=by_test())

    def _patient_goes_on(self, patient: Patient) -> None:
        match self.random.randrange(4):
            case 3 if not patient.merged_ids:
                patient.withdraw(NOW)
            case 0:
                patient.change_details(self.details(), NOW)
            case 1:
                name = f"{self.random.choice(GIVEN_NAMES)} {self.random.choice(FAMILY_NAMES)}"
                contact = Contact(id=uuid7(), kind=ContactKind.FAMILY, name=name, phone="+972501234567")
                patient.set_contacts([contact], NOW)
            case _:
                patient.change_remarks("prefers mornings", self.random.choice((None, "פניצילין")), NOW)

    def _visit_goes_on(self, appointment: Appointment) -> Appointment:
        if appointment.last_act is not None and self.random.random() < 0.2:
            appointment.undo(NOW)
        elif self.random.random() < 0.1:
            appointment.change_notes(f"Türcode {self.random.random()}, קוד", NOW)
        elif appointment.status == Status.REQUESTED:
            if self.random.random() < 0.3:
                appointment.decline("voll, מלא", NOW)
            else:
                appointment.confirm(self.random.sample(self.rooms, 1), NOW)
        elif appointment.status == Status.BOOKED:
            starts_at = appointment.starts_at + timedelta(minutes=15)
            match self.random.randrange(6):
                case 0:
                    to = TimeRange(starts_at, starts_at + timedelta(minutes=50))
                    appointment.reschedule(to, self.random.sample(self.rooms, 1), NOW)
                case 1:
                    appointment.cancel("krank, נדחה", NOW, self.random.choice((None, *CancelledBy)))
                case 2:
                    appointment.check_in(appointment.starts_at)
                case 3:
                    rooms = self.random.sample(self.rooms, 1)
                    appointment.reassign(self.random.choice(self.clinicians), self.location_id, rooms, NOW)
                case 4 if appointment.version == 1:
                    appointment.exempt(["time_taken"], [uuid7()], [appointment.clinician_id], "dringend", NOW)
                case _:
                    appointment.mark_no_show(starts_at)
        elif appointment.status == Status.CHECKED_IN:
            appointment.complete(appointment.ends_at)
        else:
            return self.book()
        return appointment

    def _import_goes_on(self, one: DataImport) -> DataImport:
        rows = self.random.randrange(100)
        if not one.finish(rows, rows // 2, rows // 3, rows // 7, NOW) and (
            one.status is ImportStatus.UNDONE or not one.undo(2, [uuid7()], NOW)
        ):
            one.resume(NOW)
        return one

    def _key(self) -> ApiKey:
        if self.api_keys and self.random.random() < 0.4:
            key = self.random.choice(self.api_keys)
            key.revoke("lost", NOW)
            return key
        secret = hashlib.sha256(self.random.randbytes(16)).hexdigest()
        key = ApiKey.issue(id=uuid7(), role=Role.FRONT_DESK, label="desk", key_hash=secret, at=NOW)
        self.api_keys.append(key)
        return key

    def details(self, **given: object) -> PatientDetails:
        """Return what a patient might say of themselves, but for what is given."""
        number = self.random.randint(1_000_000, 9_999_999)
        details = {
            "given_name": self.random.choice(GIVEN_NAMES),
            "family_name": self.random.choice(FAMILY_NAMES),
            "email": f"p{number}@example.org" if self.random.random() < 0.7 else None,
            "phone": f"+97250{number}" if self.random.random() < 0.7 else None,
            "date_of_birth": date(1980, 1, 1) + timedelta(days=self.random.randint(0, 9000)),
            "tags": ("new",) if self.random.random() < 0.3 else (),
            "zone": self.random.choice((None, "Asia/Jerusalem", "Europe/Berlin")),
            "locale": self.random.choice((None, "he-IL")),
        }
        return PatientDetails(**(details | given))  # type: ignore[arg-type]  # the fields are those of PatientDetails
