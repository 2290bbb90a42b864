"""Present courses as JSON."""

from collections.abc import Callable, Mapping, Sequence

from api.http.calls import Call
from api.scheduling.courses import schemas
from api.scheduling.series.presenters import (
    load_booked,
    present_occurrence,
    present_outcome,
    present_reasons,
    present_slot,
)
from api.scheduling.series.schemas import LastChange
from application.scheduling.series.occurrence_slots import GrantedSlot
from application.scheduling.sessions.change_course import CourseChangePlan
from application.scheduling.sessions.plan_course import CoursePreview
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from projections.scheduling.calendar.queries import CourseEntry

Sessions = Mapping[int, GroupSession | None]


def course_presenter(
    call: Call,
    position: int | None = None,
    more: Callable[[Course, Sessions], dict[str, object]] = lambda course, sessions: {},
) -> Callable[[Course], dict[str, object]]:
    """Return the presenter of a course with its sessions, now or at a position, plus ``more``."""

    def present(course: Course) -> dict[str, object]:
        occurrences = load_booked(call, course, GroupSession, position, {})
        sessions = {planned.index: session for planned, session in occurrences}
        return {
            **present_facts(course),
            "occurrences": [_occurrence(*each) for each in occurrences],
            **more(course, sessions),
        }

    return present


def present_facts(course: Course) -> dict[str, object]:
    """Present the fields that follow from the course's own events."""
    planned = len(course.occurrences) - course.skipped
    return {
        **schemas.CourseListed.present(course, starts_at=course.occurrences[1].starts_at, planned=planned),
        "last_cancellation": present_outcome(schemas.CancellationShown, course.last_cancellation),
        "last_change": present_outcome(LastChange, course.last_change),
    }


def present_entry(entry: CourseEntry) -> dict[str, object]:
    return schemas.CourseListed.present(entry, id=entry.course_id, version=entry.version)


def present_enrolment(course: Course, sessions: Sessions) -> dict[str, object]:
    return {"enrolment": present_outcome(schemas.CourseEnrolment, course.last_enrolment)}


def present_withdrawal(course: Course, sessions: Sessions) -> dict[str, object]:
    """Present the last withdrawal from the course, and the patients who moved up by it."""
    last = course.last_withdrawal
    left = [(index, sessions[index]) for index in last.withdrawn] if last else []
    moved_up = [
        {"index": index, "session_id": session.id, "patient_ids": session.moved_up}
        for index, session in left
        if session and session.moved_up
    ]
    return {"withdrawal": present_outcome(schemas.CourseWithdrawal, last, moved_up=moved_up)}


def present_plan(preview: CoursePreview) -> dict[str, object]:
    plan = preview.plan
    sessions = _slots(plan.decisions.granted)
    return schemas.CoursePreview.present(
        plan.decisions, dry_run=True, zone=plan.zone, seats=preview.seats, sessions=sessions
    )


def present_change(plan: CourseChangePlan) -> dict[str, object]:
    sessions = _slots(plan.granted)
    return schemas.CourseChangePreview.present(plan, dry_run=True, sessions=sessions, kept=present_reasons(plan.kept))


def _slots(granted: Sequence[GrantedSlot]) -> list[dict[str, object]]:
    return [{**present_slot(each), "staff_ids": each.requested.staff_ids} for each in granted]


def _occurrence(planned: PlannedOccurrence, session: GroupSession | None) -> dict[str, object]:
    return {
        **present_occurrence(planned, session),
        "session_id": planned.booked_id,
        "taken": len(session.roster) if session else None,
        "waiting": len(session.waiting) if session else None,
    }
