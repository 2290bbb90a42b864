"""Request and response bodies of sessions and rosters."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Price, Shown, Text, Truth, Versioned, Whole
from api.http.times import Start
from api.scheduling.appointments.schemas import (
    ByWhom,
    CalendarItem,
    GraceUntil,
    OtherResources,
    OverrideBody,
    PatientName,
)
from domain.practice.service import Mode
from domain.scheduling.cancellation import CancelledBy
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSessionStatus
from domain.scheduling.sessions.group_session_terms import MAX_STAFF

_EXAMPLE: dict[str, JsonValue] = {
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "staff_ids": ["01980c5a-0000-7000-8000-000000000002"],
    "starts_at": "2026-06-02T18:00:00+02:00",
}
_PATIENT: dict[str, JsonValue] = {"patient_id": "01980c5a-0000-7000-8000-000000000004"}


class SessionBody(Body):
    """The first of the staff leads. Named resources are used, and further ones that the service
    requires are chosen. Length and price, which is per seat, are those of the service for the one
    who leads."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE, {**_EXAMPLE, "seats": 12}]})

    service_id: UUID
    staff_ids: list[UUID] = Field(min_length=1, max_length=MAX_STAFF)
    resource_ids: list[UUID] = Field(default=[], max_length=20)
    starts_at: Start
    seats: Whole | None = Field(default=None, description="null: the number of the service.")


class SessionPatch(Body):
    """Omitted fields stay the same: resources where they are free and where the staff are. The
    session keeps its length."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"seats": 14},
                {"starts_at": "2026-06-02T19:00:00+02:00"},
                {"staff_ids": _EXAMPLE["staff_ids"]},
            ]
        }
    )

    starts_at: Start | None = None
    staff_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_STAFF)
    resource_ids: OtherResources | None = None
    seats: Whole | None = Field(
        default=None, description="At least the number taken; new seats go to waiting patients."
    )
    override: OverrideBody | None = Field(
        default=None, description="Move although patients on the roster have other visits at the new time."
    )


class SessionCancelBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the heating is broken"}]})

    reason: Text


class EnrolBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _PATIENT,
                {**_PATIENT, "if_full": "wait"},
                {**_PATIENT, "override": {"reason": "leaves the other visit early"}},
            ]
        }
    )

    patient_id: UUID
    if_full: Literal["refuse", "wait"] = Field(
        default="refuse", description="`wait`: join the waiting line if every seat is taken."
    )
    override: OverrideBody | None = Field(
        default=None, description="Give the seat although the patient has another visit at this time."
    )


class WithdrawBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_PATIENT, {**_PATIENT, "cancelled_by": "patient"}]})

    patient_id: UUID
    cancelled_by: ByWhom = None


class SessionUndoBody(Body):
    """`version` is that of the answer to the command to undo."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 7}]})

    version: Whole = Field(ge=1, le=2**31 - 1)


class AttendanceBody(Body):
    """All these patients attended, or none did. To correct it, send it again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"patient_ids": [_PATIENT["patient_id"]], "attended": True}]}
    )

    patient_ids: list[UUID] = Field(min_length=1, max_length=500)
    attended: Truth


class ClinicTime(Shown):
    """The local time of the start at the location."""

    clinic: str = Field(examples=["18:00 CEST"])
    clinic_date: date


class SessionFacts(Versioned):
    """`[starts_at, ends_at)` excludes the buffers. While a seat is `free`, only patients wait who
    were passed over, see the roster."""

    status: GroupSessionStatus
    course_id: UUID | None = Field(description="The course that it was planned with, if any.")
    service_id: UUID
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    buffer_before_minutes: int
    buffer_after_minutes: int
    cancellation_notice_minutes: int | None = Field(
        description="As it was planned: a seat cancelled later is cancelled late; null: none is."
    )
    price: Price
    seats: int
    taken: int
    free: int
    waiting: int
    grace_until: GraceUntil


class SessionShown(SessionFacts):
    display: ClinicTime


class SessionInFull(SessionShown):
    cancellation_reason: str | None


class SessionPage(Page):
    sessions: list[SessionShown]


class BusyShown(Shown):
    """A visit or session of other clinicians, without its buffers."""

    clinician_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime


class CalendarPage(Page):
    appointments: list[CalendarItem]
    sessions: list[SessionShown]
    busy: list[BusyShown] = Field(
        description="Other clinicians' visits and sessions, for keys that are bound to a clinician; empty for others."
    )


class SeatOverrideShown(Shown):
    """`overlaps` are the appointments and sessions of the same time."""

    overlaps: list[UUID]
    reason: str | None = Field(description="null if the patient was erased, or for roles that do not see patients.")


class EnrolmentShown(Shown):
    """`place` in the waiting line counts from 1; `attended` is null until it is recorded.

    `passed_over`: a seat was free, but not for this waiting patient; `override`: they have the seat
    beside other visits."""

    patient_id: UUID
    status: EnrolmentStatus
    place: int | None
    attended: bool | None
    passed_over: str | None = Field(
        description="Why a waiting patient did not get a free seat: `patient_busy`, `already_enrolled`.",
        examples=["patient_busy"],
    )
    override: SeatOverrideShown | None


class EnrolledShown(SessionInFull):
    enrolment: EnrolmentShown


class ChangedRosterShown(SessionInFull):
    moved_up: list[UUID] = Field(description="The waiting patients who got a seat; inform them.")


class UndoneSession(SessionInFull):
    undone: str = Field(description="The undone command.", examples=["cancelled", "moved", "enrolled", "planned"])
    back_in_line: list[UUID] = Field(
        description="The patients who had moved up by it, and wait again; they were not informed yet."
    )


class RosterLine(EnrolmentShown):
    patient: PatientName | None = Field(
        description="null if they were erased, or the key's role does not see patients."
    )


class RosterPage(Page):
    version: int
    seats: int
    roster: list[RosterLine]


class PatientEnrolment(Shown):
    patient_id: UUID = Field(description="The surviving patient, if they were merged since.")
    status: EnrolmentStatus
    attended: bool | None
    cancelled_at: datetime | None = Field(description="When the seat was cancelled.")
    cancelled_by: CancelledBy | None = Field(description="null also if it was not stated.")
    cancelled_late: bool | None = Field(description="Whether the notice was too short; null also without a notice.")
    since: datetime
    session: SessionShown


class PatientEnrolmentPage(Page):
    enrolments: list[PatientEnrolment]
