"""Errors of group sessions and courses.

SchedulingError
├── SessionFullError        session_full        every seat is taken
├── AlreadyEnrolledError    already_enrolled    the patient has a seat
├── AlreadyWaitingError     already_waiting     the patient waits for a seat
├── NotEnrolledError        not_enrolled        the patient is not on the roster
├── SeatsTakenError         seats_taken         more patients are enrolled than there would be seats
├── SeatGivenOnError        seat_given_on       a waiting patient has got the seat
└── SeriesConflictError
    └── CourseFullError     course_full         some sessions are full, or the patient is elsewhere
"""

from domain.scheduling.errors import SchedulingError
from domain.scheduling.series.errors import SeriesConflictError


class SessionFullError(SchedulingError):
    code = "session_full"
    message = "every seat of this session is taken; to wait for one, send if_full: wait"


class AlreadyEnrolledError(SchedulingError):
    code = "already_enrolled"
    message = "this patient already has a seat in the session"


class AlreadyWaitingError(SchedulingError):
    code = "already_waiting"
    message = "this patient already waits for a seat in the session"


class NotEnrolledError(SchedulingError):
    code = "not_enrolled"
    message = "this patient is not on the roster of the session"


class SeatsTakenError(SchedulingError):
    code = "seats_taken"
    message = "more patients are enrolled than that; cancel seats first"


class SeatGivenOnError(SchedulingError):
    """A seat from the waiting line can be revoked within the grace period only."""

    code = "seat_given_on"
    message = "a waiting patient got a seat by this and may have been informed; enrol or withdraw patients instead"


class CourseFullError(SeriesConflictError):
    code = "course_full"
    message = (
        "some sessions are full, or the patient has another visit then, see conflicts;"
        " send if_full: wait for full ones, or on_conflict: skip to leave them out"
    )
