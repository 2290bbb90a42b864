"""Opens a feed of somebody's visits."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from application.practice.references import require_clinicians
from domain.patients.errors import PatientMergedError, PatientWithdrawnError
from domain.patients.patient import Patient
from domain.patients.standing import PatientSeen
from domain.scheduling.calendars.feed import Detail, Feed


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """Of one clinician or of one patient. ``token_hash`` is all that is kept of the token, see feed_tokens.py."""

    clinician_id: UUID | None
    patient_id: UUID | None
    detail: Detail
    token_hash: str


class OpenFeedHandler(CreateHandler[OpenFeed, Feed]):
    kind = Feed

    def make(self, log: PracticeLog, command: OpenFeed, id: UUID) -> Feed:
        """Raises NotFoundError: no such clinician or patient, or one who was erased; PatientMergedError; InvalidValueError."""
        feed = Feed.open(
            id=id,
            clinician_id=command.clinician_id,
            patient_id=command.patient_id,
            detail=command.detail,
            token_hash=command.token_hash,
            at=self._clock.now(),
        )
        if command.clinician_id is not None:
            require_clinicians(log, (command.clinician_id,))
        if command.patient_id is not None:
            require_living(log, command.patient_id)
        return feed

    def relies_on(self, command: OpenFeed) -> PatientSeen | None:
        return PatientSeen(command.patient_id) if command.patient_id else None


def require_living(log: PracticeLog, patient_id: UUID) -> None:
    """Raises NotFoundError: there is no such patient, or one who was erased; PatientMergedError: another one stands for them;
    PatientWithdrawnError: the import that registered them was undone.
    """
    patient = log.load(Patient, patient_id)
    if patient.merged_into is not None:
        raise PatientMergedError(patient.merged_into)
    if patient.is_erased:
        raise NotFoundError("patient")
    if patient.is_withdrawn:
        raise PatientWithdrawnError
