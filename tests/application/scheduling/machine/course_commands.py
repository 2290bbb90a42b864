"""Rules for the scheduling machine: concurrent commands on courses."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.scheduling.series.plan_occurrences import OnConflict
from application.scheduling.sessions.change_course import CancelCourse, ChangeCourse
from application.scheduling.sessions.course_roster import EnrolInCourse, WithdrawFromCourse
from application.scheduling.sessions.plan_course import PlanCourse
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from projections.engine.runner import Runner
from projections.scheduling.calendar.queries import CalendarQueries
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice

_STARTS = [MONDAY + timedelta(minutes=30 * step) for step in range(8)]
_CONFLICT = st.sampled_from(list(OnConflict))
_ACT = st.tuples(
    st.sampled_from(["enrol", "wait", "withdraw", "cancel"]), st.integers(0, 2), st.integers(1, 3), _CONFLICT
)
_CHANGE = st.tuples(
    st.sampled_from(["move", "give", "move and give", "room"]),
    st.integers(1, 3),
    st.sampled_from(list(Scope)),
    st.integers(0, 7),
    st.integers(0, 1),
    _CONFLICT,
)


class CourseCommands:
    """Mixed into the machine; ``sessions`` lists all sessions, of courses or single."""

    container: Container
    studio: SeededPractice
    runner: Runner
    sessions: list[UUID]
    courses: list[UUID]
    clock: SettableClock
    run_commands: Callable[[int, Callable[[int], object]], list[object]]
    family: Callable[[UUID], set[UUID]]

    @rule(
        requests=st.lists(
            st.tuples(st.integers(0, 7), st.integers(0, 1), st.integers(1, 3), _CONFLICT), min_size=1, max_size=2
        )
    )
    def plan_courses(self, requests: list[tuple[int, int, int, OnConflict]]) -> None:
        def request(number: int) -> Course:
            start, clinician, count, on_conflict = requests[number]
            command = PlanCourse(
                self.studio.massage,
                (self.studio.clinicians[clinician],),
                _STARTS[start],
                f"FREQ=WEEKLY;COUNT={count}",
                2,
                on_conflict=on_conflict,
            )
            return executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test()).aggregate

        made = [course for course in self.run_commands(len(requests), request) if isinstance(course, Course)]
        self.courses += [course.id for course in made]
        self.sessions += [each.booked_id for course in made for each in course.occurrences.values() if each.booked_id]

    @rule(which=st.integers(0, 10), acts=st.lists(_ACT, min_size=1, max_size=3))
    def change_course_places_concurrently(self, which: int, acts: list[tuple[str, int, int, OnConflict]]) -> None:
        if not self.courses:
            return
        id = self.courses[which % len(self.courses)]
        before = self._rosters(id)

        self.run_commands(len(acts), lambda number: self._act_on_course(id, *acts[number]))

        leaving = {id for act, who, _, _ in acts if act == "withdraw" for id in self.family(self.studio.patients[who])}
        for session_id, roster in self._rosters(id).items():
            assert before[session_id] - leaving <= roster, "an enrolment was lost"

    def _act_on_course(self, id: UUID, act: str, who: int, index: int, on_conflict: OnConflict) -> object:
        logs, clock, tenant_id, patient = (
            self.container.logs,
            self.clock,
            self.studio.tenant_id,
            self.studio.patients[who],
        )
        match act:
            case "withdraw":
                leave = WithdrawFromCourse(id, patient, index)
                return executor(logs, clock)(tenant_id, leave, by_test())
            case "cancel":
                cancel = CancelCourse(id, index, list(Scope)[who], "ill")
                return executor(logs, clock)(tenant_id, cancel, by_test())
            case _:
                come = EnrolInCourse(id, patient, index, act == "wait", on_conflict)
                return executor(logs, clock)(tenant_id, come, by_test())

    @rule(which=st.integers(0, 10), changes=st.lists(_CHANGE, min_size=1, max_size=2))
    def change_a_course(self, which: int, changes: list[tuple[str, int, Scope, int, int, OnConflict]]) -> None:
        if not self.courses:
            return
        id = self.courses[which % len(self.courses)]
        before = self._rosters(id)

        def change(number: int) -> object:
            how, index, scope, start, to_whom, on_conflict = changes[number]
            command = ChangeCourse(
                id=id,
                from_occurrence=index,
                scope=scope,
                starts_at=_STARTS[start] + timedelta(weeks=index - 1) if "move" in how else None,
                staff_ids=(self.studio.clinicians[to_whom],) if "give" in how else None,
                resource_ids=(self.studio.rooms[to_whom],) if how == "room" else None,
                on_conflict=on_conflict,
            )
            return executor(self.container.logs, self.clock)(self.studio.tenant_id, command, by_test())

        self.run_commands(len(changes), change)

        assert self._rosters(id) == before, "a patient lost a seat by a move"

    @invariant()
    def no_session_of_a_course_is_lost_or_doubled(self) -> None:
        for course in self.folded_courses():
            assert [each.index for each in course.occurrences.values()] == list(range(1, len(course.occurrences) + 1))
            assert all((each.booked_id is None) == (each.skipped is not None) for each in course.occurrences.values())
            ids = [each.booked_id for each in course.occurrences.values() if each.booked_id]
            assert len(set(ids)) == len(ids)
            assert set(ids) <= set(self.sessions)
            assert {each.course_id for each in self.studio.log.load_all(GroupSession, ids).values()} <= {course.id}

    @invariant()
    def the_list_of_courses_agrees_with_the_log(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        entries, _ = CalendarQueries(self.container.app_transaction).courses(self.studio.tenant_id, limit=200)

        assert {(e.course_id, e.staff_ids, e.starts_at, e.planned, e.skipped, e.version) for e in entries} == {
            (
                course.id,
                tuple(course.staff_ids),
                course.occurrences[1].starts_at,
                sum(each.booked_id is not None for each in course.occurrences.values()),
                sum(each.skipped is not None for each in course.occurrences.values()),
                course.version,
            )
            for course in self.folded_courses()
        }

    def folded_courses(self) -> list[Course]:
        return list(self.studio.log.load_all(Course, self.courses).values())

    def _rosters(self, id: UUID) -> dict[UUID, set[UUID]]:
        """Return who has a seat or waits for one, by session."""
        sessions = self.studio.log.load_all(GroupSession, list(self.studio.log.load(Course, id).in_scope(1).values()))
        return {session.id: {*session.roster, *session.waiting} for session in sessions.values()}
