"""Why a seat in a session cannot be given, given up or marked.

SchedulingError
├── SessionFullError        session_full        every seat is taken
├── AlreadyEnrolledError    already_enrolled    the person has a seat
├── AlreadyWaitingError     already_waiting     the person waits for a seat
├── NotEnrolledError        not_enrolled        the person is not on the roster
├── SeatsTakenError         seats_taken         more people are enrolled than there would be seats
├── SeatGivenOnError        seat_given_on       somebody who had waited has the seat by now
└── CourseFullError         course_full         some sessions of the course are full
"""

from collections.abc import Mapping, Sequence

from domain.scheduling.errors import SchedulingError
from domain.scheduling.series.errors import Conflict


class SessionFullError(SchedulingError):
    code = "session_full"
    message = "every seat of this session is taken; to wait for one, send if_full: wait"


class AlreadyEnrolledError(SchedulingError):
    code = "already_enrolled"
    message = "this person has a seat in the session; nobody takes two"


class AlreadyWaitingError(SchedulingError):
    code = "already_waiting"
    message = "this person waits for a seat in the session; the first to wait gets the next free one"


class NotEnrolledError(SchedulingError):
    code = "not_enrolled"
    message = "this person is not on the session's roster; read it to see who is"


class SeatsTakenError(SchedulingError):
    code = "seats_taken"
    message = "more people are enrolled than that; cancel seats first"


class SeatGivenOnError(SchedulingError):
    """Within the grace nobody has been told of a seat: until then it can be taken back."""

    code = "seat_given_on"
    message = "somebody who had waited has a seat by this, and may know; enrol or withdraw people instead"


class CourseFullError(SchedulingError):
    code = "course_full"
    message = "every seat of some sessions is taken, see conflicts; send if_full: wait, or on_conflict: skip for the others alone"

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__()
        self.conflicts = conflicts

    @property
    def more(self) -> Mapping[str, object]:
        return {"conflicts": self.conflicts}
