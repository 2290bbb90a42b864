"""A visit or session as an entry of another calendar."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.kernel.zones import spoken_dates, spoken_time

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"


class Person(NamedTuple):
    """A participant; None where a value is unknown or must not be shown."""

    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVisit:
    """A visit or session to show; it has been at ``version`` since ``revised_at``."""

    uid: str
    version: int
    revised_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str | None = None
    description: str | None = None
    is_cancelled: bool = False


def uid_of(tenant_id: UUID, id_: UUID) -> str:
    """Return the UID of a visit or a session; it never changes."""
    return f"{id_}@{tenant_id}"


def is_own(tenant_id: UUID, uid: str) -> bool:
    """Return whether a UID in another calendar is that of a visit or session of this practice."""
    return uid.strip().lower().endswith(f"@{tenant_id}")


def spoken(starts_at: datetime, clinic_zone: str, patient_zone: str | None) -> str:
    """Return the date and time to read: ``2024-05-13 04:00 EDT (10:00 CEST at the clinic)``."""
    at_home, at_clinic = spoken_dates(starts_at, clinic_zone, patient_zone)
    clock = spoken_time(starts_at, clinic_zone, patient_zone)
    if at_home != at_clinic:
        clock = clock.replace("(", f"({at_clinic} ")
    return f"{at_home} {clock}"
