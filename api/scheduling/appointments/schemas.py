"""Bodies of requests and answers about appointments and holds."""

from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BeforeValidator, Field, JsonValue
from pydantic_core import PydanticCustomError

from api.http.schemas import Body, Page, Price, Shown, Text, Versioned, Whole, examples
from api.http.times import Start
from domain.practice.service import MAX_DURATION_MINUTES, Mode
from domain.scheduling.appointments.hold import LONGEST_MINUTES, HoldStatus
from domain.scheduling.appointments.origin import VisitOrigin
from domain.scheduling.appointments.status import Status
from domain.scheduling.cancellation import CancelledBy

_EXAMPLE: dict[str, JsonValue] = {
    "patient_id": "01980c5a-0000-7000-8000-000000000004",
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "clinician_id": "01980c5a-0000-7000-8000-000000000002",
    "starts_at": "2026-06-01T09:00:00+02:00",
}

Notes: TypeAlias = Annotated[Text, Field(description="For staff, at most 5,000 characters. Patients do not see them.")]
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


Duration: TypeAlias = Annotated[Whole, Field(ge=1, le=MAX_DURATION_MINUTES)]


ByWhom: TypeAlias = Annotated[
    CancelledBy | None, Field(description="Who wanted it, not who records it; null: not stated.")
]


class OverrideBody(Body):
    """Books against hours, grid, notice and horizon, beside other visits, never in the past."""

    reason: Text = Field(description="For colleagues; sealed.", examples=["in pain, Dr. Levi agreed"])


class AppointmentBody(Body):
    """Named resources are used; other required ones are chosen. The price is the service's for the
    clinician.

    `clinician_id` null books any free clinician: the preferred ones first, in their order; then the
    one with the fewest visits on that day; then the one who joined first."""

    model_config = examples(
        _EXAMPLE,
        {**_EXAMPLE, "starts_at": {"local": "2026-06-01T09:00", "zone": "Europe/Berlin"}},
        {**_EXAMPLE, "clinician_id": None},
        {**_EXAMPLE, "status": "requested"},
        {**_EXAMPLE, "hold_id": "01980c5a-0000-7000-8000-000000000005"},
        {**_EXAMPLE, "override": {"reason": "in pain, Dr. Levi agreed"}},
        {**_EXAMPLE, "notes": "brings her own crutches"},
        {**_EXAMPLE, "duration_minutes": 80},
    )

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None = Field(description="null for any clinician.")
    starts_at: Start
    resource_ids: list[UUID] = Field(default=[], max_length=20)
    preferred_clinician_ids: list[UUID] = Field(
        default=[], max_length=50, description="For any clinician: try these first, in this order."
    )
    status: Literal["requested", "confirmed"] = Field(
        default="confirmed", description="A `requested` visit takes no time until it is confirmed."
    )
    hold_id: UUID | None = Field(default=None, description="A hold of this time, which the booking uses.")
    duration_minutes: Duration | None = Field(
        default=None, description="The length; default: the service's for the clinician."
    )
    override: OverrideBody | None = None
    notes: Notes | None = None


class NotesBody(Body):
    model_config = examples({"notes": "brings her own crutches"}, {"notes": None})

    notes: Notes | None = Field(description="null or an empty text removes them.")


class UndoAppointmentBody(Body):
    """Without a body the last command is undone."""

    model_config = examples({}, {"act": "checked_in"})

    act: Act | None = Field(
        default=None,
        description="Undo this act only: the last one apart from changes of the notes, or the last change of the notes.",
    )


OtherResources: TypeAlias = Annotated[
    list[UUID],
    Field(
        max_length=20,
        description="Each replaces one of its kind, or is added if there is none to replace: the number of a kind never falls.",
    ),
]


class RescheduleBody(Body):
    """Omitted fields stay as they are, and resources if they are free where the clinician is then.

    The buffers stay. At least one field besides `override` and `notify` is needed."""

    model_config = examples(
        {"starts_at": "2026-06-02T09:00:00+02:00"},
        {
            "starts_at": "2026-06-02T09:00:00+02:00",
            "clinician_id": "01980c5a-0000-7000-8000-000000000006",
            "duration_minutes": 80,
            "price": {"amount_minor": 12000, "currency": "EUR"},
            "override": {"reason": "in pain, Dr. Levi agreed"},
            "notify": False,
        },
    )

    starts_at: Start | None = None
    clinician_id: UUID | None = None
    resource_ids: OtherResources | None = None
    duration_minutes: Duration | None = None
    price: Price | None = Field(default=None, description="Such as that of another clinician: see the service.")
    override: OverrideBody | None = None
    notify: bool = Field(default=True, description="Whether to tell the patient.")


class ReassignBody(Body):
    """Omitted fields stay as they are; resources if they are free at the clinician's location."""

    model_config = examples({"clinician_id": "01980c5a-0000-7000-8000-000000000006"})

    clinician_id: UUID | None = None
    resource_ids: OtherResources | None = None


class DeclineBody(Body):
    """The reason is optional, and so is the body."""

    model_config = examples({"reason": "fully booked that week"})

    reason: Text | None = None


class CancelBody(Body):
    model_config = examples({"reason": "patient rang", "cancelled_by": "patient"}, {"reason": "clinician ill"})

    reason: Text
    cancelled_by: ByWhom = None


class Empty(Body):
    """No fields; the body is optional."""


class Display(Shown):
    """The local times of the start, with the zone; the dates may differ."""

    clinic: str = Field(examples=["10:00 CEST"])
    clinic_date: date
    patient: str = Field(examples=["04:00 EDT (10:00 CEST at the clinic)"])
    patient_date: date


class AppointmentShown(Versioned):
    """`[starts_at, ends_at)` is the visit without its buffers."""

    status: Status
    starts_at: datetime
    ends_at: datetime
    patient_id: UUID = Field(description="The surviving patient, if the one of the booking was merged since.")
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    mode: Mode
    buffer_before_minutes: int
    buffer_after_minutes: int
    cancellation_notice_minutes: int | None = Field(
        description="As it was booked: a later cancellation is late; null: none is."
    )
    cancelled_at: datetime | None
    cancelled_by: CancelledBy | None = Field(description="null also if it was not stated.")
    cancelled_late: bool | None = Field(
        description="Whether the notice was too short; null also without a notice, or if an imported file does not tell."
    )
    series_id: UUID | None = Field(description="The series that it belongs to.")
    occurrence: int | None = Field(description="Its number in the series.")
    original: str | None = Field(
        description="Its identity in the series: the local time for which it was first planned.",
        examples=["2026-06-02T10:00:00"],
    )
    origin: VisitOrigin = Field(
        description="How it came to be: booked by staff, a request, a series, an offer of the wait list, or an import."
    )
    time_is_assigned: bool = Field(
        description="Whether an import chose its time, because the file has none. Leave it out of reports by hour."
    )
    price: Price
    display: Display
    alerts: list[str] = Field(description="The patient's alerts; empty for keys whose role does not read them.")


class OverrideShown(Shown):
    """`rules` are the codes overridden, `overlaps` the appointments and holds beside it."""

    rules: list[str]
    overlaps: list[UUID]
    reason: str | None


GraceUntil: TypeAlias = Annotated[
    datetime, Field(description="Nobody is notified of the last command before then, so that it can be undone.")
]


class AppointmentInFull(AppointmentShown):
    notes: str | None = Field(description="For staff; null for keys whose role does not read notes.")
    cancellation_reason: str | None
    decline_reason: str | None
    override: OverrideShown | None = Field(description="Set if it was booked against the rules.")
    grace_until: GraceUntil
    notify: bool = Field(
        description="Whether to tell the patient of the last command: false after a move with `notify: false`."
    )


class AppointmentPage(Page):
    appointments: list[AppointmentShown]


class PatientName(Shown):
    """One of the two is null if the person has one name only."""

    given_name: str | None
    family_name: str | None


class CalendarItem(AppointmentShown):
    patient: PatientName | None = Field(
        description="null if they were erased, or the key's role does not see patients."
    )


def _refuse_number(value: object) -> object:
    # ip_address() reads a number as an address: 1 as 0.0.0.1.
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "an address is a text")
    return value


class HoldBody(Body):
    """`contact` and `client_address` are the person's; only keyed digests of them are stored."""

    model_config = examples(
        {
            "service_id": _EXAMPLE["service_id"],
            "clinician_id": _EXAMPLE["clinician_id"],
            "starts_at": "2026-06-01T09:00:00+02:00",
            "minutes": 10,
        }
    )

    service_id: UUID
    clinician_id: UUID
    starts_at: Start
    minutes: Whole = Field(ge=1, le=LONGEST_MINUTES)
    contact: str | None = Field(default=None, min_length=3, max_length=254, description="E-mail or telephone.")
    client_address: Annotated[IPv4Address | IPv6Address, BeforeValidator(_refuse_number)] | None = Field(
        default=None, description="The person's IP address, if you send requests for them; default: the request's."
    )


class HoldShown(Versioned):
    status: HoldStatus
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime = Field(description="The first instant at which the time is free again.")
    appointment_id: UUID | None = Field(description="The appointment that used the hold.")
