"""Loads what is shown with a visit: patient names, alerts, and the zone of the location."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.patients.standing import patient_standing
from domain.kernel.personal_data import Unreadable
from domain.patients.patient import Patient
from domain.patients.standing import PatientStanding
from domain.practice.location import Location


@dataclass(frozen=True, slots=True)
class Person:
    """The patient, or the survivor of a merge; ``name`` is None once erased."""

    patient_id: UUID
    name: tuple[str, str] | None
    zone: str | None
    alerts: Sequence[str]


class DisplayContext:
    """Loads as of a log position or now, and caches what it loaded.

    ``after``: a log position which what is shown now must include.
    """

    def __init__(self, log: PracticeLog, position: int | None = None, *, after: int | None = None) -> None:
        self._log = log
        self._position = position
        self._after = after or 0
        self._patients: dict[UUID, Patient] = {}
        self._zones: dict[UUID, str] = {}

    def standing(self, patient_id: UUID) -> PatientStanding:
        """Return the standing of a patient, or of the survivor. Raises NotYetError."""
        if self._position is None:
            return patient_standing(self._log.reader, patient_id)
        patient = self._patient(patient_id)
        person = self._patient(patient.merged_into) if patient.merged_into else patient
        alerted = tuple(id_ for id_ in person.family_ids if self.alert(id_))
        return PatientStanding(person.zone, patient.merged_into, alerted)

    def people(self, patient_ids: Collection[UUID]) -> Mapping[UUID, Person]:
        """Return each patient's person, in at most three round trips. Raises NotFoundError."""
        self._read(patient_ids)
        self._read({survivor for id_ in patient_ids if (survivor := self._patient(id_).merged_into)})
        standing = {id_: self._patient(self._patient(id_).merged_into or id_) for id_ in patient_ids}
        self._read({id_ for person in standing.values() for id_ in person.merged_ids})
        return {id_: self._person(person) for id_, person in standing.items()}

    def alert(self, patient_id: UUID) -> str | None:
        """Return the alert of one patient record; None if there is none or it was erased."""
        patient = self._patient(patient_id)
        return patient.alert if isinstance(patient.alert, str) and not patient.is_erased else None

    def zone(self, location_id: UUID) -> str:
        """Return a location's zone; only a change by another process after ``after`` may lack."""
        if location_id not in self._zones:
            self._zones[location_id] = self._read_zone(location_id)
        return self._zones[location_id]

    def _read_zone(self, location_id: UUID) -> str:
        if self._position is not None:
            return self._log.look_up(Location, location_id, self._position).zone
        return self._log.catalogue_with(location_id, self._after).one(Location, location_id).zone

    def _read(self, patient_ids: Collection[UUID]) -> None:
        if unread := [id_ for id_ in patient_ids if id_ not in self._patients]:
            self._patients |= self._log.load_all(Patient, unread, self._position, only_to_show=True)

    def _patient(self, patient_id: UUID) -> Patient:
        if patient_id not in self._patients:
            self._patients[patient_id] = self._log.look_up(Patient, patient_id, self._position)
        return self._patients[patient_id]

    def _person(self, patient: Patient) -> Person:
        given, family = patient.given_name, patient.family_name
        name = None
        if not (patient.is_erased or isinstance(given, Unreadable) or isinstance(family, Unreadable)):
            name = (given, family)
        alerts = [alert for id_ in (patient.id, *sorted(patient.merged_ids)) if (alert := self.alert(id_))]
        return Person(patient.id, name, patient.zone, alerts)
