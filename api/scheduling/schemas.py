"""Bodies of requests and answers about free times and appointments."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.bodies import Body, Page, Price, Shown, Text, Thing
from api.times import Start
from domain.practice.service import Mode
from domain.scheduling.appointment import Status

_EXAMPLE: dict[str, JsonValue] = {
    "patient_id": "01980c5a-0000-7000-8000-000000000004",
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "clinician_id": "01980c5a-0000-7000-8000-000000000002",
    "starts_at": "2026-06-01T09:00:00+02:00",
}


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


class RescheduleBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"starts_at": "2026-06-02T09:00:00+02:00"}]})

    starts_at: Start


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


class AppointmentShown(Thing):
    """`[starts_at, ends_at)` is the visit without its buffers."""

    status: Status
    starts_at: datetime
    ends_at: datetime
    patient_id: UUID = Field(description="Who stands for the patient now, if they were merged since they booked.")
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    mode: Mode
    buffer_before_minutes: int
    buffer_after_minutes: int
    price: Price
    display: Display
    alerts: list[str] = Field(
        description="What staff must see with each visit of this patient; empty for keys whose role does not read alerts."
    )


class AppointmentInFull(AppointmentShown):
    cancellation_reason: str | None


class AppointmentPage(Page):
    appointments: list[AppointmentShown]


class PatientName(Shown):
    given_name: str
    family_name: str


class CalendarItem(AppointmentShown):
    patient: PatientName | None = Field(
        description="null if they were erased, or the key's role does not see patients."
    )


class CalendarPage(Page):
    appointments: list[CalendarItem]


class SlotShown(Shown):
    starts_at: datetime
    ends_at: datetime
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID] = Field(description="What would be used; another free one of its kind may be named.")


class Slots(Shown):
    slots: list[SlotShown]
    position: int = Field(description="The log's position at which these times were free.")
