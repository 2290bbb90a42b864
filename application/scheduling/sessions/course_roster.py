"""What commands on one person's places in a whole course share: all sessions that agree are one append.

Every session's version guards its seats, as for a single session: see docs/adr/0024 and docs/adr/0034.
Commands on one course take turns within this process. A session that refuses stays as it is, with
the code of the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from application.kernel.practice_log import PracticeLog
from domain.scheduling.errors import SchedulingError
from domain.scheduling.series.errors import NothingToChangeError
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession

COURSE_TRIES: Final = 50
"""Each of the course's sessions can be overtaken by a command on it alone."""


@dataclass(frozen=True, slots=True)
class CoursePlaces:
    """``done`` are the sessions that agreed, by occurrence; ``refused`` those that did not, and ``kept`` their reasons."""

    done: Mapping[int, GroupSession]
    refused: Mapping[int, GroupSession]
    kept: Mapping[int, str]

    def require_any(self) -> None:
        """Raises NothingToChangeError: every session refused."""
        if not self.done:
            raise NothingToChangeError(self.kept)


def change_places(
    log: PracticeLog, course: Course, from_occurrence: int, change: Callable[[GroupSession], object]
) -> CoursePlaces:
    """Apply a change to every session from one occurrence on. Raises InvalidValueError: no such occurrence."""
    meant = course.in_scope(from_occurrence)
    sessions = log.load_all(GroupSession, list(meant.values()))
    done: dict[int, GroupSession] = {}
    kept: dict[int, str] = {}
    for index, session_id in meant.items():
        try:
            change(sessions[session_id])
        except SchedulingError as error:
            kept[index] = error.code
        else:
            done[index] = sessions[session_id]
    return CoursePlaces(done, {index: sessions[meant[index]] for index in kept}, kept)
