"""Bodies of requests and answers about courses, and courses as they are answered."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.bodies import Body, Shown, Text, Thing, Truth, Whole
from api.calls import Call
from api.scheduling.series_schemas import ConflictShown, KeptShown, Rule
from api.times import Start
from application.scheduling.book_series import OnConflict
from application.scheduling.plan_course import CoursePlan
from domain.scheduling.course import Course, PlannedSession
from domain.scheduling.session import Session, SessionStatus
from domain.scheduling.session_terms import MOST_STAFF

_EXAMPLE: dict[str, JsonValue] = {
    "service_id": "01980c5a-0000-7000-8000-000000000003",
    "staff_ids": ["01980c5a-0000-7000-8000-000000000002"],
    "starts_at": "2026-06-02T18:00:00+02:00",
    "rrule": "FREQ=WEEKLY;COUNT=10",
}


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

    from_occurrence: Whole = Field(ge=1, le=730, description="The index of the first occurrence that is cancelled.")
    reason: Text


class OccurrenceShown(Shown):
    index: int
    original: str = Field(
        description="What the occurrence is known by: its time on the wall clock as it was planned first.",
        examples=["2026-06-02T18:00:00"],
    )
    starts_at: datetime
    session_id: UUID | None
    status: SessionStatus | None
    taken: int | None
    waiting: int | None
    skipped: str | None = Field(description="The code of why this occurrence could not be planned.")


class CancellationShown(Shown):
    from_occurrence: int
    cancelled: list[int]
    kept: list[KeptShown]


class CourseShown(Thing):
    service_id: UUID
    staff_ids: list[UUID] = Field(description="As it was planned; who gives each session now, the session says.")
    seats: int
    zone: str
    rrule: str
    planned: int
    skipped: int
    occurrences: list[OccurrenceShown]
    last_cancellation: CancellationShown | None


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
    conflicts: list[ConflictShown]


def course_shower(call: Call, position: int | None = None) -> Callable[[Course], dict[str, object]]:
    """Return what shows a course with its sessions, as they are now or were at a position of the log."""

    def show(course: Course) -> dict[str, object]:
        ids = [each.session_id for each in course.sessions if each.session_id]
        sessions = call.log.load_all(Session, ids, position)
        return {
            **show_facts(course),
            "occurrences": [
                _occurrence(each, sessions[each.session_id] if each.session_id else None) for each in course.sessions
            ],
        }

    return show


def show_facts(course: Course) -> dict[str, object]:
    """Show what a course's own events say; what became of its sessions, theirs do."""
    planned, last = sum(each.session_id is not None for each in course.sessions), course.last_cancellation
    return {
        "service_id": course.service_id,
        "staff_ids": course.staff_ids,
        "seats": course.seats,
        "zone": course.zone,
        "rrule": course.rrule,
        "planned": planned,
        "skipped": len(course.sessions) - planned,
        "last_cancellation": None
        if last is None
        else {
            "from_occurrence": last.from_index,
            "cancelled": last.cancelled,
            "kept": [{"index": index, "code": code} for index, code in last.kept.items()],
        },
    }


def show_course_plan(plan: CoursePlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "zone": plan.zone,
        "seats": plan.seats,
        "sessions": [
            {
                "index": each.wanted.index,
                "starts_at": each.slot.starts_at,
                "ends_at": each.slot.ends_at,
                "staff_ids": each.wanted.staff_ids,
                "location_id": each.slot.location_id,
                "resource_ids": each.slot.resource_ids,
            }
            for each in plan.decisions.granted
        ],
        "conflicts": plan.decisions.conflicts,
    }


def _occurrence(planned: PlannedSession, session: Session | None) -> dict[str, object]:
    return {
        "index": planned.index,
        "original": planned.original,
        "starts_at": session.starts_at if session else planned.starts_at,
        "session_id": planned.session_id,
        "status": session.status if session else None,
        "taken": len(session.roster) if session else None,
        "waiting": len(session.waiting) if session else None,
        "skipped": planned.skipped,
    }
