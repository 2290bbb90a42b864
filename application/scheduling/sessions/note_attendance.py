"""Notes who came to a session, and who did not."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.patients.person import person_of
from application.scheduling.sessions.roster_change import RosterHandler
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class NoteAttendance:
    """All of them came, or none of them did."""

    id: UUID
    patient_ids: tuple[UUID, ...]
    attended: bool
    expected_version: int | None = None


class NoteAttendanceHandler(RosterHandler[NoteAttendance]):
    """Carries out NoteAttendance: for all who are named, or for none."""

    def change(self, log: PracticeLog, thing: GroupSession, command: NoteAttendance) -> None:
        """Raises NotFoundError: there is no such patient; what ``GroupSession.note_attendance`` raises."""
        for patient_id in command.patient_ids:
            # Whoever is on the roster under this very id need not be looked up.
            ids = (patient_id,) if patient_id in thing.roster else person_of(log, patient_id).ids
            thing.note_attendance(ids, command.attended, self._clock.now())
