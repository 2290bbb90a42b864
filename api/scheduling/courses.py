"""/v1/courses: sessions that are planned together by a rule."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.answers import Answer
from api.calls import Changing, Creating, Showing
from api.scheduling.course_schemas import (
    CourseBody,
    CourseCancelBody,
    CoursePreview,
    CourseShown,
    course_shower,
    show_course_plan,
)
from api.things import CHANGES, MAKES, READS_ONE, changed, made
from application.permissions import Action, authorise_session, authorise_visit
from application.scheduling.cancel_course import CancelCourse, CancelCourseHandler
from application.scheduling.plan_course import PlanCourse, PlanCourseHandler
from domain.provenance import Provenance
from domain.scheduling.course import Course
from domain.scheduling.session import Session

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

    def plan(by: Provenance) -> Answer:
        for clinician_id in command.staff_ids:
            authorise_visit(call.actor, clinician_id, "clinician")
        handler = PlanCourseHandler(call.world.logs, call.world.clock)
        if body.dry_run:
            return Answer(show_course_plan(handler.preview(call.actor.tenant_id, command)))
        outcome = handler(call.actor.tenant_id, command, by)
        return made(outcome, routes.prefix, course_shower(call, outcome.position))

    return await call.write(Action.CHANGE_VISITS, plan)


@routes.get("/{course_id}", response_model=CourseShown, responses=READS_ONE)
async def get_course(course_id: UUID, call: Showing) -> Response:
    """One course and all of its sessions, as its log says at this moment, or said at another one."""
    return await call.show_at(
        Action.READ_VISITS, Course, course_id, lambda moment: course_shower(call, moment.position)
    )


@routes.post("/{course_id}/cancel", response_model=CourseShown, responses=CHANGES)
async def cancel_course(course_id: UUID, body: CourseCancelBody, call: Changing) -> Response:
    """Cancel the sessions of a course from one occurrence on. What has begun, or is cancelled already, stays as it is: `last_cancellation`
    says which, and why. Refused with `nothing_to_change` if not one session would be cancelled."""
    command = CancelCourse(course_id, body.from_occurrence, body.reason, call.expected_version)

    def cancel(by: Provenance) -> Answer:
        if call.actor.clinician_id is not None:
            course = call.log.load(Course, course_id)
            authorise_session(call.actor, course.staff_ids)
            meant = list(course.following(body.from_occurrence).values())
            for session in call.log.load_all(Session, meant).values():
                authorise_session(call.actor, session.staff_ids)
        outcome = CancelCourseHandler(call.world.logs, call.world.clock)(call.actor.tenant_id, command, by)
        return changed(outcome, course_shower(call, outcome.position))

    return await call.write(Action.CHANGE_VISITS, cancel)
