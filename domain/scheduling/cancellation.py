"""Cancellations: by whom, and whether later than the visit's cancellation notice allows."""

from datetime import datetime, timedelta
from enum import StrEnum


class CancelledBy(StrEnum):
    """Who wanted the cancellation, not who recorded it."""

    PATIENT = "patient"
    PRACTICE = "practice"


def is_late(starts_at: datetime, notice_minutes: int | None, at: datetime) -> bool | None:
    """Return whether ``at`` is less than the notice before the start; None: no notice was agreed.

    A cancellation exactly at the notice is in time.
    """
    return None if notice_minutes is None else starts_at - at < timedelta(minutes=notice_minutes)
