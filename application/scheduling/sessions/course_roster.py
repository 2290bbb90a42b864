"""What commands on one person's places in a whole course share: every session is asked, and all that agree are one append."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Final, Protocol, TypeVar
from uuid import UUID

from application.kernel.errors import StaleVersionError
from application.kernel.handlers import Change, UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.patients.person import Person, person_of
from domain.kernel.provenance import Provenance
from domain.patients.standing import PatientSeen
from domain.scheduling.errors import SchedulingError
from domain.scheduling.series.errors import NothingToChangeError
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession

_TRIES: Final = 50
"""Each of the course's sessions can be overtaken by somebody who comes to it alone."""


class CoursePersonChange(Change, Protocol):
    """A command about one person, in the sessions of a course from one occurrence on."""

    @property
    def patient_id(self) -> UUID: ...
    @property
    def from_occurrence(self) -> int: ...


OfPerson = TypeVar("OfPerson", bound=CoursePersonChange, contravariant=True)


class CourseRosterHandler(UpdateHandler[OfPerson, Course]):
    """Every session's version guards its seats, as when somebody comes to it alone: see docs/adr/0024 and docs/adr/0034.

    Those who come to one course take turns within this process. A session that refuses stays as it is, with the code of the reason.
    """

    kind = Course

    def decide(self, log: PracticeLog, command: OfPerson, by: Provenance) -> Outcome[Course]:
        """Decide anew when somebody else came first to the course or to one of its sessions.

        Raises NotFoundError: no such patient; InvalidValueError: no such occurrence; NothingToChangeError: every session refuses.
        """
        with log.turn_at(command.id):
            return retry_when_overtaken(lambda: self._decide(log, command, by), _TRIES)

    def change(self, log: PracticeLog, thing: Course, command: OfPerson) -> None:
        """A course and its sessions are asked in ``decide``."""

    def _decide(self, log: PracticeLog, command: OfPerson, by: Provenance) -> Outcome[Course]:
        course, person = self.load(log, command), person_of(log, command.patient_id)
        self.refuse(person, command)
        meant = course.in_scope(command.from_occurrence)
        sessions = log.load_all(GroupSession, list(meant.values()))
        done: dict[int, GroupSession] = {}
        kept: dict[int, str] = {}
        for index, session_id in meant.items():
            try:
                self.ask(sessions[session_id], person, command)
            except SchedulingError as error:
                kept[index] = error.code
            else:
                done[index] = sessions[session_id]
        self.refuse_some({index: sessions[meant[index]] for index in kept}, kept, command)
        if not done:
            raise NothingToChangeError(kept)
        self.note(course, command, done, kept)
        try:
            return Outcome(course, log.record(course, *done.values(), by=by, relies_on=self.relies_on(command)))
        except StaleVersionError as error:
            raise OvertakenError(error) from error

    def refuse(self, person: Person, command: OfPerson) -> None:
        """Raise why the person cannot be meant at all."""

    @abstractmethod
    def ask(self, session: GroupSession, person: Person, command: OfPerson) -> None:
        """Ask one session about the person. Raises a SchedulingError: this one stays as it is."""

    def relies_on(self, command: OfPerson) -> PatientSeen | None:
        """Return the person, if they must not be withdrawn before it is recorded."""
        return None

    def refuse_some(self, refusing: Mapping[int, GroupSession], kept: Mapping[int, str], command: OfPerson) -> None:
        """Raise, if it does not do that some sessions refuse; ``kept`` says why each does."""

    @abstractmethod
    def note(
        self, course: Course, command: OfPerson, done: Mapping[int, GroupSession], kept: Mapping[int, str]
    ) -> None:
        """Let the course note what was done."""
