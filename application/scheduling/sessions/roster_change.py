"""What commands on a session's roster share: within a process they take turns, and they read little.

The session's version keeps the last seat from being sold twice, even across processes. When a
popular session opens, hundreds of commands come at once, and all but one of those deciding together
would have to decide again; so within this process they take turns. Whether a command was recorded
before is not read first: the append refuses a repeat, and where nothing is appended it is read then.
See docs/adr/0024.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol
from uuid import UUID

from application.kernel.commands import Context
from application.kernel.conditions import Guard
from application.kernel.errors import ApplicationError, StaleVersionError
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import Person, person_behind
from domain.kernel.errors import DomainError
from domain.kernel.provenance import CommandRepeatedError
from domain.patients.patient import Patient
from domain.scheduling.sessions.group_session import GroupSession

ROSTER_TRIES: Final = 50
"""Only commands of other processes can come between, but many of them may."""


class PersonCommand(Protocol):
    """A command about one person in one session."""

    @property
    def id(self) -> UUID: ...
    @property
    def patient_id(self) -> UUID: ...
    @property
    def expected_version(self) -> int | None: ...


@contextmanager
def in_turn(log: PracticeLog, session_id: UUID, context: Context) -> Iterator[None]:
    """Run a block in this process's turn at a session.

    Raises CommandRepeatedError instead of a refusal, where the command was recorded before.
    """
    with log.turn_at(session_id):
        try:
            yield
        except (DomainError, ApplicationError):
            _refuse_repeat(log, context)
            raise


def session_and_person(log: PracticeLog, command: PersonCommand) -> tuple[GroupSession, Person]:
    """Return both in one round trip. Raises NotFoundError: one of them does not exist; StaleVersionError."""
    session, patient = log.load_both((GroupSession, command.id), (Patient, command.patient_id))
    if command.expected_version is not None and session.version != command.expected_version:
        raise StaleVersionError(session.version)
    return session, person_behind(log, patient)


def commit_roster(log: PracticeLog, session: GroupSession, context: Context, *guards: Guard) -> Outcome[GroupSession]:
    """Append what the session decided. Raises CommandRepeatedError: nothing is left to record, since it was recorded before."""
    if not session.pending_events:
        _refuse_repeat(log, context)
    return log.commit(session, by=context.provenance, guards=guards)


def _refuse_repeat(log: PracticeLog, context: Context) -> None:
    by = context.provenance
    if by.fingerprint and log.reader.recorded_command(by.command_id) is not None:
        raise CommandRepeatedError
