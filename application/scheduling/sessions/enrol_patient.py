"""Gives a person a seat in a session, or a place in the line of those who wait for one."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import refuse_gone
from application.scheduling.reach import own_session
from application.scheduling.sessions.roster_change import ROSTER_TRIES, commit_roster, in_turn, session_and_person
from domain.kernel.presence import PresenceGuard
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class EnrolPatient(Command[GroupSession]):
    """``waits``: if every seat is taken, wait for one."""

    id: UUID
    patient_id: UUID
    waits: bool = False
    expected_version: int | None = None


@handles(EnrolPatient, needs=Permission.ENROL, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def enrol_patient(log: PracticeLog, command: EnrolPatient, context: Context) -> Outcome[GroupSession]:
    """Raises NotFoundError, PatientMergedError, and what ``GroupSession.enrol`` raises."""
    with in_turn(log, command.id, context):
        session, person = session_and_person(log, command)
        refuse_gone(person, command.patient_id)
        session.enrol(command.patient_id, person.ids, context.now, waits=command.waits)
        return commit_roster(log, session, context, PresenceGuard(command.patient_id))
