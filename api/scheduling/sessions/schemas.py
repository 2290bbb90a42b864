"""Bodies of requests and answers about sessions and their rosters."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Price, Shown, Text, Truth, Versioned, Whole
from api.http.times import Start
from api.scheduling.appointments.schemas import CalendarItem, GraceUntil, OtherResources, PatientName
from domain.practice.service import Mode
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSessionStatus
from domain.scheduling.sessions.terms import MOST_STAFF

_EXAMPLE: dict[str, JsonValue] = {
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "staff_ids": ["01980c5a-0000-7000-8000-000000000002"],
    "starts_at": "2026-06-02T18:00:00+02:00",
}
_PATIENT: dict[str, JsonValue] = {"patient_id": "01980c5a-0000-7000-8000-000000000004"}


class SessionBody(Body):
    """All of the staff give it, the first of them leads. Resources that are named are used; what the service requires beyond them is
    chosen. The price, for one seat, is the service's."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE, {**_EXAMPLE, "seats": 12}]})

    service_id: UUID
    staff_ids: list[UUID] = Field(min_length=1, max_length=MOST_STAFF)
    resource_ids: list[UUID] = Field(default=[], max_length=20)
    starts_at: Start
    seats: Whole | None = Field(default=None, description="null: as many as the service says.")


class SessionPatch(Body):
    """What is left out stays as it is: resources as far as they are free and where the staff are. The session keeps its length."""

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
    staff_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_STAFF)
    resource_ids: OtherResources | None = None
    seats: Whole | None = Field(
        default=None, description="Not fewer than are enrolled; people who wait move up into new ones."
    )


class SessionCancelBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the heating is broken"}]})

    reason: Text


class EnrolBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_PATIENT, {**_PATIENT, "if_full": "wait"}]})

    patient_id: UUID
    if_full: Literal["refuse", "wait"] = Field(
        default="refuse", description="`wait`: where every seat is taken, wait for the next one that becomes free."
    )


class WithdrawBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_PATIENT]})

    patient_id: UUID


class SessionUndoBody(Body):
    """`version` is the one that was answered by the command which is to be undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 7}]})

    version: Whole = Field(ge=1, le=2**31 - 1)


class AttendanceBody(Body):
    """All who are named came, or did not. To put it right, send it again with what is true."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"patient_ids": [_PATIENT["patient_id"]], "attended": True}]}
    )

    patient_ids: list[UUID] = Field(min_length=1, max_length=500)
    attended: Truth


class ClinicTime(Shown):
    """What the clocks of the location show at the start."""

    clinic: str = Field(examples=["18:00 CEST"])
    clinic_date: date


class SessionShown(Versioned):
    """`[starts_at, ends_at)` is the session without its buffers; `free` seats are to be had, which is none while anybody waits."""

    status: GroupSessionStatus
    course_id: UUID | None = Field(description="What it was planned with, if it was planned with others.")
    service_id: UUID
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    buffer_before_minutes: int
    buffer_after_minutes: int
    price: Price
    seats: int
    taken: int
    free: int
    waiting: int
    grace_until: GraceUntil
    display: ClinicTime


class SessionInFull(SessionShown):
    cancellation_reason: str | None


class SessionPage(Page):
    sessions: list[SessionShown]


class CalendarPage(Page):
    appointments: list[CalendarItem]
    sessions: list[SessionShown]


class EnrolmentShown(Shown):
    """`place` is the place in the line of those who wait, from 1; `attended` is null while nobody has noted it."""

    patient_id: UUID
    status: EnrolmentStatus
    place: int | None
    attended: bool | None


class EnrolledShown(SessionInFull):
    enrolment: EnrolmentShown


class ChangedRosterShown(SessionInFull):
    moved_up: list[UUID] = Field(description="Who had waited and has a seat now; tell them.")


class UndoneSession(SessionInFull):
    undone: str = Field(description="What was undone.", examples=["cancelled", "moved", "enrolled", "planned"])
    back_in_line: list[UUID] = Field(description="Who had moved up by it, and waits again: nobody was told yet.")


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
    since: datetime
    session: SessionShown


class PatientEnrolmentPage(Page):
    enrolments: list[PatientEnrolment]
