"""Enrol a patient in the sessions of a course, or withdraw them, in one append.

Each session's version guards its seats, as for a single session: see docs/adr/0024 and 0034. Within
a process, commands on one course take turns. A session that refuses is not changed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of, require_patient_of
from application.scheduling.reach import own_course
from application.scheduling.series.plan_occurrences import OnConflict
from application.scheduling.sessions.seats import Seats
from domain.kernel.presence import PresenceGuard
from domain.kernel.time_range import TimeRange
from domain.scheduling.cancellation import CancelledBy
from domain.scheduling.errors import PatientBusyError, SchedulingError
from domain.scheduling.series.errors import Conflict, NothingToChangeError
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.errors import CourseFullError, SessionFullError
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim

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
        sessions, seats = _sessions(log, course, command.from_occurrence)
        others = _claims_around(log, sessions.values(), person.ids)

        def enrol(index: int, session: GroupSession) -> None:
            seats[index].know(command.patient_id, person.ids)
            against = [c for c in others if c.holder_id != session.id and c.during.overlaps(session.during)]
            if against and len(session.roster) < session.seats:
                raise PatientBusyError(against[0].holder_id, against[0].visit)
            session.enrol(command.patient_id, person.ids, context.now, waits=command.waits)
            others.extend(claim for claim in session.claims() if claim.what in person.ids)

        kept = _change_sessions(sessions, enrol)
        full = [
            Conflict(index, sessions[index].starts_at, code)
            for index, code in kept.items()
            if code in (SessionFullError.code, PatientBusyError.code)
        ]
        if full and command.on_conflict is OnConflict.ALL_OR_NOTHING:
            raise CourseFullError(full)
        changed = _changed(sessions, kept)
        has_seat = {index: command.patient_id in session.roster for index, session in changed.items()}
        course.enrol(command.patient_id, command.from_occurrence, has_seat, kept, context.now)
        guards = [*_seat_guards(seats, changed), PresenceGuard(command.patient_id)]
        return log.commit(course, *changed.values(), by=context.provenance, guards=guards)


@handles(WithdrawFromCourse, needs=Permission.ENROL, within=own_course, tries=_TRIES)
def withdraw_from_course(log: PracticeLog, command: WithdrawFromCourse, context: Context) -> Outcome[Course]:
    """Raises NotFoundError: no such course or patient; InvalidValueError: no such occurrence;
    NothingToChangeError.
    """
    with log.turn_at(command.id):
        course = log.load(Course, command.id, command.expected_version)
        person = person_of(log, command.patient_id)
        sessions, seats = _sessions(log, course, command.from_occurrence)
        kept = _change_sessions(
            sessions,
            lambda index, session: session.withdraw(
                person.ids, context.now, command.cancelled_by, refusal=seats[index].refusal
            ),
        )
        changed = _changed(sessions, kept)
        course.withdraw(command.patient_id, command.from_occurrence, list(changed), kept, context.now)
        guards = _seat_guards(seats, changed)
        return log.commit(course, *changed.values(), by=context.provenance, guards=guards)


def _sessions(
    log: PracticeLog, course: Course, from_occurrence: int
) -> tuple[dict[int, GroupSession], dict[int, Seats]]:
    """Return the sessions in the scope by index, and their seats."""
    ids = course.in_scope(from_occurrence)
    loaded = log.load_all(GroupSession, list(ids.values()))
    sessions = {index: loaded[id] for index, id in ids.items()}
    return sessions, {index: Seats(log, session) for index, session in sessions.items()}


def _claims_around(log: PracticeLog, sessions: Collection[GroupSession], family: Sequence[UUID]) -> list[TimeClaim]:
    """Return the time of a person in the period of the sessions."""
    around = TimeRange(min(each.starts_at for each in sessions), max(each.ends_at for each in sessions))
    return list(log.reader.read_booking_context(family, around).claims)


def _change_sessions(
    sessions: Mapping[int, GroupSession], change: Callable[[int, GroupSession], object]
) -> dict[int, str]:
    """Change the sessions; return the codes of those that refused, by index."""
    kept: dict[int, str] = {}
    for index, session in sessions.items():
        try:
            change(index, session)
        except SchedulingError as error:
            kept[index] = error.code
    return kept


def _seat_guards(seats: Mapping[int, Seats], changed: Collection[int]) -> list[Guard]:
    return [guard for index in changed for guard in seats[index].guards()]


def _changed(sessions: Mapping[int, GroupSession], kept: Mapping[int, str]) -> dict[int, GroupSession]:
    changed = {index: session for index, session in sessions.items() if index not in kept}
    if not changed:
        raise NothingToChangeError(kept)
    return changed
