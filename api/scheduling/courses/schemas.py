"""Request and response bodies of courses."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Shown, Text, Whole
from api.scheduling.appointments.schemas import ByWhom
from api.scheduling.series.schemas import (
    FromOccurrence,
    KeptShown,
    LastChange,
    OccurrenceConflictShown,
    OccurrencesBody,
    OccurrencesChangeBody,
    OccurrenceShown,
    PlanShown,
    SlotShown,
)
from application.scheduling.series.plan_occurrences import OnConflict
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.group_session import GroupSessionStatus
from domain.scheduling.sessions.group_session_terms import MAX_STAFF

_EXAMPLE: dict[str, JsonValue] = {
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "staff_ids": ["01980c5a-0000-7000-8000-000000000002"],
    "starts_at": "2026-06-02T18:00:00+02:00",
    "rrule": "FREQ=WEEKLY;COUNT=10",
}
_PATIENT: dict[str, JsonValue] = {"patient_id": "01980c5a-0000-7000-8000-000000000004"}
_CHANGE: dict[str, JsonValue] = {"from_occurrence": 4, "scope": "following"}


class CourseBody(OccurrencesBody):
    """`starts_at` is the first session, on a day of the rule. The others keep its local time. The
    other fields are as for a session."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE, {**_EXAMPLE, "on_conflict": "skip", "dry_run": True}]}
    )

    staff_ids: list[UUID] = Field(min_length=1, max_length=MAX_STAFF)
    resource_ids: list[UUID] = Field(default=[], max_length=20)
    seats: Whole | None = Field(default=None, description="Of each session; null: the number of the service.")


class CourseCancelBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"from_occurrence": 4, "reason": "the studio moves"}]})

    from_occurrence: FromOccurrence
    scope: Scope = Scope.FOLLOWING
    reason: Text


class CourseChangeBody(OccurrencesChangeBody):
    """`starts_at` is the new start of `from_occurrence`; the other sessions in the scope take its
    time of day, and move by the same number of days. Omitted fields stay the same: resources where
    they are free and where the staff are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_CHANGE, "starts_at": "2026-06-23T19:00:00+02:00"},
                {**_CHANGE, "scope": "all", "starts_at": "2026-06-24T18:00:00+02:00", "dry_run": True},
                {**_CHANGE, "staff_ids": ["01980c5a-0000-7000-8000-000000000006"], "on_conflict": "skip"},
            ]
        }
    )

    staff_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_STAFF)


class CoursePatientBody(Body):
    patient_id: UUID
    from_occurrence: FromOccurrence = 1


class CourseWithdrawBody(CoursePatientBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [_PATIENT, {**_PATIENT, "from_occurrence": 4, "cancelled_by": "patient"}]}
    )

    cancelled_by: ByWhom = None


class CourseEnrolBody(CoursePatientBody):
    """`if_full: wait` joins the waiting line of each full session. Without it, `on_conflict: skip`
    takes seats in the other sessions only."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _PATIENT,
                {**_PATIENT, "if_full": "wait"},
                {**_PATIENT, "from_occurrence": 4, "on_conflict": "skip"},
            ]
        }
    )

    if_full: Literal["refuse", "wait"] = "refuse"
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING


class CourseOccurrenceShown(OccurrenceShown):
    session_id: UUID | None
    status: GroupSessionStatus | None
    taken: int | None
    waiting: int | None


class CancellationShown(Shown):
    from_occurrence: int
    cancelled: list[int]
    kept: list[KeptShown]


class CourseListed(PlanShown):
    staff_ids: list[UUID] = Field(description="The staff of the course; a session may have been reassigned alone.")
    seats: int = Field(description="Of each session as planned first.")
    planned: int


class CourseShown(CourseListed):
    occurrences: list[CourseOccurrenceShown]
    last_cancellation: CancellationShown | None
    last_change: LastChange | None


class CoursePage(Page):
    courses: list[CourseListed]


class CourseEnrolment(Shown):
    """`enrolled` where a seat was free, `waiting` where none was; `kept` has the other reasons."""

    patient_id: UUID
    from_occurrence: int
    enrolled: list[int]
    waiting: list[int]
    kept: list[KeptShown]


class CourseEnrolled(CourseShown):
    enrolment: CourseEnrolment


class MovedUpShown(Shown):
    index: int
    session_id: UUID
    patient_ids: list[UUID]


class CourseWithdrawal(Shown):
    patient_id: UUID
    from_occurrence: int
    withdrawn: list[int]
    kept: list[KeptShown]
    moved_up: list[MovedUpShown] = Field(description="The waiting patients who got a seat; inform them.")


class CourseLeft(CourseShown):
    withdrawal: CourseWithdrawal


class PreviewedSession(SlotShown):
    staff_ids: list[UUID]


class CoursePreview(Shown):
    dry_run: bool
    zone: str
    seats: int
    sessions: list[PreviewedSession]
    conflicts: list[OccurrenceConflictShown]


class CourseChangePreview(Shown):
    dry_run: bool
    sessions: list[PreviewedSession] = Field(description="The new slots.")
    conflicts: list[OccurrenceConflictShown]
    kept: list[KeptShown]
