"""Bodies of requests and answers about feeds and imported busy time."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.http.schemas import Body, Page, Shown, Truth, Versioned, examples
from application.scheduling.calendars.ports import MAX_OCTETS, LeftOut
from domain.scheduling.calendars.feed import Detail


class ClinicianFeedBody(Body):
    """`detail`: `busy` (times), `visit` (service, location), `initials` or `name` (patient).

    Calendar programs store what they read, and many send it to a server: choose with care."""

    model_config = examples({"detail": "busy"})

    detail: Detail = Detail.BUSY


class PatientFeedBody(Body):
    """`detail`: `busy` (times) or `visit` (and service, location, clinician). No patient's name."""

    model_config = examples({"detail": "visit"})

    detail: Literal["busy", "visit"] = "busy"


class FeedShown(Versioned):
    clinician_id: UUID | None
    patient_id: UUID | None
    detail: Detail
    revoked: bool


class FeedOpened(FeedShown):
    url: str | None = Field(
        description="The path to subscribe to, with the token. It is answered once: a repeated request gets null."
    )


class FeedListed(FeedShown):
    opened_at: datetime
    revoked_at: datetime | None


class FeedPage(Page):
    feeds: list[FeedListed]


class BusyTimeBody(Body):
    """`ics` is the whole calendar: times that it no longer contains are no longer busy."""

    model_config = examples(
        {
            "calendar": "private",
            "ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:dentist@example.org\r\n"
            "DTSTAMP:20260501T080000Z\r\nDTSTART;TZID=Europe/Berlin:20260601T140000\r\nDURATION:PT1H\r\n"
            "SUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            "dry_run": True,
        }
    )

    calendar: str = Field(
        default="imported",
        max_length=40,
        description="The name among the clinician's calendars: `private`, `google-2`.",
    )
    ics: str = Field(max_length=MAX_OCTETS, description="iCalendar (RFC 5545), at most 2 MiB.")
    dry_run: Truth = Field(default=False, description="Answer what would change, and change nothing.")


class BusyTimeImportedShown(Versioned):
    """`id` and `version` are the imported calendar's; version 0 in a dry run of a new one."""

    clinician_id: UUID
    calendar: str
    dry_run: bool
    added: int
    moved: int
    removed: int
    unchanged: int
    left_out: dict[LeftOut, int] = Field(description="Events of the file that are no busy time, by reason.")
    visits_beneath: list[UUID] = Field(description="Booked visits at times that are busy now. They stay.")


class BusyStretch(Shown):
    starts_at: datetime
    ends_at: datetime
    calendar: str
    calendar_id: UUID


class BusyTimeShown(Shown):
    """In order of time. Times of one calendar that overlap or touch are merged."""

    busy_time: list[BusyStretch]
    position: int
