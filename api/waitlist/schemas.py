"""Bodies of requests and answers about wait list entries, openings and offers."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from api.http.schemas import Body, Page, Shown, Versioned, Whole, examples
from api.http.times import Start, moment
from api.practice.hours_schemas import WeeklyRange
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.waitlist.entry import EntryStatus
from domain.waitlist.offer import LONGEST_MINUTES, OfferStatus
from domain.waitlist.opening import OpeningStatus
from domain.waitlist.preferences import MAX_NOTICE_MINUTES, MAX_WEEKLY, MAX_WINDOWS

_ID = "01980c5a-0000-7000-8000-00000000000"
_WEEKLY = "Weekdays and times of day, in the time zone of the visit's location; as in a clinician's hours."
_WINDOW = "RFC 3339 with an offset, or a date: its start in the practice's time zone."


class Window(Body):
    """The whole visit must lie in the window."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    from_: str = Field(alias="from", max_length=40, description=_WINDOW, examples=["2026-06-01"])
    to: str = Field(max_length=40, description=_WINDOW, examples=["2026-06-08"])

    def range(self, zone: str) -> TimeRange:
        """Raises InvalidValueError: not a time, or an end that is not after the start."""
        starts_at, ends_at = moment(self.from_, zone, "windows"), moment(self.to, zone, "windows")
        if ends_at <= starts_at:
            raise InvalidValueError("windows", "a window ends after it starts")
        return TimeRange(starts_at, ends_at)


class EntryBody(Body):
    """`clinician_id` null: any clinician who gives the service.

    A visit suits the patient if it lies in one of the `windows`, and in the `weekly` times of the
    location where it is. Without either, any time suits."""

    model_config = examples(
        {
            "patient_id": f"{_ID}4",
            "service_id": f"{_ID}3",
            "clinician_id": f"{_ID}2",
            "windows": [{"from": "2026-06-01T08:00:00+02:00", "to": "2026-06-05T13:00:00+02:00"}],
            "notice_minutes": 120,
        },
        {
            "patient_id": f"{_ID}4",
            "service_id": f"{_ID}3",
            "weekly": [
                {"weekday": "tue", "from": "17:00", "to": "20:00"},
                {"weekday": "thu", "from": "07:00", "to": "09:00", "every_weeks": 2, "from_date": "2026-06-04"},
            ],
        },
    )

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None = None
    windows: list[Window] = Field(default=[], max_length=MAX_WINDOWS)
    weekly: list[WeeklyRange] = Field(default=[], max_length=MAX_WEEKLY, description=_WEEKLY)
    notice_minutes: Whole = Field(
        default=0, ge=0, le=MAX_NOTICE_MINUTES, description="The notice that the patient needs before a visit."
    )


class EntryPatch(Body):
    """Omitted fields and the place in line stay as they are."""

    model_config = examples({"clinician_id": None, "windows": [], "weekly": [], "notice_minutes": 60})

    clinician_id: UUID | None = None
    windows: list[Window] = Field(default=[], max_length=MAX_WINDOWS)
    weekly: list[WeeklyRange] = Field(default=[], max_length=MAX_WEEKLY, description=_WEEKLY)
    notice_minutes: Whole = Field(default=0, ge=0, le=MAX_NOTICE_MINUTES)


class WindowShown(Shown):
    from_: datetime = Field(alias="from")
    to: datetime


class EntryShown(Versioned):
    status: EntryStatus
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None
    windows: list[WindowShown]
    weekly: list[WeeklyRange]
    notice_minutes: int
    joined_at: datetime
    appointment_id: UUID | None = Field(description="The visit that the patient got.")


class EntryPage(Page):
    entries: list[EntryShown]


class OpeningBody(Body):
    """A free time, and the entries to offer it to. All of them must wait for the same service."""

    model_config = examples(
        {
            "entry_ids": [f"{_ID}7", f"{_ID}8"],
            "clinician_id": f"{_ID}2",
            "starts_at": "2026-06-01T09:00:00+02:00",
            "minutes": 60,
        }
    )

    entry_ids: list[UUID] = Field(min_length=1, max_length=20)
    clinician_id: UUID
    starts_at: Start
    minutes: Whole = Field(
        ge=1, le=LONGEST_MINUTES, description="The time to answer; it ends at the start of the visit at the latest."
    )


class PassedOverShown(Shown):
    """`because` is the code of the reason why this earlier entry got no offer."""

    entry_id: UUID
    because: str = Field(examples=["outside_windows"])


class RoundOffer(Shown):
    offer_id: UUID
    entry_id: UUID
    status: OfferStatus


class RoundShown(Shown):
    """The entries that got offers together. The line was read at the log's position `as_of`."""

    made_at: datetime
    expires_at: datetime
    service_id: UUID
    starts_at: datetime
    ends_at: datetime
    as_of: int
    offers: list[RoundOffer]
    passed_over: list[PassedOverShown]


class OpeningShown(Versioned):
    """The fairness log of a free time. Once `closed`, `passed_over` has all who still waited."""

    status: OpeningStatus
    clinician_id: UUID
    starts_at: datetime
    ends_at: datetime
    cause: str = Field(examples=["given_up"], description="`given_up`, or `by_hand`.")
    freed_by: UUID | None = Field(description="The appointment, session or hold that released the time.")
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
    expires_at: datetime = Field(description="The first instant at which it can no longer be answered.")
    because: str | None = Field(description="Why it was withdrawn.")
    appointment_id: UUID | None


class OfferPage(Page):
    offers: list[OfferShown]
