"""What a visit is shown beside: whose it is, and which clock hangs where it takes place."""

from functools import cache
from uuid import UUID

from application.errors import NotFoundError
from application.practice_log import PracticeLog
from domain.patient_standing import PatientStanding
from domain.patients.patient import Patient
from domain.practice.location import Location


class Surroundings:
    """Answers as of one position of the log, or as of now. What it was asked about the past it remembers."""

    def __init__(self, log: PracticeLog, position: int | None = None) -> None:
        self._log = log
        self._position = position
        self._patient = cache(lambda id_: log.look_up(Patient, id_, position))
        self._location = cache(lambda id_: log.look_up(Location, id_, position))

    def standing(self, patient_id: UUID) -> PatientStanding:
        """Return how a patient stands: one who is merged away stands as the survivor does.

        Raises NotYetError: nobody was known by this id then.
        """
        if self._position is None:
            return self._log.reader.patient_standing(patient_id)
        patient = self._patient(patient_id)
        person = self._patient(patient.merged_into) if patient.merged_into else patient
        return PatientStanding(
            person.zone, patient.merged_into, tuple(id_ for id_ in person.family_ids if self.alert(id_))
        )

    def alert(self, patient_id: UUID) -> str | None:
        """Return a patient's own alert; None where there is none, or it is gone for ever."""
        patient = self._patient(patient_id)
        return patient.alert if isinstance(patient.alert, str) and not patient.is_erased else None

    def zone(self, location_id: UUID) -> str:
        """Return a location's zone; a catalogue is read again only if it does not know the location yet."""
        if self._position is not None:
            return self._location(location_id).zone
        try:
            return self._log.catalogue(at_least=0).one(Location, location_id).zone
        except NotFoundError:
            return self._log.catalogue().one(Location, location_id).zone
