"""Records that a patient gave or withdrew a consent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.kernel.presence import PresenceGuard
from domain.patients.consents import Channel, Consents
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConsent(Command[Consents]):
    """``document_version`` None withdraws the consent; ``decided_at`` None is now.

    ``by_whom`` is the representative, if any. ``expected_version`` is that of the consents.
    """

    patient_id: UUID
    kind: str
    document_version: str | None
    how: Channel
    by_whom: str | None = None
    decided_at: datetime | None = None
    expected_version: int | None = None

    @property
    def id(self) -> UUID:
        return Consents.id_of(self.patient_id)


@handles(DecideConsent, needs=Permission.CHANGE_PATIENTS)
def decide_consent(log: PracticeLog, command: DecideConsent, context: Context) -> Outcome[Consents]:
    """Raises NotFoundError, ConsentNotGivenError, PatientErasedError, PatientMergedError."""
    log.load(Patient, command.patient_id).refuse_gone()
    consents, decided_at = _consents(log, command, context), command.decided_at or context.now
    if command.document_version is None:
        consents.withdraw(command.kind, command.how, command.by_whom, decided_at, context.now)
    else:
        consents.give(command.kind, command.document_version, command.how, command.by_whom, decided_at, context.now)
    return log.commit(consents, by=context.provenance, guards=[PresenceGuard(consents.patient_id)])


def _consents(log: PracticeLog, command: DecideConsent, context: Context) -> Consents:
    try:
        return log.load(Consents, command.id, command.expected_version)
    except NotFoundError:
        if command.expected_version:
            raise StaleVersionError(0) from None
        return Consents.open(patient_id=command.patient_id, at=command.decided_at or context.now)


def consents_of(
    log: PracticeLog, patient: Patient, position: int | None = None, version: int | None = None
) -> list[Consents]:
    """Return the existing consents of a patient and of those merged into them.

    As they were at a log position, if given; ``version`` is that of the patient's own consents.
    """
    found = []
    for id_ in patient.family_ids:
        try:
            found.append(log.look_up(Consents, Consents.id_of(id_), position, version if id_ == patient.id else None))
        except NotFoundError:
            continue
    return found
