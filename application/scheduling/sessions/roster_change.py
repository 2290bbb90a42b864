"""What commands on a session's roster share: they take turns, and read little."""

from abc import abstractmethod
from typing import ClassVar, Protocol, TypeVar
from uuid import UUID

from application.kernel.errors import ApplicationError, StaleVersionError
from application.kernel.handlers import Change, UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.patients.person import Person, person_behind
from domain.kernel.errors import DomainError
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.patients.patient import Patient
from domain.patients.standing import PatientSeen
from domain.scheduling.sessions.group_session import GroupSession


class PersonChange(Change, Protocol):
    """A command about one person in one session, at the version that the caller has seen, if it says so."""

    @property
    def patient_id(self) -> UUID: ...


Changed = TypeVar("Changed", bound=Change, contravariant=True)
OfPerson = TypeVar("OfPerson", bound=PersonChange, contravariant=True)


class RosterHandler(UpdateHandler[Changed, GroupSession]):
    """For commands about people. The session's version keeps the last seat from being sold twice, whoever writes.

    When a popular session opens, hundreds come at once, and all but one of those who decide together would have to decide anew. So
    within this process they take turns; only another process can still come between. And whether a command was recorded before is
    not asked first: the append says so, and where there is none it is asked then. See docs/adr/0024.
    """

    kind = GroupSession
    tries: ClassVar[int] = 50
    checks_itself: ClassVar[bool] = True

    def decide(self, log: PracticeLog, command: Changed, by: Provenance) -> Outcome[GroupSession]:
        with log.turn_at(command.id):
            try:
                return self.decide_in_turn(log, command, by)
            except (DomainError, ApplicationError):
                self._refuse_repeat(log, by)
                raise

    def decide_in_turn(self, log: PracticeLog, command: Changed, by: Provenance) -> Outcome[GroupSession]:
        """Load, ask and record once."""
        return super().decide(log, command, by)

    def record(
        self, log: PracticeLog, thing: GroupSession, by: Provenance, relies_on: PatientSeen | None = None
    ) -> int:
        """Raises CommandRepeatedError: nothing is to be recorded, because it was already."""
        if not thing.pending_events:
            self._refuse_repeat(log, by)
        return log.record(thing, by=by, relies_on=relies_on)

    @staticmethod
    def _refuse_repeat(log: PracticeLog, by: Provenance) -> None:
        if by.fingerprint and log.reader.recorded_command(by.command_id) is not None:
            raise CommandRepeatedError


class PersonHandler(RosterHandler[OfPerson]):
    """For commands about one person, who is read together with the session."""

    def decide_in_turn(self, log: PracticeLog, command: OfPerson, by: Provenance) -> Outcome[GroupSession]:
        """Raises NotFoundError: there is no such session or patient; StaleVersionError; what ``ask`` raises."""
        session, patient = log.load_both((GroupSession, command.id), (Patient, command.patient_id))
        if command.expected_version is not None and session.version != command.expected_version:
            raise StaleVersionError(session.version)
        self.ask(session, person_behind(log, patient), command)
        return Outcome(session, self.record(log, session, by, self.relies_on(command)))

    def relies_on(self, command: OfPerson) -> PatientSeen | None:
        """Return the person, if they must not be withdrawn before it is recorded."""
        return None

    def change(self, log: PracticeLog, thing: GroupSession, command: OfPerson) -> None:
        """A session is asked in ``decide_in_turn``."""

    @abstractmethod
    def ask(self, session: GroupSession, person: Person, command: OfPerson) -> None:
        """Ask the session about the person."""
