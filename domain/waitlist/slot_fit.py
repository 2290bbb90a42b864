"""Who on the wait list a free time is offered to: whoever joined first, of those whom it fits.

The rule: those who wait for a service that the clinician gives, with that clinician or anyone, are asked in the order in which they
joined. Whom it does not fit is passed over, and the reason is kept. Nobody is offered the same clinician's time twice.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import offered, slot_at
from domain.scheduling.availability.query import AvailabilityQuery, Slot
from domain.scheduling.errors import SchedulingError
from domain.waitlist.preferences import WaitlistPreferences


class Reason(StrEnum):
    """Why somebody is passed over, beside the codes by which a booking would be refused."""

    OFFERED_BEFORE = "offered_before"
    OUTSIDE_WINDOWS = "outside_windows"
    TOO_LITTLE_NOTICE = "too_little_notice"
    NO_LONGER_WAITING = "no_longer_waiting"
    PATIENT_UNKNOWN = "patient_unknown"
    CHOSEN_BY_STAFF = "chosen_by_staff"


def fitting(
    question: AvailabilityQuery,
    freed: TimeRange,
    preferences: WaitlistPreferences,
    offered_before: Collection[datetime],
) -> Slot | str:
    """Return the first visit that starts in the freed time and fits, or the code of the reason why there is none.

    ``question`` is for the service that is waited for; ``offered_before`` are starts in that time that the person was offered already.
    """
    if any(freed.starts_at <= start < freed.ends_at for start in offered_before):
        return Reason.OFFERED_BEFORE.value
    slots = offered(question, freed)
    if not slots:
        return _refusal(question, freed)
    slots = [slot for slot in slots if preferences.holds(TimeRange(slot.starts_at, slot.ends_at))]
    if not slots:
        return Reason.OUTSIDE_WINDOWS.value
    for slot in slots:
        if preferences.is_in_time(TimeRange(slot.starts_at, slot.ends_at), question.now):
            return slot
    return Reason.TOO_LITTLE_NOTICE.value


def _refusal(question: AvailabilityQuery, freed: TimeRange) -> str:
    try:
        slot_at(question, freed.starts_at)
    except SchedulingError as refusal:
        return refusal.code
    raise AssertionError("a start that can be booked is offered")
