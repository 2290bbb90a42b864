"""Add a patient to the wait list."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import require_patient_of
from application.waitlist.reach import own_waiting
from domain.kernel.errors import InvalidValueError
from domain.kernel.presence import PresenceGuard
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.errors import ClinicianNotOfferingError
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.preferences import WaitlistPreferences


@dataclass(frozen=True, slots=True)
class JoinWaitlist(Command[WaitlistEntry]):
    patient_id: UUID
    service_id: UUID
    preferences: WaitlistPreferences


@handles(
    JoinWaitlist,
    needs=Permission.CHANGE_VISITS,
    within=lambda _, actor, command: own_waiting(actor, command.preferences.clinician_id),
)
def join_waitlist(log: PracticeLog, command: JoinWaitlist, context: Context) -> Outcome[WaitlistEntry]:
    """Raises NotFoundError: the patient, service or clinician does not exist; PatientMergedError;
    ClinicianNotOfferingError; InvalidValueError: all windows are over.
    """
    require_patient_of(log, command.patient_id)
    require_possible(log, command.service_id, command.preferences)
    windows = command.preferences.windows
    if windows and all(window.ends_at <= context.now for window in windows):
        raise InvalidValueError("windows", "these times have passed; name one to come, or none for any time")
    entry = WaitlistEntry.join(
        id=uuid7(),
        patient_id=command.patient_id,
        service_id=command.service_id,
        preferences=command.preferences,
        at=context.now,
    )
    return log.commit(entry, by=context.provenance, guards=[PresenceGuard(command.patient_id)])


def require_possible(log: PracticeLog, service_id: UUID, preferences: WaitlistPreferences) -> None:
    """Raises NotFoundError: the service or clinician does not exist; ClinicianNotOfferingError."""
    catalogue = log.catalogue()
    service = catalogue.one(Service, service_id)
    if preferences.clinician_id is not None:
        catalogue.one(Clinician, preferences.clinician_id)
        if preferences.clinician_id not in service.terms.clinician_ids:
            raise ClinicianNotOfferingError
