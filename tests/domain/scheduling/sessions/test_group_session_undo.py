"""An undo restores a session's state before its last command, and sells no seat twice."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import DomainError
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import AlreadyArchivedError, AlreadyStartedError, NothingToUndoError
from domain.scheduling.sessions.errors import SeatGivenOnError
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession, GroupSessionStatus
from tests.domain.scheduling.sessions.sample_sessions import (
    ADA,
    DANA,
    HELPER,
    LI,
    NOA,
    NOW,
    PEOPLE,
    SIX,
    plan_session,
    session_with,
)
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_2

FIVE = Slot(SIX - timedelta(hours=1), SIX, HERE, (ROOM_2,))

Act = tuple[str, Sequence[UUID], int]
ACTS = st.tuples(
    st.sampled_from(["enrol", "wait", "withdraw", "seats", "move", "give", "both", "attend", "cancel"]),
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True),
    st.integers(1, 3),
)


def carry_out(session: GroupSession, act: Act) -> None:
    """Carry out one command; of two people as of one who was merged."""
    verb, people, seats = act
    match verb:
        case "enrol" | "wait":
            session.enrol(people[0], people, NOW, waits=verb == "wait")
        case "withdraw":
            session.withdraw(people, NOW)
        case "seats":
            session.change_seats(seats, NOW)
        case "move":
            session.move(session.staff_ids, FIVE, NOW)
        case "give":
            session.move([HELPER] if seats == 1 else [CLINICIAN], slot_of(session), NOW)
        case "both":
            session.change_seats(seats, NOW, fills=False)
            session.move([HELPER], FIVE, NOW)
            session.fill(NOW)
        case "attend":
            session.note_attendance(people, seats == 1, SIX)
        case _:
            session.cancel("הסקה", NOW)


def slot_of(session: GroupSession) -> Slot:
    return Slot(session.starts_at, session.ends_at, session.location_id, tuple(session.resource_ids))


def state_of(session: GroupSession) -> tuple[object, ...]:
    """All that a session is, and how everybody stands in it."""
    return (
        session.status,
        session.seats,
        session.staff_ids,
        slot_of(session),
        list(session.roster.items()),
        session.waiting,
        {id: session.standing(id) for id in PEOPLE},
    )


class TestUndo:
    @given(acts=st.lists(ACTS, min_size=1, max_size=12))
    def test_restores_the_state_before(self, acts: list[Act]) -> None:
        session = session_with(DANA, seats=1)
        for act in acts:
            before = deepcopy(session)
            try:
                carry_out(session, act)
            except DomainError:
                # A command that is refused in its middle is not recorded.
                session = before
                continue
            event_summaries = session.pending_events[len(before.pending_events) :]
            if not event_summaries:
                continue
            at = SIX if act[0] == "attend" else NOW
            first = str(type(event_summaries[0]).TOPIC).rpartition(".")[2]  # type: ignore[attr-defined]  # set by hand on each fact
            again = deepcopy(session)

            again.undo(first, before, at)

            assert state_of(again) == state_of(before)
            step = deepcopy(session)
            for fact in again.pending_events[len(session.pending_events) :]:
                fact.mutate(step)
                assert len(step.roster) <= step.seats
            assert state_of(step) == state_of(again)

    def test_cannot_be_undone(self) -> None:
        earlier, session = session_with(), session_with(DANA)
        session.undo("enrolled", earlier, NOW)

        with pytest.raises(NothingToUndoError):
            session.undo("undone", session_with(DANA), NOW)

    def test_of_the_planning_archives_the_session(self) -> None:
        session = plan_session(seats=2)

        session.undo("planned", None, NOW)

        assert (session.status, session.claims(), session.cancellation_reason) == (
            GroupSessionStatus.ARCHIVED,
            [],
            None,
        )
        for act in ("enrol", "seats", "move", "attend", "cancel"):
            with pytest.raises(AlreadyArchivedError):
                carry_out(session, (act, [DANA], 1))
        with pytest.raises(NothingToUndoError):
            session.undo("undone", plan_session(seats=2), NOW)

    def test_of_the_planning_is_refused_from_the_start_on(self) -> None:
        with pytest.raises(AlreadyStartedError):
            plan_session(seats=2).undo("planned", None, SIX)

    def test_revokes_a_seat_within_the_grace_period_only(self) -> None:
        earlier, session = (session_with(DANA, NOA, seats=1) for _ in range(2))
        session.withdraw([DANA], NOW)

        with pytest.raises(SeatGivenOnError):
            session.undo("seat_cancelled", earlier, NOW + timedelta(minutes=3))
        session.undo("seat_cancelled", earlier, NOW + timedelta(minutes=3) - timedelta(microseconds=1))

        assert (list(session.roster), session.waiting, session.back_in_line) == ([DANA], [NOA], [NOA])

    def test_of_a_second_enrolment_leaves_the_patient_withdrawn(self) -> None:
        session = session_with(DANA)
        session.withdraw([DANA], NOW)
        earlier = deepcopy(session)
        session.enrol(DANA, [DANA], NOW)

        session.undo("enrolled", earlier, NOW)

        assert session.standing(DANA).status is EnrolmentStatus.WITHDRAWN
        assert session.standing(ADA).status is EnrolmentStatus.ARCHIVED

    def test_has_the_patient_of_a_single_enrolment(self) -> None:
        session, earlier = plan_session(seats=3), plan_session(seats=3)
        session.enrol(LI, [LI], NOW)

        session.undo("enrolled", earlier, NOW)

        assert [fact.patient_id for fact in session.pending_events if isinstance(fact, GroupSession.Undone)] == [LI]
