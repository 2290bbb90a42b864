"""Requests, reassignments and undos: what each records, what it gives back, what it refuses."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.undo import CORRECTION, GRACE
from domain.scheduling.errors import (
    AlreadyArchivedError,
    AlreadyCancelledError,
    AlreadyCheckedInError,
    AlreadyClosedError,
    AlreadyDeclinedError,
    AlreadyStartedError,
    InThePastError,
    NotConfirmedError,
    NothingToUndoError,
    NotRequestedError,
    SchedulingError,
    TooLateToUndoError,
)
from domain.scheduling.time_claim import pending_key
from tests.domain.scheduling.appointments.sample_appointments import (
    BEFORE,
    CANCEL,
    ID,
    NINE,
    PATIENT,
    RESCHEDULE,
    TEN,
    VISIT,
    YESTERDAY,
    booked_appointment,
    in_status,
)
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_1, ROOM_2, THERE, between

COLLEAGUE, OTHER = UUID(int=200), UUID(int=201)

Act = Callable[[Appointment, datetime], object]
CONFIRM: Act = lambda a, now: a.confirm([ROOM_2], now)  # noqa: E731
DECLINE: Act = lambda a, now: a.decline("full", now)  # noqa: E731
REASSIGN: Act = lambda a, now: a.reassign(COLLEAGUE, THERE, [ROOM_2], now)  # noqa: E731


def requested_appointment() -> Appointment:
    appointment = Appointment.request(id=ID, visit=VISIT, at=YESTERDAY)
    appointment.collect_events()
    return appointment


def after(appointment: Appointment, *acts: Act, at: datetime = YESTERDAY) -> Appointment:
    for act in acts:
        act(appointment, at)
    return appointment


def agreed_state(appointment: Appointment) -> tuple[object, ...]:
    """What an undo restores."""
    a = appointment
    return (a.status, a.clinician_id, a.location_id, a.resource_ids, a.starts_at, a.ends_at, a.beside)


class TestRequest:
    def test_holds_nothing_until_it_is_confirmed(self) -> None:
        appointment = requested_appointment()
        assert appointment.status == Status.REQUESTED
        assert [(claim.what, claim.pending) for claim in appointment.claims()] == [(pending_key(CLINICIAN), True)]

        assert appointment.confirm([ROOM_2], YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Confirmed)
        assert appointment.status == Status.BOOKED
        assert [claim.what for claim in appointment.claims()] == [CLINICIAN, ROOM_2, PATIENT]

    def test_refuses_the_past(self) -> None:
        with pytest.raises(InThePastError):
            Appointment.request(id=ID, visit=VISIT, at=NINE + timedelta(microseconds=1))
        with pytest.raises(InThePastError):
            requested_appointment().confirm([], NINE + timedelta(microseconds=1))

    def test_confirmed_again_records_nothing(self) -> None:
        assert not booked_appointment().confirm([ROOM_2], YESTERDAY)
        assert not in_status(Status.CHECKED_IN).confirm([ROOM_2], YESTERDAY)

    def test_declined_keeps_the_reason_and_declined_again_records_nothing(self) -> None:
        appointment = requested_appointment()

        assert appointment.decline(" full ", YESTERDAY)
        assert not appointment.decline("again", YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Declined)
        assert (fact.SUBJECT, fact.reason, appointment.status) == ("patient_id", "full", Status.DECLINED)

    @pytest.mark.parametrize(
        ("status", "act", "error"),
        [
            (Status.CANCELLED, CONFIRM, AlreadyCancelledError),
            (Status.COMPLETED, CONFIRM, AlreadyClosedError),
            (Status.NO_SHOW, CONFIRM, AlreadyClosedError),
            (Status.BOOKED, DECLINE, NotRequestedError),
            (Status.CHECKED_IN, DECLINE, NotRequestedError),
            (Status.CANCELLED, DECLINE, AlreadyCancelledError),
            (Status.COMPLETED, DECLINE, AlreadyClosedError),
        ],
    )
    def test_is_answered_only_while_it_waits(self, status: Status, act: Act, error: type[SchedulingError]) -> None:
        appointment = in_status(status)

        with pytest.raises(error):
            act(appointment, YESTERDAY)
        assert appointment.collect_events() == []

    @pytest.mark.parametrize("act", [Appointment.check_in, Appointment.complete, Appointment.mark_no_show])
    def test_nobody_can_come_to_it(self, act: Act) -> None:
        with pytest.raises(NotConfirmedError):
            act(requested_appointment(), TEN)

    @pytest.mark.parametrize("act", [CONFIRM, CANCEL, RESCHEDULE, REASSIGN, Appointment.check_in])
    def test_declined_stays_declined(self, act: Act) -> None:
        with pytest.raises(AlreadyDeclinedError):
            act(after(requested_appointment(), DECLINE), YESTERDAY)


class TestReassign:
    def test_gives_the_visit_away_with_its_claims(self) -> None:
        appointment = booked_appointment()

        assert appointment.reassign(COLLEAGUE, THERE, [ROOM_2], YESTERDAY)
        assert not appointment.reassign(COLLEAGUE, THERE, [ROOM_2], YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Reassigned)
        assert (fact.clinician_id, fact.location_id, fact.resource_ids) == (COLLEAGUE, THERE, [ROOM_2])
        assert {claim.what: claim.during for claim in appointment.claims()} == {
            COLLEAGUE: between("2026-06-01T08:55", "2026-06-01T10:10"),
            ROOM_2: between("2026-06-01T08:55", "2026-06-01T10:10"),
            PATIENT: appointment.during,
        }

    def test_keeps_the_patients_time_beside_others(self) -> None:
        appointment = booked_appointment()
        appointment.exempt(["patient_busy"], [OTHER], [PATIENT], "in pain", YESTERDAY)

        appointment.reassign(COLLEAGUE, THERE, [ROOM_2], YESTERDAY)

        assert [claim.what for claim in appointment.claims() if claim.beside] == [PATIENT]

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (Status.CANCELLED, AlreadyCancelledError),
            (Status.COMPLETED, AlreadyClosedError),
            (Status.CHECKED_IN, AlreadyCheckedInError),
        ],
    )
    def test_refuses_what_is_over_or_has_begun(self, status: Status, error: type[SchedulingError]) -> None:
        with pytest.raises(error):
            REASSIGN(in_status(status), YESTERDAY)
        with pytest.raises(InThePastError):
            REASSIGN(booked_appointment(), NINE + timedelta(seconds=1))


class TestUndo:
    @pytest.mark.parametrize("act", [RESCHEDULE, REASSIGN, CANCEL, Appointment.check_in])
    def test_restores_what_was_before(self, act: Act) -> None:
        appointment = booked_appointment()
        before, claims = agreed_state(appointment), appointment.claims()

        after(appointment, act).undo(YESTERDAY)

        assert (agreed_state(appointment), appointment.claims()) == (before, claims)
        assert appointment.cancellation_reason is None
        fact = appointment.collect_events()[-1]
        assert isinstance(fact, Appointment.Undone)

    @pytest.mark.parametrize("act", [CONFIRM, DECLINE, CANCEL, RESCHEDULE])
    def test_makes_a_request_a_request_again(self, act: Act) -> None:
        appointment = requested_appointment()
        before, claims = agreed_state(appointment), appointment.claims()

        after(appointment, act).undo(YESTERDAY)

        assert (agreed_state(appointment), appointment.claims(), appointment.decline_reason) == (before, claims, None)

    @pytest.mark.parametrize("act", [Appointment.complete, Appointment.mark_no_show])
    def test_corrects_whether_the_patient_came_until_a_day_after(self, act: Act) -> None:
        appointment = after(booked_appointment(), act, at=TEN)
        appointment.undo(TEN + CORRECTION - timedelta(microseconds=1))
        assert appointment.status == Status.BOOKED

        with pytest.raises(TooLateToUndoError):
            after(booked_appointment(), act, at=TEN).undo(TEN + CORRECTION)

    @pytest.mark.parametrize(("begun", "act"), [(booked_appointment, "booked"), (requested_appointment, "requested")])
    def test_of_what_was_just_begun_archives_it(self, begun: Callable[[], Appointment], act: str) -> None:
        appointment = begun()

        appointment.undo(BEFORE)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Undone)
        assert (fact.act, appointment.status, appointment.claims()) == (act, Status.ARCHIVED, [])
        with pytest.raises(AlreadyArchivedError):
            CANCEL(appointment, BEFORE)

    def test_is_not_undone(self) -> None:
        appointment = after(booked_appointment(), CANCEL, Appointment.undo)

        with pytest.raises(NothingToUndoError):
            appointment.undo(YESTERDAY)
        CANCEL(appointment, YESTERDAY)
        appointment.undo(YESTERDAY)
        assert appointment.status == Status.BOOKED

    def test_ends_when_the_visit_starts_or_would_have(self) -> None:
        with pytest.raises(AlreadyStartedError):
            booked_appointment().undo(NINE)
        with pytest.raises(AlreadyStartedError):
            after(booked_appointment(), RESCHEDULE).undo(NINE)

    def test_has_a_grace_period_of_three_minutes(self) -> None:
        appointment = after(booked_appointment(), CANCEL, at=BEFORE)

        assert appointment.grace_until == BEFORE + GRACE == BEFORE + timedelta(minutes=3)


class TestExemption:
    def test_puts_what_is_shared_beside_others_and_moving_it_ends_that(self) -> None:
        appointment = booked_appointment()

        appointment.exempt(["time_taken"], [OTHER], [CLINICIAN], " in pain ", YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Exempted)
        assert (fact.SUBJECT, fact.reason, fact.overlaps) == ("patient_id", "in pain", [OTHER])
        assert [(claim.what, claim.beside) for claim in appointment.claims()] == [
            (CLINICIAN, True),
            (ROOM_1, False),
            (PATIENT, False),
        ]
        assert not any(claim.beside for claim in after(appointment, RESCHEDULE).claims())
        appointment.undo(YESTERDAY)
        assert appointment.claims()[0].beside

    def test_wants_a_reason(self) -> None:
        with pytest.raises(InvalidValueError):
            booked_appointment().exempt(["time_taken"], [], [], " ", YESTERDAY)


def test_their_facts_alone_give_the_same_appointment_again() -> None:
    appointment = Appointment.request(id=ID, visit=VISIT, at=YESTERDAY)
    after(appointment, DECLINE, Appointment.undo, CONFIRM, REASSIGN, Appointment.undo, CANCEL, Appointment.undo)

    event_summaries = appointment.collect_events()
    replayed = None
    for fact in event_summaries:
        replayed = fact.mutate(replayed)

    assert replayed == appointment
    assert (appointment.version, appointment.location_id) == (8, HERE)
