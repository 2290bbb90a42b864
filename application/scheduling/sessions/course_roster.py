"""Enrol a patient in the sessions of a course, or withdraw them, in one append.

Each session's version guards its seats, as for a single session: see docs/adr/0024 and 0034. Within
a process, commands on one course take turns. A session that refuses is not changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of, require_patient_of
from application.scheduling.reach import own_course
from application.scheduling.series.plan_occurrences import OnConflict
from domain.kernel.presence import PresenceGuard
from domain.scheduling.cancellation import CancelledBy
from domain.scheduling.errors import SchedulingError
from domain.scheduling.series.errors import Conflict, NothingToChangeError
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.errors import CourseFullError, SessionFullError
from domain.scheduling.sessions.group_session import GroupSession

_TRIES: Final = 50
"""A command on any one session of the course can be recorded first."""


@dataclass(frozen=True, slots=True)
class CoursePatientCommand(Change[Course]):
    """A command on a patient's places in the sessions from one occurrence on."""

    patient_id: UUID
    from_occurrence: int = 1
    scope: Scope = field(default=Scope.FOLLOWING, init=False)


@dataclass(frozen=True, slots=True)
class EnrolInCourse(CoursePatientCommand):
    """``waits``: join the waiting lines of full sessions; otherwise ``on_conflict`` applies."""

    waits: bool = False
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING


@dataclass(frozen=True, slots=True)
class WithdrawFromCourse(CoursePatientCommand):
    """The patient loses seats and places in waiting lines; ``cancelled_by`` None: not stated."""

    cancelled_by: CancelledBy | None = None


@handles(EnrolInCourse, needs=Permission.ENROL, within=own_course, tries=_TRIES)
def enrol_in_course(log: PracticeLog, command: EnrolInCourse, context: Context) -> Outcome[Course]:
    """Raises NotFoundError: no such course or patient, or an erased one; PatientMergedError,
    PatientWithdrawnError; InvalidValueError: no such occurrence; CourseFullError,
    NothingToChangeError.
    """
    with log.turn_at(command.id):
        course = log.load(Course, command.id, command.expected_version)
        person = require_patient_of(log, command.patient_id)
        sessions, kept = _change_sessions(
            log,
            course,
            command.from_occurrence,
            lambda session: session.enrol(command.patient_id, person.ids, context.now, waits=command.waits),
        )
        full = [
            Conflict(index, sessions[index].starts_at, code)
            for index, code in kept.items()
            if code == SessionFullError.code
        ]
        if full and command.on_conflict is OnConflict.ALL_OR_NOTHING:
            raise CourseFullError(full)
        changed = _changed(sessions, kept)
        has_seat = {index: command.patient_id in session.roster for index, session in changed.items()}
        course.enrol(command.patient_id, command.from_occurrence, has_seat, kept, context.now)
        guards = [PresenceGuard(command.patient_id)]
        return log.commit(course, *changed.values(), by=context.provenance, guards=guards)


@handles(WithdrawFromCourse, needs=Permission.ENROL, within=own_course, tries=_TRIES)
def withdraw_from_course(log: PracticeLog, command: WithdrawFromCourse, context: Context) -> Outcome[Course]:
    """Raises NotFoundError: no such course or patient; InvalidValueError: no such occurrence;
    NothingToChangeError.
    """
    with log.turn_at(command.id):
        course = log.load(Course, command.id, command.expected_version)
        person = person_of(log, command.patient_id)
        sessions, kept = _change_sessions(
            log,
            course,
            command.from_occurrence,
            lambda session: session.withdraw(person.ids, context.now, command.cancelled_by),
        )
        changed = _changed(sessions, kept)
        course.withdraw(command.patient_id, command.from_occurrence, list(changed), kept, context.now)
        return log.commit(course, *changed.values(), by=context.provenance)


def _change_sessions(
    log: PracticeLog, course: Course, from_occurrence: int, change: Callable[[GroupSession], object]
) -> tuple[dict[int, GroupSession], dict[int, str]]:
    """Return all sessions by index, and the codes of those that refused the change."""
    ids = course.in_scope(from_occurrence)
    loaded = log.load_all(GroupSession, list(ids.values()))
    sessions = {index: loaded[id] for index, id in ids.items()}
    kept: dict[int, str] = {}
    for index, session in sessions.items():
        try:
            change(session)
        except SchedulingError as error:
            kept[index] = error.code
    return sessions, kept


def _changed(sessions: Mapping[int, GroupSession], kept: Mapping[int, str]) -> dict[int, GroupSession]:
    changed = {index: session for index, session in sessions.items() if index not in kept}
    if not changed:
        raise NothingToChangeError(kept)
    return changed
