"""Rules for the scheduling machine: concurrent commands on sessions."""

from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from application.scheduling.sessions.change_session import CancelSession, ChangeSession
from application.scheduling.sessions.plan_session import PlanSession
from application.scheduling.sessions.session_roster import EnrolPatient, NoteAttendance, WithdrawPatient
from application.scheduling.sessions.undo_session import UndoSession
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession, GroupSessionStatus
from projections.engine.runner import Runner
from projections.scheduling.calendar.queries import CalendarFilter, CalendarQueries
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock

_STARTS = [MONDAY + timedelta(minutes=30 * step) for step in range(8)]
_AFTERNOON = fixed_clock(MONDAY + timedelta(hours=5))
_ACT = st.tuples(
    st.sampled_from(
        ["enrol", "wait", "wait", "override", "withdraw", "seats", "move", "move anyway", "give", "cancel", "undo"]
    ),
    st.integers(0, 2),
    st.integers(1, 3),
    st.integers(0, 7),
)


class SessionCommands:
    """Mixed into the machine. It compares remembered answers with the roster: no seat is lost."""

    container: Container
    studio: SeededPractice
    runner: Runner
    sessions: list[UUID]
    clock: SettableClock
    run_commands: Callable[[int, Callable[[int], object]], list[object]]
    family: Callable[[UUID], set[UUID]]

    @rule(
        requests=st.lists(
            st.tuples(st.integers(0, 7), st.sampled_from([(0,), (1,), (0, 1)]), st.booleans(), st.integers(1, 2)),
            min_size=1,
            max_size=3,
        )
    )
    def plan_sessions(self, requests: list[tuple[int, tuple[int, ...], bool, int]]) -> None:
        handler = executor(self.container.logs, self.clock)

        def request(number: int) -> UUID:
            start, staff, needs_room, seats = requests[number]
            command = PlanSession(
                self.studio.massage if needs_room else self.studio.talk,
                tuple(self.studio.clinicians[which] for which in staff),
                _STARTS[start],
                seats,
            )
            return handler(self.studio.tenant_id, command, by_test()).aggregate.id

        self.sessions += [id for id in self.run_commands(len(requests), request) if isinstance(id, UUID)]

    @rule(which=st.integers(0, 10), acts=st.lists(_ACT, min_size=1, max_size=4))
    def change_session_places_concurrently(self, which: int, acts: list[tuple[str, int, int, int]]) -> None:
        if not self.sessions:
            return
        id = self.sessions[which % len(self.sessions)]
        before = self.studio.log.load(GroupSession, id)
        families = {patient: self.family(patient) for patient in self.studio.patients}

        results = self.run_commands(len(acts), lambda number: self._act(id, *acts[number]))

        after = self.studio.log.load(GroupSession, id)
        if any(
            act == "undo" and not isinstance(done, Exception) for (act, *_), done in zip(acts, results, strict=True)
        ):
            # Then the undone command may be one of another patient, which is no loss.
            return
        leaving = {id for act, who, _, _ in acts if act == "withdraw" for id in families[self.studio.patients[who]]}
        coming = {
            self.studio.patients[acts[number][1]]
            for number, result in enumerate(results)
            if acts[number][0] in ("enrol", "wait", "override") and not isinstance(result, Exception)
        }
        there = {*after.roster, *after.waiting}
        assert ({*before.roster, *before.waiting} | coming) - leaving <= there, "an enrolment was lost"
        assert set(before.roster) - leaving <= set(after.roster), "a patient lost a seat"

    def _act(self, id: UUID, act: str, who: int, seats: int, start: int) -> object:
        logs, clock, tenant_id, patient = (
            self.container.logs,
            self.clock,
            self.studio.tenant_id,
            self.studio.patients[who],
        )
        match act:
            case "enrol" | "wait":
                return executor(logs, clock)(tenant_id, EnrolPatient(id, patient, act == "wait"), by_test())
            case "override":
                command = EnrolPatient(id, patient, override_reason="leaves early")
                return executor(logs, clock)(tenant_id, command, by_test())
            case "withdraw":
                return executor(logs, clock)(tenant_id, WithdrawPatient(id, patient), by_test())
            case "cancel":
                return executor(logs, clock)(tenant_id, CancelSession(id, "ill"), by_test())
            case "undo":
                undo = UndoSession(id, self.studio.log.load(GroupSession, id).version)
                return executor(logs, clock)(tenant_id, undo, by_test())
            case "seats":
                change = ChangeSession(id, seats=seats)
            case "move":
                change = ChangeSession(id, starts_at=_STARTS[start])
            case "move anyway":
                change = ChangeSession(id, starts_at=_STARTS[start], override_reason="asked all of them")
            case _:
                change = ChangeSession(id, staff_ids=(self.studio.clinicians[start % 2],))
        return executor(logs, clock)(tenant_id, change, by_test())

    @rule(which=st.integers(0, 10))
    def undo_the_last_command(self, which: int) -> None:
        """An undo restores the former roster, its order and the time."""
        if not self.sessions:
            return
        id, log = self.sessions[which % len(self.sessions)], self.studio.log
        now = log.load(GroupSession, id)
        began = log.reader.began(id, now.version)
        assert began is not None
        command = UndoSession(id, now.version)
        handler = executor(self.container.logs, self.clock)

        [done] = self.run_commands(1, lambda _: handler(self.studio.tenant_id, command, by_test()))

        after = log.load(GroupSession, id)
        if isinstance(done, Exception):
            assert after.version == now.version
            return
        if began.version == 1:
            assert (after.status, after.claims()) == (GroupSessionStatus.ARCHIVED, [])
            return
        before = log.look_up(GroupSession, id, version=began.version - 1)
        assert (after.status, after.seats, after.staff_ids, after.during) == (
            before.status,
            before.seats,
            before.staff_ids,
            before.during,
        )
        assert (list(after.roster.items()), after.waiting) == (list(before.roster.items()), before.waiting)

    @rule(which=st.integers(0, 10), who=st.lists(st.integers(0, 2), min_size=1, max_size=3), attended=st.booleans())
    def note_attendance_concurrently(self, which: int, who: list[int], attended: bool) -> None:
        if not self.sessions:
            return
        id = self.sessions[which % len(self.sessions)]
        handler = executor(self.container.logs, _AFTERNOON)

        def note(number: int) -> object:
            command = NoteAttendance(id, (self.studio.patients[who[number]],), attended)
            return handler(self.studio.tenant_id, command, by_test())

        self.run_commands(len(who), note)

    @invariant()
    def no_session_is_overbooked_and_only_who_was_passed_over_waits_while_a_seat_is_free(self) -> None:
        for session in self.folded_sessions():
            assert len(session.roster) <= session.seats
            assert len(session.roster) == session.seats or set(session.waiting) <= session.passed_over.keys()
            assert not set(session.roster) & set(session.waiting)
            assert len(set(session.waiting)) == len(session.waiting)

    @invariant()
    def the_calendar_has_the_counts_of_the_rosters(self) -> None:
        self.runner.catch_up(self.studio.tenant_id)
        queries, sessions = CalendarQueries(self.container.app_transaction), self.folded_sessions()
        entries = queries.sessions(self.studio.tenant_id, CalendarFilter(), limit=1000).entries

        assert {
            (e.session_id, e.status, e.starts_at, e.staff_ids, e.resource_ids, e.seats, e.taken, e.waiting, e.version)
            for e in entries
        } == {
            (
                session.id,
                session.status,
                session.starts_at,
                tuple(session.staff_ids),
                tuple(session.resource_ids),
                session.seats,
                len(session.roster),
                len(session.waiting),
                session.version,
            )
            for session in sessions
        }
        for patient in self.studio.patients:
            enrolments = queries.enrolments(self.studio.tenant_id, [patient], limit=1000).entries
            assert {
                (each.session.session_id, each.status, each.attended)
                for each in enrolments
                if each.status not in (EnrolmentStatus.WITHDRAWN, EnrolmentStatus.ARCHIVED)
            } == {
                (session.id, EnrolmentStatus.ENROLLED, session.roster[patient])
                if patient in session.roster
                else (session.id, EnrolmentStatus.WAITING, None)
                for session in sessions
                if patient in session.roster or patient in session.waiting
            }

    def folded_sessions(self) -> Collection[GroupSession]:
        return self.studio.log.load_all(GroupSession, self.sessions).values()
