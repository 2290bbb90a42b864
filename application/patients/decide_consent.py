"""Notes that a patient gave a consent, or took one back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.kernel.provenance import Provenance
from domain.patients.consents import Channel, Consents
from domain.patients.patient import Patient
from domain.patients.standing import PatientSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConsent:
    """A decision of a patient, or of whoever acts for them: ``document_version`` is what was agreed to, None takes a consent back.

    ``by_whom`` None is the patient; ``decided_at`` None is now. ``expected_version`` is that of the consents.
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


class DecideConsentHandler(UpdateHandler[DecideConsent, Consents]):
    kind = Consents

    def load(self, log: PracticeLog, command: DecideConsent) -> Consents:
        """Return the patient's consents, begun with the first. Raises NotFoundError, PatientErasedError, PatientMergedError,
        StaleVersionError.
        """
        log.load(Patient, command.patient_id).refuse_gone()
        try:
            return super().load(log, command)
        except NotFoundError:
            if command.expected_version:
                raise StaleVersionError(0) from None
            return Consents.open(patient_id=command.patient_id, at=command.decided_at or self._clock.now())

    def record(self, log: PracticeLog, thing: Consents, by: Provenance) -> int:
        return log.record(thing, by=by, relies_on=PatientSeen(thing.patient_id))

    def change(self, log: PracticeLog, thing: Consents, command: DecideConsent) -> None:
        """Raises ConsentNotGivenError, InvalidValueError."""
        now = self._clock.now()
        decided_at = command.decided_at or now
        if command.document_version is None:
            thing.withdraw(command.kind, command.how, command.by_whom, decided_at, now)
        else:
            thing.give(command.kind, command.document_version, command.how, command.by_whom, decided_at, now)


def consents_of(
    log: PracticeLog, patient: Patient, position: int | None = None, version: int | None = None
) -> list[Consents]:
    """Return the consents of a patient and of those who were merged into them; whoever never decided is missing.

    At a position of the log if one is named; the patient's own at a version.
    """
    found = []
    for id_ in patient.family_ids:
        try:
            found.append(log.look_up(Consents, Consents.id_of(id_), position, version if id_ == patient.id else None))
        except NotFoundError:
            continue
    return found
