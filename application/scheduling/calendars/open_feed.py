"""Opens a feed of somebody's visits."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.errors import NotFoundError
from application.kernel.outcome import Outcome
from application.kernel.permissions import Actor, OutOfReachError, Permission
from application.kernel.practice_log import PracticeLog
from application.practice.references import require_clinicians
from domain.kernel.presence import PresenceGuard
from domain.patients.errors import PatientMergedError, PatientWithdrawnError
from domain.patients.patient import Patient
from domain.scheduling.calendars.feed import Detail, Feed


@dataclass(frozen=True, slots=True)
class OpenFeed(Command[Feed]):
    """Of one clinician or of one patient. ``token_hash`` is all that is kept of the token, see feed_tokens.py."""

    clinician_id: UUID | None
    patient_id: UUID | None
    detail: Detail
    token_hash: str


def _own_feed(log: PracticeLog, actor: Actor, command: OpenFeed) -> None:
    authorise_feed(actor, command.clinician_id, "clinician" if command.clinician_id else "patient")


@handles(OpenFeed, needs=Permission.SHARE_CALENDARS, within=_own_feed)
def open_feed(log: PracticeLog, command: OpenFeed, context: Context) -> Outcome[Feed]:
    """Raises NotFoundError: no such clinician or patient, or an erased one; PatientMergedError; InvalidValueError."""
    feed = Feed.open(
        id=uuid7(),
        clinician_id=command.clinician_id,
        patient_id=command.patient_id,
        detail=command.detail,
        token_hash=command.token_hash,
        at=context.now,
    )
    if command.clinician_id is not None:
        require_clinicians(log, (command.clinician_id,))
    if command.patient_id is None:
        return log.commit(feed, by=context.provenance)
    require_living(log, command.patient_id)
    return log.commit(feed, by=context.provenance, guards=[PresenceGuard(command.patient_id)])


def authorise_feed(actor: Actor, clinician_id: UUID | None, kind: str = "feed") -> None:
    """Raises OutOfReachError: the actor is bound to a clinician, and the feed is another's or a patient's."""
    if actor.clinician_id is not None and actor.clinician_id != clinician_id:
        raise OutOfReachError(kind)


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
