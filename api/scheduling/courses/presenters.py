"""Courses as they are answered."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from api.http.calls import Call
from application.scheduling.series.series_slots import GrantedSlot
from application.scheduling.sessions.change_course import CourseChangePlan
from application.scheduling.sessions.plan_course import CoursePlan
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from projections.scheduling.calendar.queries import CourseEntry

Sessions = Mapping[UUID, GroupSession]


def course_shower(
    call: Call,
    position: int | None = None,
    more: Callable[[Course, Sessions], dict[str, object]] = lambda course, sessions: {},
) -> Callable[[Course], dict[str, object]]:
    """Return what shows a course with its sessions, as they are now or were at a position of the log, and what ``more`` says."""

    def show(course: Course) -> dict[str, object]:
        ids = [each.booked_id for each in course.occurrences.values() if each.booked_id]
        sessions = call.log.load_all(GroupSession, ids, position)
        return {
            **show_facts(course),
            "occurrences": [
                _occurrence(each, sessions[each.booked_id] if each.booked_id else None)
                for each in course.occurrences.values()
            ],
            **more(course, sessions),
        }

    return show


def show_facts(course: Course) -> dict[str, object]:
    """Show what a course's own events say; what became of its sessions, theirs do."""
    planned = sum(each.booked_id is not None for each in course.occurrences.values())
    cancelled, changed = course.last_cancellation, course.last_change
    return {
        "service_id": course.service_id,
        "staff_ids": course.staff_ids,
        "seats": course.seats,
        "zone": course.zone,
        "rrule": course.rrule,
        "starts_at": course.occurrences[1].starts_at,
        "planned": planned,
        "skipped": len(course.occurrences) - planned,
        "last_cancellation": None
        if cancelled is None
        else {
            "from_occurrence": cancelled.from_index,
            "cancelled": cancelled.cancelled,
            "kept": _kept(cancelled.kept),
        },
        "last_change": None
        if changed is None
        else {
            "scope": changed.scope,
            "from_occurrence": changed.from_index,
            "changed": changed.changed,
            "kept": _kept(changed.kept),
        },
    }


def show_course_entry(entry: CourseEntry) -> dict[str, object]:
    return {
        "id": entry.course_id,
        "version": entry.version,
        "service_id": entry.service_id,
        "staff_ids": entry.staff_ids,
        "seats": entry.seats,
        "zone": entry.zone,
        "rrule": entry.rrule,
        "starts_at": entry.starts_at,
        "planned": entry.planned,
        "skipped": entry.skipped,
    }


def show_enrolment(course: Course, sessions: Sessions) -> dict[str, object]:
    """Show the last enrolment in the course."""
    last = course.last_enrolment
    if last is None:
        return {}
    return {
        "enrolment": {
            "patient_id": last.patient_id,
            "from_occurrence": last.from_index,
            "enrolled": last.enrolled,
            "waiting": last.waiting,
            "kept": _kept(last.kept),
        }
    }


def show_withdrawal(course: Course, sessions: Sessions) -> dict[str, object]:
    """Show the last withdrawal from the course, and who has moved up by it."""
    last = course.last_withdrawal
    if last is None:
        return {}
    left = [(index, sessions[course.in_scope(index)[index]]) for index in last.withdrawn]
    return {
        "withdrawal": {
            "patient_id": last.patient_id,
            "from_occurrence": last.from_index,
            "withdrawn": last.withdrawn,
            "kept": _kept(last.kept),
            "moved_up": [
                {"index": index, "session_id": session.id, "patient_ids": session.moved_up}
                for index, session in left
                if session.moved_up
            ],
        }
    }


def show_course_plan(plan: CoursePlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "zone": plan.zone,
        "seats": plan.seats,
        "sessions": _granted(plan.decisions.granted),
        "conflicts": plan.decisions.conflicts,
    }


def show_course_change(plan: CourseChangePlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "sessions": _granted(plan.decisions.granted if plan.decisions else ()),
        "conflicts": plan.decisions.conflicts if plan.decisions else (),
        "kept": _kept(plan.kept),
    }


def _granted(granted: Sequence[GrantedSlot]) -> list[dict[str, object]]:
    return [
        {
            "index": each.wanted.index,
            "starts_at": each.slot.starts_at,
            "ends_at": each.slot.ends_at,
            "staff_ids": each.wanted.staff_ids,
            "location_id": each.slot.location_id,
            "resource_ids": each.slot.resource_ids,
        }
        for each in granted
    ]


def _kept(kept: Mapping[int, str]) -> list[dict[str, object]]:
    return [{"index": index, "code": code} for index, code in sorted(kept.items())]


def _occurrence(planned: PlannedOccurrence, session: GroupSession | None) -> dict[str, object]:
    return {
        "index": planned.index,
        "original": planned.original,
        "starts_at": session.starts_at if session else planned.starts_at,
        "session_id": planned.booked_id,
        "status": session.status if session else None,
        "taken": len(session.roster) if session else None,
        "waiting": len(session.waiting) if session else None,
        "skipped": planned.skipped,
    }
