"""An appointment's life: what each step records, what it holds, what it refuses (BK1, BK9)."""

from datetime import datetime, timedelta

import pytest

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.errors import (
    AlreadyCancelledError,
    AlreadyCheckedInError,
    AlreadyClosedError,
    AlreadyStartedError,
    InThePastError,
    NotStartedError,
    SchedulingError,
)
from tests.domain.scheduling.appointments.sample_appointments import (
    BEFORE,
    CANCEL,
    ID,
    NINE,
    PATIENT,
    RESCHEDULE,
    SERVICE,
    TEN,
    VISIT,
    YESTERDAY,
    Step,
    booked_appointment,
    in_status,
)
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_1, ROOM_2, at, between


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

    def test_claims_the_clinician_and_the_room_with_the_buffers_and_the_patient_without(self) -> None:
        claims = booked_appointment().claims()

        assert [(claim.what, claim.holder_id) for claim in claims] == [(CLINICIAN, ID), (ROOM_1, ID), (PATIENT, ID)]
        assert [claim.during for claim in claims] == [
            *[between("2026-06-01T08:55", "2026-06-01T10:10")] * 2,
            TimeRange(NINE, TEN),
        ]
        assert {claim.visit for claim in claims} == {TimeRange(NINE, TEN)}

    def test_refuses_the_past_unless_told_that_it_is_history(self) -> None:
        with pytest.raises(InThePastError):
            Appointment.book(id=ID, visit=VISIT, at=NINE + timedelta(microseconds=1))

        assert Appointment.book(id=ID, visit=VISIT, at=TEN, retrospective=True).status == Status.BOOKED
        assert Appointment.book(id=ID, visit=VISIT, at=NINE).status == Status.BOOKED

    @pytest.mark.parametrize(("offered_starts", "ends"), [(TEN, NINE), (NINE, NINE)])
    def test_refuses_a_visit_that_ends_before_it_starts(self, offered_starts: datetime, ends: datetime) -> None:
        with pytest.raises(InvalidValueError):
            TimeRange(offered_starts, ends)


class TestReschedule:
    def test_records_the_new_time_and_moves_the_claims(self) -> None:
        appointment = booked_appointment()

        assert RESCHEDULE(appointment, YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.Rescheduled)
        assert (fact.starts_at, fact.resource_ids) == (at("2026-06-02T09:00"), [ROOM_2])
        assert {claim.what: claim.during for claim in appointment.claims()} == {
            CLINICIAN: between("2026-06-02T08:55", "2026-06-02T10:10"),
            ROOM_2: between("2026-06-02T08:55", "2026-06-02T10:10"),
            PATIENT: between("2026-06-02T09:00", "2026-06-02T10:00"),
        }

    def test_to_the_same_time_records_nothing(self) -> None:
        appointment = booked_appointment()

        assert not appointment.reschedule(between("2026-06-01T11:00+02:00", "2026-06-01T12:00+02:00"), [ROOM_1], TEN)
        assert appointment.collect_events() == []

    def test_refuses_the_past(self) -> None:
        with pytest.raises(InThePastError):
            RESCHEDULE(booked_appointment(), at("2026-06-02T09:00:01"))

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
        appointment = booked_appointment()

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
            booked_appointment().cancel("late", NINE)

        assert refused.value.code == "already_started"

    def test_refuses_no_reason(self) -> None:
        with pytest.raises(InvalidValueError):
            booked_appointment().cancel(" ", BEFORE)


class TestAttendance:
    def test_begins_at_most_a_day_before_the_visit(self) -> None:
        appointment = booked_appointment()

        with pytest.raises(NotStartedError, match="more than a day away"):
            appointment.check_in(NINE - timedelta(days=1, seconds=1))

        assert appointment.check_in(NINE - timedelta(days=1))

    def test_is_checked_in_then_completed(self) -> None:
        appointment = booked_appointment()

        assert appointment.check_in(BEFORE)
        assert appointment.complete(TEN)

        arrived, done = appointment.collect_events()
        assert isinstance(arrived, Appointment.CheckedIn)
        assert isinstance(done, Appointment.Completed)
        assert appointment.status == Status.COMPLETED
        assert len(appointment.claims()) == 3

    def test_or_nobody_came_and_the_time_is_free(self) -> None:
        appointment = booked_appointment()

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
            step(booked_appointment(), BEFORE)

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

    event_summaries = appointment.collect_events()
    replayed = None
    for fact in event_summaries:
        replayed = fact.mutate(replayed)

    assert replayed == appointment
    assert appointment.version == len(event_summaries) == 4
