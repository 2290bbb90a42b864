"""Notes who came to a session, and who did not."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of
from application.scheduling.reach import own_session
from application.scheduling.sessions.roster_change import ROSTER_TRIES, commit_roster, in_turn
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class NoteAttendance(Command[GroupSession]):
    """All of them came, or none of them did."""

    id: UUID
    patient_ids: tuple[UUID, ...]
    attended: bool
    expected_version: int | None = None


@handles(NoteAttendance, needs=Permission.NOTE_ATTENDANCE, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def note_attendance(log: PracticeLog, command: NoteAttendance, context: Context) -> Outcome[GroupSession]:
    """Note it for all the patients named, or for none.

    Raises NotFoundError: no such patient; what ``GroupSession.note_attendance`` raises.
    """
    with in_turn(log, command.id, context):
        session = log.load(GroupSession, command.id, command.expected_version)
        for patient_id in command.patient_ids:
            # A patient on the roster under this very id needs no reading.
            ids = (patient_id,) if patient_id in session.roster else person_of(log, patient_id).ids
            session.note_attendance(ids, command.attended, context.now)
        return commit_roster(log, session, context)
