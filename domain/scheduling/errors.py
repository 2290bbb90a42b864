"""Errors of booking, moving and closing visits.

RuleBrokenError
└── SchedulingError
    ├── TimeTakenError                 time_taken
    │   ├── BufferOverlapError         buffer
    │   └── BusyElsewhereError         busy_elsewhere
    ├── PatientBusyError               patient_busy
    ├── OutsideHoursError              outside_hours
    │   └── OtherWeekError             outside_hours
    ├── NotOnGridError                 not_on_grid
    ├── InThePastError                 in_the_past
    ├── MinimumNoticeError             minimum_notice
    ├── BeyondHorizonError             beyond_horizon
    ├── LimitReachedError              limit_reached
    │   ├── DailyLimitError            daily_limit
    │   └── WeeklyLimitError           weekly_limit
    ├── ResourceUnavailableError       resource_unavailable
    ├── ClinicianNotOfferingError      clinician_not_offering
    ├── ClinicianLeftError             clinician_left
    ├── NothingToHandOverError         nothing_to_hand_over
    ├── AlreadyCancelledError          already_cancelled
    ├── AlreadyClosedError             already_closed
    ├── AlreadyCheckedInError          already_checked_in
    ├── AlreadyStartedError            already_started
    ├── NotStartedError                not_started
    ├── NotConfirmedError              not_confirmed
    ├── NotRequestedError              not_requested
    ├── AlreadyDeclinedError           already_declined
    ├── AlreadyArchivedError           already_archived
    ├── NothingToUndoError             nothing_to_undo
    ├── NotLastError                   not_last
    ├── TooLateToUndoError             too_late_to_undo
    ├── HoldMismatchError              hold_mismatch
    └── TooManyHoldsError              too_many_holds
"""

from collections.abc import Mapping
from uuid import UUID

from domain.kernel.errors import RuleBrokenError
from domain.kernel.time_range import TimeRange


class SchedulingError(RuleBrokenError):
    """``message`` never names a person or a visit."""


class TimeTakenError(SchedulingError):
    code = "time_taken"
    message = "the clinician has another visit at this time"


class BufferOverlapError(TimeTakenError):
    """Only the buffers overlap, not the visits."""

    code = "buffer"
    message = "another visit is too close; the buffers would overlap"


class BusyElsewhereError(TimeTakenError):
    """An imported calendar marks the clinician as busy."""

    code = "busy_elsewhere"
    message = "the clinician is busy at this time; choose another time or another clinician"


class PatientBusyError(SchedulingError):
    """The patient, under any id of a merged person, has another visit or a seat in a session.

    ``during`` is its time, ``visit_id`` the appointment or session; None: the caller may not know.
    """

    code = "patient_busy"
    message = "the patient has another visit at this time; choose another time, or book beside it with an override"

    def __init__(self, visit_id: UUID | None, during: TimeRange) -> None:
        super().__init__()
        self.visit_id = visit_id
        self.during = during

    @property
    def more(self) -> Mapping[str, object]:
        return {"visit": {"id": self.visit_id, "starts_at": self.during.starts_at, "ends_at": self.during.ends_at}}

    def for_bound_key(self) -> "PatientBusyError":
        """Return the error without the visit, which may be a colleague's."""
        return PatientBusyError(None, self.during)


class OutsideHoursError(SchedulingError):
    code = "outside_hours"
    message = "the visit is outside the clinician's hours; choose another time or another clinician"


class OtherWeekError(OutsideHoursError):
    """The clinician's hours alternate, and some of this weekday apply in other weeks only."""

    message = "the visit is outside the clinician's hours, which alternate by week; choose another week or another time"


class NotOnGridError(SchedulingError):
    code = "not_on_grid"
    message = "visits of this service start at other times; query the available slots"


class InThePastError(SchedulingError):
    code = "in_the_past"
    message = "this time has passed"


class MinimumNoticeError(SchedulingError):
    code = "minimum_notice"
    message = "the time is within the minimum notice of the service"


class BeyondHorizonError(SchedulingError):
    code = "beyond_horizon"
    message = "the time is beyond the booking horizon of the service"


class LimitReachedError(SchedulingError):
    """The clinician's limit of visits for the day or week is reached."""

    code = "limit_reached"
    message = "the clinician's limit is reached; choose another day or another clinician"


class DailyLimitError(LimitReachedError):
    code = "daily_limit"
    message = "the clinician's daily limit is reached; choose another day or another clinician"


class WeeklyLimitError(LimitReachedError):
    code = "weekly_limit"
    message = "the clinician's weekly limit is reached; choose another week or another clinician"


class ResourceUnavailableError(SchedulingError):
    """``kind`` is the kind of resource that is not available."""

    code = "resource_unavailable"

    def __init__(self, kind: str) -> None:
        super().__init__(f"no {kind} is free at this time")
        self.kind = kind


class ClinicianNotOfferingError(SchedulingError):
    code = "clinician_not_offering"
    message = "the clinician does not offer this service"


class ClinicianLeftError(SchedulingError):
    """The visit would end after the clinician's last date."""

    code = "clinician_left"
    message = "the clinician has left by then; choose an earlier time or another clinician"


class NothingToHandOverError(SchedulingError):
    code = "nothing_to_hand_over"
    message = "no colleague can take any of these visits; a dry run has the reason for each"


class AlreadyCancelledError(SchedulingError):
    code = "already_cancelled"
    message = "the visit was cancelled"


class AlreadyClosedError(SchedulingError):
    """Completed, or the patient did not come."""

    code = "already_closed"
    message = "the visit is over"


class AlreadyCheckedInError(SchedulingError):
    code = "already_checked_in"
    message = "the patient has arrived"


class AlreadyStartedError(SchedulingError):
    code = "already_started"
    message = "the visit has started"


class NotStartedError(SchedulingError):
    code = "not_started"
    message = "the visit has not started"


class NotConfirmedError(SchedulingError):
    code = "not_confirmed"
    message = "the request is not confirmed yet; confirm it first"


class NotRequestedError(SchedulingError):
    code = "not_requested"
    message = "only a request can be declined; cancel the visit instead"


class AlreadyDeclinedError(SchedulingError):
    code = "already_declined"
    message = "the request was declined"


class AlreadyArchivedError(SchedulingError):
    code = "already_archived"
    message = "the booking was undone; book again"


class NothingToUndoError(SchedulingError):
    """The last command was already undone; an undo cannot be undone, so a repeat does no harm."""

    code = "nothing_to_undo"
    message = "the last command was already undone; to repeat it, send it again"


class NotLastError(SchedulingError):
    """The named command is not the last one."""

    code = "not_last"
    message = "this was not the last command; read the visit's history and name the last one, or none"


class TooLateToUndoError(SchedulingError):
    code = "too_late_to_undo"
    message = "this can be undone up to a day after the visit"


class HoldMismatchError(SchedulingError):
    code = "hold_mismatch"
    message = "the hold is for another time, service or clinician; book what it holds, or book without it"


class TooManyHoldsError(SchedulingError):
    code = "too_many_holds"
    message = "there are too many holds; book or release one, or wait until one expires"
