"""Puts somebody on the wait list."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from application.patients.person import require_patient_of
from domain.kernel.errors import InvalidValueError
from domain.patients.standing import PatientSeen
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.errors import ClinicianNotOfferingError
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.preferences import WaitlistPreferences


@dataclass(frozen=True, slots=True)
class JoinWaitlist:
    patient_id: UUID
    service_id: UUID
    preferences: WaitlistPreferences


class JoinWaitlistHandler(CreateHandler[JoinWaitlist, WaitlistEntry]):
    """Carries out JoinWaitlist."""

    kind = WaitlistEntry

    def make(self, log: PracticeLog, command: JoinWaitlist, id: UUID) -> WaitlistEntry:
        """Raises NotFoundError: no such patient, service or clinician; PatientMergedError; ClinicianNotOfferingError; InvalidValueError:
        all windows are over.
        """
        now = self._clock.now()
        require_patient_of(log, command.patient_id)
        require_possible(log, command.service_id, command.preferences)
        windows = command.preferences.windows
        if windows and all(window.ends_at <= now for window in windows):
            raise InvalidValueError("windows", "these times have passed; name one to come, or none for any time")
        return WaitlistEntry.join(
            id=id, patient_id=command.patient_id, service_id=command.service_id, preferences=command.preferences, at=now
        )

    def relies_on(self, command: JoinWaitlist) -> PatientSeen:
        return PatientSeen(command.patient_id)


def require_possible(log: PracticeLog, service_id: UUID, preferences: WaitlistPreferences) -> None:
    """Raises NotFoundError: no such service or clinician; ClinicianNotOfferingError: that clinician does not give it."""
    catalogue = log.catalogue()
    service = catalogue.one(Service, service_id)
    if preferences.clinician_id is not None:
        catalogue.one(Clinician, preferences.clinician_id)
        if preferences.clinician_id not in service.terms.clinician_ids:
            raise ClinicianNotOfferingError
