"""Whatever the last command on a session was, an undo makes it what it was before, and no seat is sold twice on the way."""

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
from tests.domain.scheduling.sessions.test_group_session import (
    ADA,
    DANA,
    HELPER,
    LI,
    NOA,
    NOW,
    PEOPLE,
    SIX,
    enrolled,
    planned,
)
from tests.support.given import CLINICIAN, HERE, ROOM_2

FIVE = Slot(SIX - timedelta(hours=1), SIX, HERE, (ROOM_2,))

Act = tuple[str, Sequence[UUID], int]
ACTS = st.tuples(
    st.sampled_from(["enrol", "wait", "withdraw", "seats", "move", "give", "both", "attend", "cancel"]),
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True),
    st.integers(1, 3),
)


def do(session: GroupSession, act: Act) -> None:
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


def what(session: GroupSession) -> tuple[object, ...]:
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
    def test_makes_it_what_it_was_before(self, acts: list[Act]) -> None:
        session = enrolled(DANA, seats=1)
        for act in acts:
            before = deepcopy(session)
            try:
                do(session, act)
            except DomainError:
                # A command that is refused in its middle is not recorded.
                session = before
                continue
            facts = session.pending_events[len(before.pending_events) :]
            if not facts:
                continue
            at = SIX if act[0] == "attend" else NOW
            first = str(type(facts[0]).TOPIC).rpartition(".")[2]  # type: ignore[attr-defined]  # set by hand on each fact
            again = deepcopy(session)

            again.undo(first, before, at)

            assert what(again) == what(before)
            step = deepcopy(session)
            for fact in again.pending_events[len(session.pending_events) :]:
                fact.mutate(step)
                assert len(step.roster) <= step.seats
            assert what(step) == what(again)

    def test_cannot_be_undone(self) -> None:
        earlier, session = enrolled(), enrolled(DANA)
        session.undo("enrolled", earlier, NOW)

        with pytest.raises(NothingToUndoError):
            session.undo("undone", enrolled(DANA), NOW)

    def test_of_the_planning_leaves_nothing_to_be_done(self) -> None:
        session = planned(seats=2)

        session.undo("planned", None, NOW)

        assert (session.status, session.claims(), session.cancellation_reason) == (
            GroupSessionStatus.ARCHIVED,
            [],
            None,
        )
        for act in ("enrol", "seats", "move", "attend", "cancel"):
            with pytest.raises(AlreadyArchivedError):
                do(session, (act, [DANA], 1))
        with pytest.raises(NothingToUndoError):
            session.undo("undone", planned(seats=2), NOW)

    def test_of_the_planning_is_too_late_at_the_start(self) -> None:
        with pytest.raises(AlreadyStartedError):
            planned(seats=2).undo("planned", None, SIX)

    def test_takes_a_seat_from_who_moved_up_only_while_nobody_is_told(self) -> None:
        earlier, session = (enrolled(DANA, NOA, seats=1) for _ in range(2))
        session.withdraw([DANA], NOW)

        with pytest.raises(SeatGivenOnError):
            session.undo("seat_cancelled", earlier, NOW + timedelta(minutes=3))
        session.undo("seat_cancelled", earlier, NOW + timedelta(minutes=3) - timedelta(microseconds=1))

        assert (list(session.roster), session.waiting, session.back_in_line) == ([DANA], [NOA], [NOA])

    def test_of_somebodys_second_enrolment_leaves_them_withdrawn(self) -> None:
        session = enrolled(DANA)
        session.withdraw([DANA], NOW)
        earlier = deepcopy(session)
        session.enrol(DANA, [DANA], NOW)

        session.undo("enrolled", earlier, NOW)

        assert session.standing(DANA).status is EnrolmentStatus.WITHDRAWN
        assert session.standing(ADA).status is EnrolmentStatus.ARCHIVED

    def test_says_whom_the_command_was_about_if_it_was_one_person(self) -> None:
        session, earlier = planned(seats=3), planned(seats=3)
        session.enrol(LI, [LI], NOW)

        session.undo("enrolled", earlier, NOW)

        assert [fact.patient_id for fact in session.pending_events if isinstance(fact, GroupSession.Undone)] == [LI]
