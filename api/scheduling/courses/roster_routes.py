"""/v1/courses/{id}/enrol and /withdraw: one person's places in all sessions of a course that are to come."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.calls import Changing
from api.http.resource_responses import CHANGES, changed
from api.scheduling.courses.presenters import course_shower, show_enrolment, show_withdrawal
from api.scheduling.courses.schemas import CourseEnrolBody, CourseEnrolled, CourseLeft, CourseWithdrawBody
from application.scheduling.sessions.enrol_in_course import EnrolInCourse
from application.scheduling.sessions.withdraw_from_course import WithdrawFromCourse

routes = APIRouter(prefix="/v1/courses", tags=["scheduling"])


@routes.post("/{course_id}/enrol", response_model=CourseEnrolled, responses=CHANGES)
async def enrol_in_course(course_id: UUID, body: CourseEnrolBody, call: Changing) -> Response:
    """Give a patient a seat in every session of a course from one occurrence on, in one step. Where some are full: `course_full`, and
    nothing is changed; or with `if_full: wait` a place in each of their lines, or with `on_conflict: skip` seats in the others alone.
    Sessions that have begun or are cancelled, and those where they are already, stay as they are: `enrolment.kept`. Refused with
    `nothing_to_change` if all do."""
    command = EnrolInCourse(
        course_id,
        body.patient_id,
        body.from_occurrence,
        body.if_full == "wait",
        body.on_conflict,
        call.expected_version,
    )

    return await call.execute(
        command, lambda outcome: changed(outcome, course_shower(call, outcome.position, show_enrolment))
    )


@routes.post("/{course_id}/withdraw", response_model=CourseLeft, responses=CHANGES)
async def withdraw_from_course(course_id: UUID, body: CourseWithdrawBody, call: Changing) -> Response:
    """Cancel a patient's seats, and their places in lines, from one occurrence on, in one step. Each seat goes to who has waited longest
    for it: `withdrawal.moved_up` names them. Sessions that have begun or are cancelled, and those where they are not, stay as they are:
    `withdrawal.kept`. Refused with `nothing_to_change` if all do."""
    command = WithdrawFromCourse(course_id, body.patient_id, body.from_occurrence, call.expected_version)

    return await call.execute(
        command, lambda outcome: changed(outcome, course_shower(call, outcome.position, show_withdrawal))
    )
