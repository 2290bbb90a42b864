"""/v1/courses: sessions planned by a rule, changed, cancelled and enrolled in together."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.reach import own_or
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.http.schemas import command_of
from api.scheduling.courses import presenters, schemas
from application.kernel.permissions import Permission
from application.scheduling.sessions.change_course import CancelCourse, ChangeCourse, PreviewCourseChange
from application.scheduling.sessions.course_roster import EnrolInCourse, WithdrawFromCourse
from application.scheduling.sessions.plan_course import PlanCourse, PreviewCourse
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.sessions.course import Course

routes = APIRouter(prefix="/v1/courses", tags=["scheduling"])


@routes.post(
    "",
    status_code=201,
    response_model=schemas.CourseShown,
    responses=MAKES | {200: {"model": schemas.CoursePreview, "description": "With `dry_run`: what would be planned."}},
)
async def plan_course(body: schemas.CourseBody, call: Creating) -> Response:
    """Plan sessions by a rule: all in one step, or none.

    Refused with `series_conflict` if some cannot be planned: `conflicts` lists each with its
    `index` and `code`. With `on_conflict: skip` the others are planned, and the skipped ones are
    reported. Each session has its own roster. Rule, horizon and clock changes are as for a series
    of visits.
    """
    command = command_of(PlanCourse, body, without=("dry_run",))

    if body.dry_run:
        return await call.costly.ask(PreviewCourse(command), lambda preview: Answer(presenters.present_plan(preview)))
    return await call.costly.execute(
        command, lambda outcome: made(outcome, routes.prefix, presenters.course_presenter(call, outcome.position))
    )


@routes.get("", response_model=schemas.CoursePage, responses=READS_ONE)
async def list_courses(
    call: Reading,
    service_id: UUID | None = None,
    clinician_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List courses in the order of planning; `clinician_id` is one of the staff.

    A key that is bound to a clinician gets only that clinician's courses.
    """

    def page() -> Answer:
        call.log.require((Service, service_id), (Clinician, clinician_id))
        behind, tenant_id = decoded_id(cursor), call.actor.tenant_id
        reached = call.container.wait_for(tenant_id, "calendar", after)
        entries, following = call.container.scheduling.calendar.courses(
            tenant_id, service_id=service_id, clinician_id=own_or(call.actor, clinician_id), after=behind, limit=limit
        )
        return collected(
            "courses", [presenters.present_entry(entry) for entry in entries], cursor_behind(following), reached
        )

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{course_id}", response_model=schemas.CourseShown, responses=READS_ONE)
async def get_course(course_id: UUID, call: Showing) -> Response:
    """Return one course and all of its sessions, now or in the past."""
    return await call.costly.get_at(
        Permission.READ_VISITS, Course, course_id, lambda point: presenters.course_presenter(call, point.position)
    )


@routes.post("/{course_id}/change", response_model=schemas.CourseShown | schemas.CourseChangePreview, responses=CHANGES)
async def change_course(course_id: UUID, body: schemas.CourseChangeBody, call: Changing) -> Response:
    """Move sessions of a course, or change their staff or rooms.

    The scope is this session, this and the following ones, or all. Each keeps its id, length and
    roster. Started and cancelled sessions stay the same, and a session that was moved by itself
    keeps its time; `last_change.kept` has the reasons. Refused with `series_conflict` as a plan is,
    and with `nothing_to_change` if no session would change. A session that keeps its time keeps its
    planned terms.
    """
    command = command_of(ChangeCourse, body, ("dry_run",), id=course_id, expected_version=call.expected_version)

    if body.dry_run:
        return await call.costly.ask(PreviewCourseChange(command), lambda plan: Answer(presenters.present_change(plan)))
    return await call.costly.execute(
        command, lambda outcome: changed(outcome, presenters.course_presenter(call, outcome.position))
    )


@routes.post("/{course_id}/cancel", response_model=schemas.CourseShown, responses=CHANGES)
async def cancel_course(course_id: UUID, body: schemas.CourseCancelBody, call: Changing) -> Response:
    """Cancel sessions of a course: this one, this and the following, or all.

    Started and cancelled sessions stay the same: `last_cancellation` has the reasons. Refused with
    `nothing_to_change` if no session would be cancelled.
    """
    command = command_of(CancelCourse, body, id=course_id, expected_version=call.expected_version)
    return await call.costly.execute(
        command, lambda outcome: changed(outcome, presenters.course_presenter(call, outcome.position))
    )


@routes.post("/{course_id}/enrol", response_model=schemas.CourseEnrolled, responses=CHANGES)
async def enrol_in_course(course_id: UUID, body: schemas.CourseEnrolBody, call: Changing) -> Response:
    """Give a patient a seat in every session of a course from one occurrence on, in one step.

    Refused with `course_full` if some are full, unless `if_full: wait` joins their waiting lines or
    `on_conflict: skip` leaves them out. Started and cancelled sessions, and those where the patient
    is enrolled or waits already, stay the same: `enrolment.kept`. Refused with `nothing_to_change`
    if all do.
    """
    command = command_of(
        EnrolInCourse,
        body,
        without=("if_full",),
        id=course_id,
        waits=body.if_full == "wait",
        expected_version=call.expected_version,
    )
    return await call.costly.execute(
        command,
        lambda outcome: changed(
            outcome, presenters.course_presenter(call, outcome.position, presenters.present_enrolment)
        ),
    )


@routes.post("/{course_id}/withdraw", response_model=schemas.CourseLeft, responses=CHANGES)
async def withdraw_from_course(course_id: UUID, body: schemas.CourseWithdrawBody, call: Changing) -> Response:
    """Cancel a patient's seats and places in waiting lines from one occurrence on, in one step.

    Each free seat goes to the first in the waiting line: `withdrawal.moved_up`. Started and
    cancelled sessions, and those without the patient, stay the same: `withdrawal.kept`. Refused
    with `nothing_to_change` if all do.
    """
    command = command_of(WithdrawFromCourse, body, id=course_id, expected_version=call.expected_version)
    return await call.costly.execute(
        command,
        lambda outcome: changed(
            outcome, presenters.course_presenter(call, outcome.position, presenters.present_withdrawal)
        ),
    )
