"""/v1/courses: sessions that are planned together by a rule, changed and cancelled together, and enrolled in together."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.scheduling.courses.presenters import course_shower, show_course_change, show_course_entry, show_course_plan
from api.scheduling.courses.schemas import (
    CourseBody,
    CourseCancelBody,
    CourseChangeBody,
    CourseChangePreview,
    CoursePage,
    CoursePreview,
    CourseShown,
)
from application.kernel.permissions import Permission
from application.scheduling.sessions.cancel_course import CancelCourse
from application.scheduling.sessions.change_course import ChangeCourse, PreviewCourseChange
from application.scheduling.sessions.plan_course import PlanCourse, PreviewCourse
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.sessions.course import Course

routes = APIRouter(prefix="/v1/courses", tags=["scheduling"])


@routes.post(
    "",
    status_code=201,
    response_model=CourseShown,
    responses=MAKES | {200: {"model": CoursePreview, "description": "With `dry_run`: what would be planned."}},
)
async def plan_course(body: CourseBody, call: Creating) -> Response:
    """Plan sessions by a rule: all of them in one step, or not one. Refused with `series_conflict` if some cannot take place: `conflicts`
    lists each with its `index` and `code`. With `on_conflict: skip` the others are planned, and each that was skipped is reported. Each is
    a session of its own, with its own roster. Rule, horizon and clocks as for a series of visits."""
    command = PlanCourse(
        body.service_id,
        tuple(body.staff_ids),
        body.starts_at,
        body.rrule,
        body.seats,
        tuple(body.resource_ids),
        body.on_conflict,
    )

    if body.dry_run:
        return await call.ask(PreviewCourse(command), lambda plan: Answer(show_course_plan(plan)))
    return await call.execute(
        command, lambda outcome: made(outcome, routes.prefix, course_shower(call, outcome.position))
    )


@routes.get("", response_model=CoursePage, responses=READS_ONE)
async def list_courses(
    call: Reading,
    service_id: UUID | None = None,
    clinician_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Courses in the order in which they were planned; `clinician_id` is one of the staff."""

    def page() -> Answer:
        call.log.require((Service, service_id), (Clinician, clinician_id))
        behind, tenant_id = decoded_id(cursor), call.actor.tenant_id
        call.container.wait_for(tenant_id, "calendar", after)
        entries, following = call.container.scheduling.calendar.courses(
            tenant_id, service_id=service_id, clinician_id=clinician_id, after=behind, limit=limit
        )
        return collected("courses", [show_course_entry(entry) for entry in entries], cursor_behind(following), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{course_id}", response_model=CourseShown, responses=READS_ONE)
async def get_course(course_id: UUID, call: Showing) -> Response:
    """One course and all of its sessions, as its log says at this moment, or said at another one."""
    return await call.show_at(
        Permission.READ_VISITS, Course, course_id, lambda moment: course_shower(call, moment.position)
    )


@routes.post("/{course_id}/change", response_model=CourseShown | CourseChangePreview, responses=CHANGES)
async def change_course(course_id: UUID, body: CourseChangeBody, call: Changing) -> Response:
    """Move sessions of a course, or give them to other staff or rooms: this one, this and the following, or all. Each keeps its id, its
    length and everybody on its roster. What has begun or is cancelled stays as it is, and so does the time of a session that was moved by
    itself; `last_change.kept` says of each why. Refused with `series_conflict` as a plan is, and with `nothing_to_change`, never silently,
    if not one session would be changed. A session that keeps its time keeps the terms it was planned on."""
    command = ChangeCourse(
        course_id,
        body.from_occurrence,
        body.scope,
        body.starts_at,
        None if body.staff_ids is None else tuple(body.staff_ids),
        None if body.resource_ids is None else tuple(body.resource_ids),
        body.on_conflict,
        call.expected_version,
    )

    if body.dry_run:
        return await call.ask(PreviewCourseChange(command), lambda plan: Answer(show_course_change(plan)))
    return await call.execute(command, lambda outcome: changed(outcome, course_shower(call, outcome.position)))


@routes.post("/{course_id}/cancel", response_model=CourseShown, responses=CHANGES)
async def cancel_course(course_id: UUID, body: CourseCancelBody, call: Changing) -> Response:
    """Cancel sessions of a course: from one occurrence on, that one alone, or all. What has begun, or is cancelled already, stays as it
    is: `last_cancellation` says which, and why. Refused with `nothing_to_change` if not one session would be cancelled."""
    command = CancelCourse(course_id, body.from_occurrence, body.reason, body.scope, call.expected_version)
    return await call.execute(command, lambda outcome: changed(outcome, course_shower(call, outcome.position)))
