"""Bodies of requests and answers about courses."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.http.schemas import Body, Page, Shown, Text, Truth, Versioned, Whole
from api.http.times import Start
from api.scheduling.series.schemas import KeptShown, LastChange, OccurrenceConflictShown, Rule
from application.scheduling.series.book_series import OnConflict
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.group_session import GroupSessionStatus
from domain.scheduling.sessions.terms import MOST_STAFF

_EXAMPLE: dict[str, JsonValue] = {
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "staff_ids": ["01980c5a-0000-7000-8000-000000000002"],
    "starts_at": "2026-06-02T18:00:00+02:00",
    "rrule": "FREQ=WEEKLY;COUNT=10",
}
_PATIENT: dict[str, JsonValue] = {"patient_id": "01980c5a-0000-7000-8000-000000000004"}
_CHANGE: dict[str, JsonValue] = {"from_occurrence": 4, "scope": "following"}


class CourseBody(Body):
    """`starts_at` is the first session, on a day that the rule names. The others keep its time on the wall clock. The rest is as for one
    session."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE, {**_EXAMPLE, "on_conflict": "skip", "dry_run": True}]}
    )

    service_id: UUID
    staff_ids: list[UUID] = Field(min_length=1, max_length=MOST_STAFF)
    resource_ids: list[UUID] = Field(default=[], max_length=20)
    starts_at: Start
    rrule: Rule
    seats: Whole | None = Field(default=None, description="Of each session; null: as many as the service says.")
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    dry_run: Truth = Field(False, description="Show what would be planned, and plan nothing.")


class CourseCancelBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"from_occurrence": 4, "reason": "the studio moves"}]})

    from_occurrence: Whole = Field(ge=1, le=730, description="The index of the occurrence that it starts from.")
    scope: Scope = Scope.FOLLOWING
    reason: Text


class CourseChangeBody(Body):
    """`starts_at` is where the session of `from_occurrence` goes; the others that are meant take its new time of day, and move by as many
    days. What is left out stays as it is: resources as far as they are free and where the staff are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_CHANGE, "starts_at": "2026-06-23T19:00:00+02:00"},
                {**_CHANGE, "scope": "all", "starts_at": "2026-06-24T18:00:00+02:00", "dry_run": True},
                {**_CHANGE, "staff_ids": ["01980c5a-0000-7000-8000-000000000006"], "on_conflict": "skip"},
            ]
        }
    )

    from_occurrence: Whole = Field(ge=1, le=730, description="The index of the occurrence that the change starts from.")
    scope: Scope
    starts_at: Start | None = None
    staff_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_STAFF)
    resource_ids: list[UUID] | None = Field(default=None, max_length=20)
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    dry_run: Truth = Field(False, description="Show what would be changed, and change nothing.")


class CourseEnrolBody(Body):
    """`if_full: wait` takes a place in the line of each session that is full. Without it `on_conflict: skip` takes seats
    in the others alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _PATIENT,
                {**_PATIENT, "if_full": "wait"},
                {**_PATIENT, "from_occurrence": 4, "on_conflict": "skip"},
            ]
        }
    )

    patient_id: UUID
    from_occurrence: Whole = Field(
        default=1, ge=1, le=730, description="The index of the first occurrence they come to."
    )
    if_full: Literal["refuse", "wait"] = "refuse"
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING


class CourseWithdrawBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_PATIENT, {**_PATIENT, "from_occurrence": 4}]})

    patient_id: UUID
    from_occurrence: Whole = Field(default=1, ge=1, le=730, description="The index of the first occurrence they miss.")


class CourseOccurrenceShown(Shown):
    index: int
    original: str = Field(
        description="What the occurrence is known by: its time on the wall clock as it was planned first.",
        examples=["2026-06-02T18:00:00"],
    )
    starts_at: datetime
    session_id: UUID | None
    status: GroupSessionStatus | None
    taken: int | None
    waiting: int | None
    skipped: str | None = Field(description="The code of why this occurrence could not be planned.")


class CancellationShown(Shown):
    from_occurrence: int
    cancelled: list[int]
    kept: list[KeptShown]


class CourseListed(Versioned):
    service_id: UUID
    staff_ids: list[UUID] = Field(description="Who gives it; of a session that was given to others, it says so itself.")
    seats: int = Field(description="Of each session as it was planned.")
    zone: str
    rrule: str = Field(description="As it was planned; what each session is now, `occurrences` say.")
    starts_at: datetime = Field(description="Of its first occurrence.")
    planned: int
    skipped: int


class CourseShown(CourseListed):
    occurrences: list[CourseOccurrenceShown]
    last_cancellation: CancellationShown | None
    last_change: LastChange | None


class CoursePage(Page):
    courses: list[CourseListed]


class CourseEnrolment(Shown):
    """`enrolled` where there was a seat, `waiting` where there was none; `kept` stay as they were, with the code of the reason."""

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
    moved_up: list[MovedUpShown] = Field(description="Who had waited and has a seat now; tell them.")


class CourseLeft(CourseShown):
    withdrawal: CourseWithdrawal


class PreviewedSession(Shown):
    index: int
    starts_at: datetime
    ends_at: datetime
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]


class CoursePreview(Shown):
    dry_run: bool
    zone: str
    seats: int
    sessions: list[PreviewedSession]
    conflicts: list[OccurrenceConflictShown]


class CourseChangePreview(Shown):
    dry_run: bool
    sessions: list[PreviewedSession] = Field(description="Where sessions would go.")
    conflicts: list[OccurrenceConflictShown]
    kept: list[KeptShown]
