"""Whether a freed time suits a wait list entry, and the reason if it does not.

Entries for a service of the clinician, with that clinician or any, are considered in the order in
which they joined. An entry that the time does not suit is passed over with a reason. No entry is
offered the same start of a clinician twice.
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
    """Why an entry is passed over, in addition to the error codes of a booking."""

    OFFERED_BEFORE = "offered_before"
    OUTSIDE_WINDOWS = "outside_windows"
    TOO_LITTLE_NOTICE = "too_little_notice"
    NO_LONGER_WAITING = "no_longer_waiting"
    PATIENT_UNKNOWN = "patient_unknown"
    CHOSEN_BY_STAFF = "chosen_by_staff"


def fitting(
    query: AvailabilityQuery, freed: TimeRange, preferences: WaitlistPreferences, offered_before: Collection[datetime]
) -> Slot | str:
    """Return the first suitable slot that starts in the freed time, or the reason for none.

    ``query`` is for the entry's service; ``offered_before`` are starts offered to the entry before.
    """
    if any(freed.starts_at <= start < freed.ends_at for start in offered_before):
        return Reason.OFFERED_BEFORE.value
    slots = offered(query, freed)
    if not slots:
        return _refusal(query, freed)
    zones = {place.location_id: place.zone for place in query.places}
    slots = [slot for slot in slots if preferences.holds(slot.during, zones[slot.location_id])]
    if not slots:
        return Reason.OUTSIDE_WINDOWS.value
    for slot in slots:
        if preferences.is_in_time(slot.during, query.now):
            return slot
    return Reason.TOO_LITTLE_NOTICE.value


def _refusal(query: AvailabilityQuery, freed: TimeRange) -> str:
    try:
        slot_at(query, freed.starts_at)
    except SchedulingError as refusal:
        return refusal.code
    raise AssertionError("slot_at must accept only starts that offered() lists")
