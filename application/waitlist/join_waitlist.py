"""Puts somebody on the wait list."""

from dataclasses import dataclass
from uuid import UUID

from application.handlers import MakingHandler
from application.patients.person import require_patient_of
from application.practice_log import PracticeLog
from domain.errors import InvalidValueError
from domain.patient_standing import Seen
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.errors import ClinicianNotOfferingError
from domain.scheduling.waitlist_entry import WaitlistEntry
from domain.scheduling.wish import Wish


@dataclass(frozen=True, slots=True)
class JoinWaitlist:
    patient_id: UUID
    service_id: UUID
    wish: Wish


class JoinWaitlistHandler(MakingHandler[JoinWaitlist, WaitlistEntry]):
    """Carries out JoinWaitlist."""

    kind = WaitlistEntry

    def make(self, log: PracticeLog, command: JoinWaitlist, id: UUID) -> WaitlistEntry:
        """Raises NotFoundError: no such patient, service or clinician; PatientMergedError; ClinicianNotOfferingError; InvalidValueError:
        all windows are over.
        """
        now = self._clock.now()
        require_patient_of(log, command.patient_id)
        require_possible(log, command.service_id, command.wish)
        windows = command.wish.windows
        if windows and all(window.ends_at <= now for window in windows):
            raise InvalidValueError("windows", "these times have passed; name one to come, or none for any time")
        return WaitlistEntry.join(
            id=id, patient_id=command.patient_id, service_id=command.service_id, wish=command.wish, at=now
        )

    def relies_on(self, command: JoinWaitlist) -> Seen:
        return Seen(command.patient_id)


def require_possible(log: PracticeLog, service_id: UUID, wish: Wish) -> None:
    """Raises NotFoundError: no such service or clinician; ClinicianNotOfferingError: that clinician does not give it."""
    catalogue = log.catalogue()
    service = catalogue.one(Service, service_id)
    if wish.clinician_id is not None:
        catalogue.one(Clinician, wish.clinician_id)
        if wish.clinician_id not in service.fields["clinician_ids"]:
            raise ClinicianNotOfferingError
