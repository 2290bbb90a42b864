"""Bodies and answers of the wait list, its openings and its offers."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from api.http.schemas import Body, Page, Shown, Versioned, Whole
from api.http.times import Start, moment
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.waitlist.entry import EntryStatus
from domain.waitlist.offer import LONGEST_MINUTES, OfferStatus
from domain.waitlist.opening import OpeningStatus
from domain.waitlist.preferences import MOST_NOTICE_MINUTES, MOST_WINDOWS

_ID = "01980c5a-0000-7000-8000-00000000000"
_WINDOW = "RFC 3339 with an offset, or a date for its first moment in the practice's zone."


class Window(Body):
    """A visit fits if it lies in the window as a whole: `to` is where it must have ended."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    from_: str = Field(alias="from", max_length=40, description=_WINDOW, examples=["2026-06-01"])
    to: str = Field(max_length=40, description=_WINDOW, examples=["2026-06-08"])

    def range(self, zone: str) -> TimeRange:
        """Raises InvalidValueError: a text that is no time, or an end that is not after its start."""
        starts_at, ends_at = moment(self.from_, zone, "windows"), moment(self.to, zone, "windows")
        if ends_at <= starts_at:
            raise InvalidValueError("windows", "a window ends after it starts")
        return TimeRange(starts_at, ends_at)


class EntryBody(Body):
    """Who waits for what. `clinician_id` null is anyone who gives the service; no `windows` is any time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "patient_id": f"{_ID}4",
                    "service_id": f"{_ID}3",
                    "clinician_id": f"{_ID}2",
                    "windows": [{"from": "2026-06-01T08:00:00+02:00", "to": "2026-06-05T13:00:00+02:00"}],
                    "notice_minutes": 120,
                }
            ]
        }
    )

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None = None
    windows: list[Window] = Field(default=[], max_length=MOST_WINDOWS)
    notice_minutes: Whole = Field(
        default=0,
        ge=0,
        le=MOST_NOTICE_MINUTES,
        description="How long before a visit the person must hear of it.",
    )


class EntryPatch(Body):
    """What is left out stays as it is, and so does the place in line."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"clinician_id": None, "windows": [], "notice_minutes": 60}]}
    )

    clinician_id: UUID | None = None
    windows: list[Window] = Field(default=[], max_length=MOST_WINDOWS)
    notice_minutes: Whole = Field(default=0, ge=0, le=MOST_NOTICE_MINUTES)


class WindowShown(Shown):
    from_: datetime = Field(alias="from")
    to: datetime


class EntryShown(Versioned):
    status: EntryStatus
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None
    windows: list[WindowShown]
    notice_minutes: int
    joined_at: datetime
    appointment_id: UUID | None = Field(description="The visit by which the person was served.")


class EntryPage(Page):
    entries: list[EntryShown]


class OpeningBody(Body):
    """A free time, and to whom it is offered. All of them wait for one service; it is that service's visit that is offered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "entry_ids": [f"{_ID}7", f"{_ID}8"],
                    "clinician_id": f"{_ID}2",
                    "starts_at": "2026-06-01T09:00:00+02:00",
                    "minutes": 60,
                }
            ]
        }
    )

    entry_ids: list[UUID] = Field(min_length=1, max_length=20)
    clinician_id: UUID
    starts_at: Start
    minutes: Whole = Field(
        ge=1, le=LONGEST_MINUTES, description="How long they have to answer; the visit's start ends it at the latest."
    )


class PassedOverShown(Shown):
    """`because` is a code: why this entry, which is earlier in line, was not the one."""

    entry_id: UUID
    because: str = Field(examples=["outside_windows"])


class RoundOffer(Shown):
    offer_id: UUID
    entry_id: UUID
    status: OfferStatus


class RoundShown(Shown):
    """Whom the time was offered to together. `as_of` is the position of the log up to which the line was known."""

    made_at: datetime
    expires_at: datetime
    service_id: UUID
    starts_at: datetime
    ends_at: datetime
    as_of: int
    offers: list[RoundOffer]
    passed_over: list[PassedOverShown]


class OpeningShown(Versioned):
    """The fairness log of one free time. When it was `closed`, `passed_over` are all who were left, each with the reason."""

    status: OpeningStatus
    clinician_id: UUID
    starts_at: datetime
    ends_at: datetime
    cause: str = Field(examples=["given_up"], description="`given_up`, or `by_hand`.")
    freed_by: UUID | None = Field(description="The appointment, session or hold that gave the time up.")
    rounds: list[RoundShown]
    appointment_id: UUID | None
    closed_because: str | None = Field(examples=["nobody_fits"])
    passed_over: list[PassedOverShown]


class OpeningPage(Page):
    openings: list[OpeningShown]


class OfferShown(Versioned):
    status: OfferStatus
    opening_id: UUID
    entry_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    expires_at: datetime = Field(description="At this very second it is too late.")
    because: str | None = Field(description="Why it was withdrawn.")
    appointment_id: UUID | None


class OfferPage(Page):
    offers: list[OfferShown]
