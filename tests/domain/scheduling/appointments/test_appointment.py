"""An appointment's life: what each step records, what it holds, what it refuses (BK1, BK9)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.errors import (
    AlreadyCancelledError,
    AlreadyCheckedInError,
    AlreadyClosedError,
    AlreadyStartedError,
    InThePastError,
    NotStartedError,
    SchedulingError,
)
from tests.support.given import CLINICIAN, HERE, ROOM_1, ROOM_2, at, between

ID, PATIENT, SERVICE = UUID(int=100), UUID(int=101), UUID(int=102)
YESTERDAY, BEFORE = at("2026-05-31T12:00"), at("2026-06-01T08:59:59")
NINE, TEN = at("2026-06-01T09:00"), at("2026-06-01T10:00")
VISIT = Visit(
    patient_id=PATIENT,
    service_id=SERVICE,
    clinician_id=CLINICIAN,
    location_id=HERE,
    resource_ids=(ROOM_1,),
    during=TimeRange(NINE, TEN),
    price=Money(8000, "EUR"),
    mode="in_person",
    buffer_before_minutes=5,
    buffer_after_minutes=10,
)

Step = Callable[[Appointment, datetime], bool]
RESCHEDULE: Step = lambda a, now: a.reschedule(between("2026-06-02T09:00", "2026-06-02T10:00"), [ROOM_2], now)  # noqa: E731
CANCEL: Step = lambda a, now: a.cancel("ill", now)  # noqa: E731


def booked() -> Appointment:
    appointment = Appointment.book(id=ID, visit=VISIT, at=YESTERDAY)
    appointment.collect_events()
    return appointment


def in_status(status: Status) -> Appointment:
    appointment = booked()
    match status:
        case Status.CHECKED_IN:
            appointment.check_in(BEFORE)
        case Status.COMPLETED:
            appointment.complete(TEN)
        case Status.NO_SHOW:
            appointment.mark_no_show(TEN)
        case Status.CANCELLED:
            appointment.cancel("ill", YESTERDAY)
        case Status.BOOKED:
            pass
    appointment.collect_events()
    return appointment


class TestBook:
    def test_records_everything_that_was_agreed(self) -> None:
        [fact] = Appointment.book(id=ID, visit=VISIT, at=YESTERDAY).collect_events()

        assert isinstance(fact, Appointment.Booked)
        assert fact.originator_id == ID
        assert fact.timestamp == YESTERDAY
        assert (fact.patient_id, fact.service_id, fact.clinician_id) == (PATIENT, SERVICE, CLINICIAN)
        assert (fact.location_id, fact.resource_ids) == (HERE, [ROOM_1])
        assert (fact.starts_at, fact.ends_at) == (NINE, TEN)
        assert (fact.buffer_before_minutes, fact.buffer_after_minutes) == (5, 10)
        assert (fact.price_amount_minor, fact.price_currency, fact.mode) == (8000, "EUR", "in_person")

    def test_claims_the_clinician_and_the_room_with_the_buffers(self) -> None:
        claims = booked().claims()

        assert [(claim.what, claim.holder_id) for claim in claims] == [(CLINICIAN, ID), (ROOM_1, ID)]
        assert {claim.during for claim in claims} == {between("2026-06-01T08:55", "2026-06-01T10:10")}
        assert {claim.visit for claim in claims} == {TimeRange(NINE, TEN)}

    def test_refuses_the_past_unless_told_that_it_is_history(self) -> None:
        with pytest.raises(InThePastError):
            Appointment.book(id=ID, visit=VISIT, at=NINE + timedelta(microseconds=1))

        assert Appointment.book(id=ID, visit=VISIT, at=TEN, retrospective=True).status == Status.BOOKED
        assert Appointment.book(id=ID, visit=VISIT, at=NINE).status == Status.BOOKED

    @pytest.mark.parametrize(("starts", "ends"), [(TEN, NINE), (NINE, NINE)])
    def test_refuses_a_visit_that_ends_before_it_starts(self, starts: datetime, ends: datetime) -> None:
        with pytest.raises(InvalidValueError):
            TimeRange(starts, ends)


class TestReschedule:
    def test_records_the_new_time_and_moves_the_claims(self) -> None:
        appointment = booked()

        assert RESCHEDULE(appointment, YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Rescheduled)
        assert (fact.starts_at, fact.resource_ids) == (at("2026-06-02T09:00"), [ROOM_2])
        assert [claim.what for claim in appointment.claims()] == [CLINICIAN, ROOM_2]
        assert {claim.during for claim in appointment.claims()} == {between("2026-06-02T08:55", "2026-06-02T10:10")}

    def test_to_the_same_time_records_nothing(self) -> None:
        appointment = booked()

        assert not appointment.reschedule(between("2026-06-01T11:00+02:00", "2026-06-01T12:00+02:00"), [ROOM_1], TEN)
        assert appointment.collect_events() == []

    def test_refuses_the_past(self) -> None:
        with pytest.raises(InThePastError):
            RESCHEDULE(booked(), at("2026-06-02T09:00:01"))

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (Status.CANCELLED, AlreadyCancelledError),
            (Status.COMPLETED, AlreadyClosedError),
            (Status.NO_SHOW, AlreadyClosedError),
            (Status.CHECKED_IN, AlreadyCheckedInError),
        ],
    )
    def test_refuses_what_is_over_or_has_begun(self, status: Status, error: type[SchedulingError]) -> None:
        appointment = in_status(status)

        with pytest.raises(error):
            RESCHEDULE(appointment, YESTERDAY)
        assert appointment.collect_events() == []


class TestCancel:
    def test_records_the_reason_for_the_patients_eyes_and_frees_the_time(self) -> None:
        appointment = booked()

        assert appointment.cancel("  Grippe \r\nseit gestern ", BEFORE)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Cancelled)
        assert (fact.SUBJECT, fact.patient_id, fact.reason) == ("patient_id", PATIENT, "Grippe\nseit gestern")
        assert appointment.claims() == []

    def test_twice_records_nothing_and_says_so_even_later(self) -> None:
        appointment = in_status(Status.CANCELLED)

        assert not appointment.cancel("again", TEN)
        assert appointment.collect_events() == []

    def test_refuses_once_the_visit_has_started(self) -> None:
        with pytest.raises(AlreadyStartedError) as refused:
            booked().cancel("late", NINE)

        assert refused.value.code == "already_started"

    def test_refuses_no_reason(self) -> None:
        with pytest.raises(InvalidValueError):
            booked().cancel(" ", BEFORE)


class TestTheVisitItself:
    def test_is_checked_in_then_completed(self) -> None:
        appointment = booked()

        assert appointment.check_in(BEFORE)
        assert appointment.complete(TEN)

        arrived, done = appointment.collect_events()
        assert isinstance(arrived, Appointment.CheckedIn)
        assert isinstance(done, Appointment.Completed)
        assert appointment.status == Status.COMPLETED
        assert len(appointment.claims()) == 2

    def test_or_nobody_came_and_the_time_is_free(self) -> None:
        appointment = booked()

        assert appointment.mark_no_show(NINE)

        assert [type(fact) for fact in appointment.collect_events()] == [Appointment.NotAttended]
        assert appointment.claims() == []

    @pytest.mark.parametrize(
        ("status", "step"),
        [
            (Status.CHECKED_IN, Appointment.check_in),
            (Status.COMPLETED, Appointment.complete),
            (Status.NO_SHOW, Appointment.mark_no_show),
        ],
    )
    def test_a_second_time_records_nothing_and_says_so(self, status: Status, step: Step) -> None:
        appointment = in_status(status)

        assert not step(appointment, TEN)
        assert appointment.collect_events() == []

    @pytest.mark.parametrize("step", [Appointment.complete, Appointment.mark_no_show])
    def test_cannot_be_over_before_it_starts(self, step: Step) -> None:
        with pytest.raises(NotStartedError):
            step(booked(), BEFORE)

    @pytest.mark.parametrize(
        ("status", "step", "error"),
        [
            (Status.CANCELLED, Appointment.check_in, AlreadyCancelledError),
            (Status.CANCELLED, Appointment.complete, AlreadyCancelledError),
            (Status.CANCELLED, Appointment.mark_no_show, AlreadyCancelledError),
            (Status.COMPLETED, Appointment.check_in, AlreadyClosedError),
            (Status.COMPLETED, Appointment.mark_no_show, AlreadyClosedError),
            (Status.COMPLETED, CANCEL, AlreadyClosedError),
            (Status.NO_SHOW, Appointment.check_in, AlreadyClosedError),
            (Status.NO_SHOW, Appointment.complete, AlreadyClosedError),
            (Status.NO_SHOW, CANCEL, AlreadyClosedError),
            (Status.CHECKED_IN, Appointment.mark_no_show, AlreadyCheckedInError),
        ],
    )
    def test_what_is_settled_stays_settled(self, status: Status, step: Step, error: type[SchedulingError]) -> None:
        appointment = in_status(status)

        with pytest.raises(error):
            step(appointment, TEN)
        assert appointment.collect_events() == []


def test_its_facts_alone_give_the_same_appointment_again() -> None:
    appointment = Appointment.book(id=ID, visit=VISIT, at=YESTERDAY)
    RESCHEDULE(appointment, YESTERDAY)
    appointment.check_in(NINE)
    appointment.complete(at("2026-06-02T10:00"))

    facts = appointment.collect_events()
    replayed = None
    for fact in facts:
        replayed = fact.mutate(replayed)

    assert replayed == appointment
    assert appointment.version == len(facts) == 4
