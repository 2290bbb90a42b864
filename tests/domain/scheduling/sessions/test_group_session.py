"""A session's roster: seats, the line of those who wait, who came."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import DomainError, InvalidValueError
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import AlreadyCancelledError, AlreadyStartedError, InThePastError, NotStartedError
from domain.scheduling.sessions.errors import (
    AlreadyEnrolledError,
    AlreadyWaitingError,
    NotEnrolledError,
    SeatsTakenError,
    SessionFullError,
)
from tests.domain.scheduling.sessions.sample_sessions import (
    ADA,
    DANA,
    HELPER,
    LI,
    NOA,
    NOW,
    PEOPLE,
    SERVICE,
    SIX,
    event_summaries,
    plan_session,
    session_with,
)
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_1, ROOM_2, at, between


class TestPlan:
    def test_takes_the_time_of_all_its_staff_and_rooms(self) -> None:
        claims = plan_session().claims()

        assert [claim.what for claim in claims] == [CLINICIAN, HELPER, ROOM_1]
        assert {claim.during for claim in claims} == {between("2026-06-01T17:55", "2026-06-01T19:10")}
        assert {claim.service_id for claim in claims} == {SERVICE}

    @pytest.mark.parametrize(
        ("field", "terms"),
        [
            ("seats", {"seats": 0}),
            ("seats", {"seats": 501}),
            ("staff_ids", {"staff_ids": ()}),
            ("staff_ids", {"staff_ids": (CLINICIAN, CLINICIAN)}),
            ("staff_ids", {"staff_ids": tuple(UUID(int=n) for n in range(11))}),
        ],
    )
    def test_refuses_invalid_values(self, field: str, terms: dict[str, object]) -> None:
        with pytest.raises(InvalidValueError) as refused:
            plan_session(**terms)  # type: ignore[arg-type]

        assert refused.value.field == field

    def test_refuses_the_past(self) -> None:
        with pytest.raises(InThePastError):
            plan_session(during=between("2026-06-01T07:00", "2026-06-01T08:30"))


class TestEnrol:
    def test_gives_seats_until_the_session_is_full(self) -> None:
        session = session_with(DANA, NOA)

        with pytest.raises(SessionFullError):
            session.enrol(LI, [LI], NOW)

        assert list(session.roster) == [DANA, NOA]

    def test_keeps_the_waiting_list_in_order(self) -> None:
        assert session_with(DANA, NOA, LI, ADA).waiting == [LI, ADA]

    def test_refuses_a_second_place(self) -> None:
        session = session_with(DANA, NOA, LI)

        with pytest.raises(AlreadyEnrolledError):
            session.enrol(DANA, [DANA], NOW)
        with pytest.raises(AlreadyWaitingError):
            session.enrol(LI, [LI], NOW, waits=True)

    def test_recognises_all_ids_of_a_patient(self) -> None:
        session = session_with(DANA, NOA, LI)

        with pytest.raises(AlreadyEnrolledError):
            session.enrol(ADA, [ADA, DANA], NOW)
        with pytest.raises(AlreadyWaitingError):
            session.enrol(ADA, [ADA, LI], NOW)

    def test_ends_when_the_session_starts(self) -> None:
        plan_session().enrol(DANA, [DANA], at("2026-06-01T17:59:59"))

        with pytest.raises(AlreadyStartedError):
            plan_session().enrol(DANA, [DANA], SIX)


class TestWithdraw:
    def test_gives_the_seat_to_the_first_on_the_waiting_list(self) -> None:
        session = session_with(DANA, NOA, LI, ADA)
        session.collect_events()

        session.withdraw([DANA], NOW)

        assert event_summaries(session) == [("SeatCancelled", DANA), ("MovedUp", LI)]
        assert (list(session.roster), session.waiting, session.moved_up) == ([NOA, LI], [ADA], [LI])

    def test_removes_patients_from_the_waiting_list(self) -> None:
        session = session_with(DANA, NOA, LI, ADA)

        session.withdraw([LI], NOW)

        assert (list(session.roster), session.waiting, session.moved_up) == ([DANA, NOA], [ADA], [])

    def test_removes_all_places_of_a_merged_patient(self) -> None:
        session = session_with(DANA, NOA, LI)

        session.withdraw([NOA, LI], NOW)

        assert (list(session.roster), session.waiting) == ([DANA], [])

    def test_refuses_a_patient_without_a_place_and_a_started_session(self) -> None:
        with pytest.raises(NotEnrolledError):
            session_with(DANA).withdraw([NOA], NOW)
        with pytest.raises(AlreadyStartedError):
            session_with(DANA).withdraw([DANA], SIX)

    def test_allows_a_new_enrolment(self) -> None:
        session = session_with(DANA, NOA)
        session.withdraw([DANA], NOW)

        session.enrol(DANA, [DANA], NOW)

        assert list(session.roster) == [NOA, DANA]


class TestSeats:
    def test_that_are_added_go_to_the_waiting_list(self) -> None:
        session = session_with(DANA, NOA, LI, ADA)
        session.collect_events()

        assert session.change_seats(3, NOW)

        assert event_summaries(session) == [("SeatsChanged", None), ("MovedUp", LI)]
        assert session.waiting == [ADA]

    def test_are_at_least_those_taken(self) -> None:
        session = session_with(DANA, NOA, seats=4)

        assert session.change_seats(2, NOW)
        assert not session.change_seats(2, NOW)
        with pytest.raises(SeatsTakenError):
            session.change_seats(1, NOW)
        with pytest.raises(InvalidValueError):
            session.change_seats(0, NOW)


class TestPatientTime:
    def test_is_claimed_by_a_seat_without_the_buffers_and_not_in_line(self) -> None:
        session = session_with(DANA, NOA, LI)

        claims = session.claims()[-2:]

        assert [(claim.what, claim.during) for claim in claims] == [(DANA, session.during), (NOA, session.during)]

    def test_lies_beside_others_after_an_override_until_the_session_moves(self) -> None:
        session = session_with(DANA)
        slot = Slot(at("2026-06-02T18:00"), at("2026-06-02T19:00"), HERE, (ROOM_2,))

        session.exempt(DANA, [ADA], " leaves early ", NOW)

        assert [claim.what for claim in session.claims() if claim.beside] == [DANA]
        assert session.exemptions == {DANA: ([ADA], "leaves early")}
        session.move(session.staff_ids, slot, NOW)
        assert not any(claim.beside for claim in session.claims())

    def test_who_cannot_have_the_seat_is_passed_over_once_and_stays_in_line(self) -> None:
        session = session_with(DANA, NOA, LI, ADA)
        session.collect_events()

        session.withdraw([DANA], NOW, refusal=lambda id_: "patient_busy" if id_ == LI else None)
        session.fill(NOW, lambda _: "patient_busy")

        kinds = [type(event).__name__ for event in session.collect_events()]
        assert kinds == ["SeatCancelled", "PassedOver", "MovedUp"]
        assert (list(session.roster), session.waiting, session.passed_over) == ([NOA, ADA], [LI], {LI: "patient_busy"})


class TestMove:
    def test_keeps_the_roster(self) -> None:
        session = session_with(DANA)
        slot = Slot(at("2026-06-02T18:00"), at("2026-06-02T19:00"), HERE, (ROOM_2,))

        assert session.move([HELPER], slot, NOW)
        assert not session.move([HELPER], slot, NOW)

        assert (session.staff_ids, session.clinician_id, list(session.roster)) == ([HELPER], HELPER, [DANA])
        assert {claim.what for claim in session.claims()} == {HELPER, ROOM_2, DANA}

    def test_ends_when_the_session_starts(self) -> None:
        slot = Slot(at("2026-06-02T18:00"), at("2026-06-02T19:00"), HERE, (ROOM_1,))

        with pytest.raises(AlreadyStartedError):
            plan_session().move([CLINICIAN], slot, SIX)


class TestAttendance:
    def test_is_recorded_from_the_start_on_and_can_be_corrected(self) -> None:
        session = session_with(DANA, NOA)

        with pytest.raises(NotStartedError):
            session.note_attendance([DANA], True, NOW)
        assert session.note_attendance([DANA], True, SIX)
        assert not session.note_attendance([DANA], True, SIX)
        assert session.note_attendance([DANA], False, SIX)

        assert session.roster == {DANA: False, NOA: None}

    def test_needs_a_seat(self) -> None:
        with pytest.raises(NotEnrolledError):
            session_with(DANA, NOA, LI).note_attendance([LI], True, SIX)


class TestCancel:
    def test_frees_the_time_and_keeps_the_roster(self) -> None:
        session = session_with(DANA, NOA, LI)

        assert session.cancel("boiler, דוד", NOW)
        assert not session.cancel("again", NOW)

        assert (session.claims(), list(session.roster), session.waiting) == ([], [DANA, NOA], [LI])
        for act in (
            lambda: session.enrol(ADA, [ADA], NOW),
            lambda: session.withdraw([DANA], NOW),
            lambda: session.change_seats(5, NOW),
            lambda: session.note_attendance([DANA], True, SIX),
        ):
            with pytest.raises(AlreadyCancelledError):
                act()

    def test_refuses_a_started_session(self) -> None:
        with pytest.raises(AlreadyStartedError):
            plan_session().cancel("ill", SIX)


@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["enrol", "wait", "withdraw", "seats"]), st.integers(0, 3), st.integers(1, 3)),
        max_size=30,
    )
)
def test_never_overbooks_and_no_patient_waits_while_a_seat_is_free(
    acts: list[tuple[str, int, int]],
) -> None:
    session = plan_session(seats=1)
    for act, who, seats in acts:
        person = PEOPLE[who]
        before = (set(session.roster), list(session.waiting), session.version)
        try:
            match act:
                case "withdraw":
                    session.withdraw([person], NOW)
                case "seats":
                    session.change_seats(seats, NOW)
                case _:
                    session.enrol(person, [person], NOW, waits=act == "wait")
        except DomainError:
            assert (set(session.roster), session.waiting, session.version) == before
        assert len(session.roster) <= session.seats
        assert not session.waiting or len(session.roster) == session.seats
        assert not set(session.roster) & set(session.waiting)
        assert len(set(session.waiting)) == len(session.waiting)
        others = [id_ for id_ in before[1] if id_ in session.waiting]
        assert [id_ for id_ in session.waiting if id_ in before[1]] == others, "the line kept its order"
    replayed = None
    for fact in session.collect_events():
        replayed = fact.mutate(replayed)
    assert replayed == session
