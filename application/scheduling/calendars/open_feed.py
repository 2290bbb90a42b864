"""Opens a calendar feed."""

from dataclasses import asdict, dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Actor, OutOfReachError, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_behind, refuse_gone
from domain.kernel.presence import PresenceGuard
from domain.patients.errors import PatientMergedError
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.scheduling.calendars.feed import Detail, Feed


@dataclass(frozen=True, slots=True)
class OpenFeed(Command[Feed]):
    """A feed of one clinician or patient. Only the token's hash is stored."""

    clinician_id: UUID | None
    patient_id: UUID | None
    detail: Detail
    token_hash: str


def _own_feed(log: PracticeLog, actor: Actor, command: OpenFeed) -> None:
    authorise_feed(actor, command.clinician_id, "clinician" if command.clinician_id else "patient")


@handles(OpenFeed, needs=Permission.SHARE_CALENDARS, within=_own_feed)
def open_feed(log: PracticeLog, command: OpenFeed, context: Context) -> Outcome[Feed]:
    """Raises NotFoundError, PatientMergedError, PatientWithdrawnError, InvalidValueError."""
    feed = Feed.open(id=uuid7(), at=context.now, **asdict(command))
    log.require((Clinician, command.clinician_id))
    if command.patient_id is None:
        return log.commit(feed, by=context.provenance)
    patient = log.load(Patient, command.patient_id)
    if patient.merged_into is not None:
        raise PatientMergedError(patient.merged_into)
    refuse_gone(person_behind(log, patient), patient.id)
    return log.commit(feed, by=context.provenance, guards=[PresenceGuard(command.patient_id)])


def authorise_feed(actor: Actor, clinician_id: UUID | None, kind: str = "feed") -> None:
    """Raises OutOfReachError: the actor is bound to another clinician than the feed."""
    if actor.clinician_id is not None and actor.clinician_id != clinician_id:
        raise OutOfReachError(kind)
