"""Enrol patients in a session, withdraw them, and record attendance.

The session's version keeps the last seat from being sold twice, even across processes. When a
popular session opens, hundreds of commands come at once, and most of them would have to be decided
again; so within a process they take turns. Whether a command was recorded before is not read first:
the append refuses a repeat. Only where nothing is appended is it read. See docs/adr/0024.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.conditions import Guard
from application.kernel.errors import ApplicationError, StaleVersionError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.kernel.retry import OvertakenError
from application.patients.person import Person, person_behind, person_of, refuse_gone
from application.scheduling.reach import own_session
from application.scheduling.sessions.seats import Seats
from domain.kernel.errors import DomainError
from domain.kernel.presence import PresenceGuard
from domain.kernel.provenance import CommandRepeatedError
from domain.patients.patient import Patient
from domain.scheduling.availability.override import clean_override_reason
from domain.scheduling.cancellation import CancelledBy
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.sessions.group_session import GroupSession

ROSTER_TRIES: Final = 50
"""Only other processes can record a command in between, but many of them may."""


@dataclass(frozen=True, slots=True)
class EnrolPatient(Change[GroupSession]):
    """``waits``: join the waiting line if every seat is taken.

    ``override_reason``: give the seat although the patient has another visit at this time; as
    ``BookAppointment`` has it.
    """

    patient_id: UUID
    waits: bool = False
    override_reason: str | None = None

    def __post_init__(self) -> None:
        if self.override_reason is not None:
            clean_override_reason(self.override_reason)


@dataclass(frozen=True, slots=True)
class WithdrawPatient(Change[GroupSession]):
    """The patient loses the seat, or the place in the waiting line.

    ``cancelled_by`` None: not stated.
    """

    patient_id: UUID
    cancelled_by: CancelledBy | None = None


@dataclass(frozen=True, slots=True)
class NoteAttendance(Change[GroupSession]):
    """All these patients attended, or none of them did."""

    patient_ids: tuple[UUID, ...]
    attended: bool


def _permission(command: EnrolPatient) -> Permission:
    return Permission.ENROL if command.override_reason is None else Permission.DOUBLE_BOOK


@handles(EnrolPatient, needs=_permission, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def enrol_patient(log: PracticeLog, command: EnrolPatient, context: Context) -> Outcome[GroupSession]:
    """Raises what ``refuse_gone`` and ``GroupSession.enrol`` raise, and PatientBusyError."""
    with in_turn(log, command.id, context):
        session, person = _session_and_person(log, command)
        refuse_gone(person, command.patient_id)
        seats = Seats(log, session)
        seats.know(command.patient_id, person.ids)
        session.enrol(command.patient_id, person.ids, context.now, waits=command.waits)
        if command.override_reason is not None and command.patient_id in session.roster:
            overlaps = dict.fromkeys(claim.holder_id for claim in seats.other_visits(command.patient_id))
            if overlaps:
                session.exempt(command.patient_id, list(overlaps), command.override_reason, context.now)
        try:
            return _commit(log, session, context, *seats.guards(), PresenceGuard(command.patient_id))
        except OvertakenError as overtaken:
            # The guards find other visits at no cost; they are read only to name one.
            if isinstance(overtaken.refusal, TimeTakenError):
                seats.refuse_busy([command.patient_id])
            raise


@handles(WithdrawPatient, needs=Permission.ENROL, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def withdraw_patient(log: PracticeLog, command: WithdrawPatient, context: Context) -> Outcome[GroupSession]:
    """Raises what ``GroupSession.withdraw`` raises."""
    with in_turn(log, command.id, context):
        session, person = _session_and_person(log, command)
        seats = Seats(log, session)
        session.withdraw(person.ids, context.now, command.cancelled_by, refusal=seats.refusal)
        return _commit(log, session, context, *seats.guards())


@handles(NoteAttendance, needs=Permission.NOTE_ATTENDANCE, within=own_session, tries=ROSTER_TRIES, detects_repeats=True)
def note_attendance(log: PracticeLog, command: NoteAttendance, context: Context) -> Outcome[GroupSession]:
    """Record attendance for all the patients, or for none.

    Raises NotFoundError: no such patient; what ``GroupSession.note_attendance`` raises.
    """
    with in_turn(log, command.id, context):
        session = log.load(GroupSession, command.id, command.expected_version)
        for patient_id in command.patient_ids:
            # A patient on the roster under this id needs no reading.
            ids = (patient_id,) if patient_id in session.roster else person_of(log, patient_id).ids
            session.note_attendance(ids, command.attended, context.now)
        return _commit(log, session, context)


@contextmanager
def in_turn(log: PracticeLog, session_id: UUID, context: Context) -> Iterator[None]:
    """Run a block in this thread's turn at a session.

    Raises CommandRepeatedError instead of a refusal if the command was recorded before.
    """
    with log.turn_at(session_id):
        try:
            yield
        except (DomainError, ApplicationError):
            _refuse_repeat(log, context)
            raise


def _session_and_person(log: PracticeLog, command: EnrolPatient | WithdrawPatient) -> tuple[GroupSession, Person]:
    """Return both in one round trip. Raises NotFoundError, StaleVersionError."""
    session, patient = log.load_both((GroupSession, command.id), (Patient, command.patient_id))
    if command.expected_version is not None and session.version != command.expected_version:
        raise StaleVersionError(session.version)
    return session, person_behind(log, patient)


def _commit(log: PracticeLog, session: GroupSession, context: Context, *guards: Guard) -> Outcome[GroupSession]:
    if not session.pending_events:
        _refuse_repeat(log, context)
    return log.commit(session, by=context.provenance, guards=guards)


def _refuse_repeat(log: PracticeLog, context: Context) -> None:
    by = context.provenance
    if by.fingerprint and log.reader.recorded_command(by.command_id) is not None:
        raise CommandRepeatedError
