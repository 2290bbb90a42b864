"""Why a seat in a session cannot be given, given up or marked.

SchedulingError
├── SessionFullError        session_full        every seat is taken
├── AlreadyEnrolledError    already_enrolled    the person has a seat
├── AlreadyWaitingError     already_waiting     the person waits for a seat
├── NotEnrolledError        not_enrolled        the person is not on the roster
└── SeatsTakenError         seats_taken         more people are enrolled than there would be seats
"""

from domain.scheduling.errors import SchedulingError


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
