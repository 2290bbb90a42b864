"""Bodies of requests and answers about free times and appointments."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Price, Shown, Text, Versioned
from api.http.times import Start
from domain.practice.service import Mode
from domain.scheduling.appointments.status import Status

_EXAMPLE: dict[str, JsonValue] = {
    "patient_id": "01980c5a-0000-7000-8000-000000000004",
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "clinician_id": "01980c5a-0000-7000-8000-000000000002",
    "starts_at": "2026-06-01T09:00:00+02:00",
}


Notes: TypeAlias = Annotated[
    Text, Field(description="What staff should know of this visit, at most 5,000 characters. Patients do not see it.")
]
Act: TypeAlias = Literal[
    "booked",
    "requested",
    "confirmed",
    "declined",
    "rescheduled",
    "reassigned",
    "cancelled",
    "checked_in",
    "completed",
    "not_attended",
    "notes_changed",
]


class OverrideBody(Body):
    """Book it against the rules, on purpose. Hours, grid, notice, horizon and other visits can be set aside, the past cannot."""

    reason: Text = Field(description="Why: for colleagues, kept sealed.", examples=["in pain, Dr. Levi agreed"])


class AppointmentBody(Body):
    """Resources that are named are used; what the service requires beyond them is chosen. The price is the service's.

    `clinician_id` null books anyone who is free: the preferred ones first, in their order; then who has the fewest visits on that
    day; then who joined first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE,
                {**_EXAMPLE, "starts_at": {"local": "2026-06-01T09:00", "zone": "Europe/Berlin"}},
                {**_EXAMPLE, "clinician_id": None},
                {**_EXAMPLE, "status": "requested"},
                {**_EXAMPLE, "hold_id": "01980c5a-0000-7000-8000-000000000005"},
                {**_EXAMPLE, "override": {"reason": "in pain, Dr. Levi agreed"}},
                {**_EXAMPLE, "notes": "brings her own crutches"},
            ]
        }
    )

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None = Field(description="null for anyone.")
    starts_at: Start
    resource_ids: list[UUID] = Field(default=[], max_length=20)
    preferred_clinician_ids: list[UUID] = Field(
        default=[], max_length=50, description="If it may be anyone: these first, in this order."
    )
    status: Literal["requested", "confirmed"] = Field(
        default="confirmed", description="`requested` asks for the visit: it takes no time until it is confirmed."
    )
    hold_id: UUID | None = Field(default=None, description="A hold of this very time, which the booking uses.")
    override: OverrideBody | None = None
    notes: Notes | None = None


class NotesBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"notes": "brings her own crutches"}, {"notes": None}]})

    notes: Notes | None = Field(description="null or an empty text takes them away.")


class UndoAppointmentBody(Body):
    """May be left out: then the last command is undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"act": "checked_in"}]})

    act: Act | None = Field(
        default=None,
        description="Undo this one and no other: the last one, but for changes of the notes; or the last of those.",
    )


class RescheduleBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"starts_at": "2026-06-02T09:00:00+02:00"}]})

    starts_at: Start


OtherResources: TypeAlias = Annotated[
    list[UUID],
    Field(
        max_length=20,
        description="Each takes the place of one of its kind, or is added where there is none to replace: never fewer of a kind are"
        " used than were agreed on.",
    ),
]


class ReassignBody(Body):
    """What is left out stays as it is: resources as far as they are free and where the clinician is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"clinician_id": "01980c5a-0000-7000-8000-000000000006"}]}
    )

    clinician_id: UUID | None = None
    resource_ids: OtherResources | None = None


class DeclineBody(Body):
    """The reason may be left out, and the whole body with it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "fully booked that week"}]})

    reason: Text | None = None


class CancelBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "patient rang"}]})

    reason: Text


class Empty(Body):
    """No field at all; the body may be left out."""


class Display(Shown):
    """What clocks show at the start, never without a zone; dates may differ."""

    clinic: str = Field(examples=["10:00 CEST"])
    clinic_date: date
    patient: str = Field(examples=["04:00 EDT (10:00 CEST at the clinic)"])
    patient_date: date


class AppointmentShown(Versioned):
    """`[starts_at, ends_at)` is the visit without its buffers."""

    status: Status
    starts_at: datetime
    ends_at: datetime
    patient_id: UUID = Field(description="The surviving patient, if the one who booked was merged since.")
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    mode: Mode
    buffer_before_minutes: int
    buffer_after_minutes: int
    series_id: UUID | None = Field(description="The series that the visit was booked in, if it was.")
    occurrence: int | None = Field(description="Its index in the series.")
    original: str | None = Field(
        description="What it is known by in the series: its time on the wall clock as it was planned first.",
        examples=["2026-06-02T10:00:00"],
    )
    price: Price
    display: Display
    alerts: list[str] = Field(
        description="What staff must see with each visit of this patient; empty for keys whose role does not read alerts."
    )


class OverrideShown(Shown):
    """`rules` are the codes that would have refused the booking; `overlaps` the appointments and holds that it was booked beside."""

    rules: list[str]
    overlaps: list[UUID]
    reason: str | None


GraceUntil: TypeAlias = Annotated[
    datetime, Field(description="Until then nobody is notified of the last command, so that it can be undone.")
]


class AppointmentInFull(AppointmentShown):
    notes: str | None = Field(description="For staff; null for keys whose role does not read notes.")
    cancellation_reason: str | None
    decline_reason: str | None
    override: OverrideShown | None = Field(description="Set if it was booked against the rules, on purpose.")
    grace_until: GraceUntil


class AppointmentPage(Page):
    appointments: list[AppointmentShown]


class PatientName(Shown):
    given_name: str
    family_name: str


class CalendarItem(AppointmentShown):
    patient: PatientName | None = Field(
        description="null if they were erased, or the key's role does not see patients."
    )


class SlotShown(Shown):
    starts_at: datetime
    ends_at: datetime
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID] = Field(description="What would be used; another free one of its kind may be named.")


class Slots(Shown):
    slots: list[SlotShown]
    position: int = Field(description="The log's position at which these times were free.")
