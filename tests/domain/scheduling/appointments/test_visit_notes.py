"""Notes on a visit: what each change records, and what an undo brings back."""

from datetime import datetime

import pytest

from domain.kernel.errors import InvalidValueError
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.errors import NothingToUndoError, NotLastError
from tests.domain.scheduling.appointments.sample_appointments import (
    BEFORE,
    ID,
    PATIENT,
    TEN,
    VISIT,
    YESTERDAY,
    booked_appointment,
    in_status,
)

LATER = datetime.fromisoformat("2027-01-01T00:00:00Z")


def appointment_with_notes(notes: str | None = "brings her son along") -> Appointment:
    appointment = booked_appointment()
    appointment.change_notes(notes, YESTERDAY)
    appointment.collect_events()
    return appointment


class TestNotes:
    def test_are_kept_as_they_were_written_line_by_line(self) -> None:
        appointment = booked_appointment()

        assert appointment.change_notes("  Türcode 4711\r\n\r\n\r\nמביאה את בנה ", YESTERDAY)

        [fact] = appointment.collect_events()
        assert isinstance(fact, Appointment.NotesChanged)
        assert (fact.patient_id, fact.notes, fact.by_itself, fact.act) == (
            PATIENT,
            "Türcode 4711\n\nמביאה את בנה",
            True,
            None,
        )
        assert appointment.notes == fact.notes

    @pytest.mark.parametrize("nothing", [None, "", " \n\t"])
    def test_are_taken_away_by_saying_nothing(self, nothing: str | None) -> None:
        appointment = appointment_with_notes()

        assert appointment.change_notes(nothing, YESTERDAY)

        assert appointment.notes is None
        assert not appointment.change_notes(nothing, YESTERDAY)

    def test_that_stay_the_same_record_nothing(self) -> None:
        assert not appointment_with_notes().change_notes("brings  her son along ", YESTERDAY)

    @pytest.mark.parametrize("status", set(Status) - {Status.REQUESTED, Status.DECLINED, Status.ARCHIVED})
    def test_can_be_changed_whatever_has_become_of_the_visit(self, status: Status) -> None:
        appointment = in_status(status)
        claims = appointment.claims()

        assert appointment.change_notes("rang afterwards", LATER)

        assert (appointment.status, appointment.claims()) == (status, claims)

    def test_have_5000_characters_at_most(self) -> None:
        appointment = booked_appointment()

        assert appointment.change_notes("ä" * 5000, YESTERDAY)
        with pytest.raises(InvalidValueError) as refused:
            appointment.change_notes("ä" * 5001, YESTERDAY)
        assert refused.value.field == "notes"
        assert "ä" not in str(refused.value)

    @pytest.mark.parametrize("text", ["a\0b", "\ud800", "\u200b"])
    def test_that_cannot_be_kept_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError):
            booked_appointment().change_notes(text, YESTERDAY)


class TestUndo:
    def test_of_a_change_brings_the_former_notes_back_at_any_time(self) -> None:
        appointment = appointment_with_notes()
        appointment.change_notes("wrong patient", YESTERDAY)

        appointment.undo(LATER)

        [_, undone, back] = appointment.collect_events()
        assert isinstance(undone, Appointment.Undone)
        assert isinstance(back, Appointment.NotesChanged)
        assert (undone.act, back.notes, back.act) == ("notes_changed", "brings her son along", "undone")
        assert (appointment.notes, appointment.status) == ("brings her son along", Status.BOOKED)

    def test_of_the_first_notes_takes_them_away(self) -> None:
        appointment = appointment_with_notes()

        appointment.undo(YESTERDAY)

        assert (appointment.notes, appointment.noted_by_itself) == (None, False)

    def test_pressed_twice_undoes_nothing_else(self) -> None:
        appointment = in_status(Status.CHECKED_IN)
        appointment.change_notes("on crutches", BEFORE)
        appointment.undo(BEFORE)

        with pytest.raises(NothingToUndoError):
            appointment.undo(BEFORE)

        assert appointment.status == Status.CHECKED_IN

    def test_of_what_is_named_passes_over_notes_that_were_written_since(self) -> None:
        """A second click on "arrived" takes the arrival back, whatever was noted in between."""
        appointment = in_status(Status.CHECKED_IN)
        appointment.change_notes("on crutches", BEFORE)

        appointment.undo(BEFORE, act="checked_in")

        assert (appointment.status, appointment.notes) == (Status.BOOKED, "on crutches")
        with pytest.raises(NothingToUndoError):
            appointment.undo(BEFORE, act="checked_in")

    @pytest.mark.parametrize("act", ["booked", "cancelled", "undone"])
    def test_of_what_is_named_and_was_not_the_last_is_refused(self, act: str) -> None:
        with pytest.raises(NotLastError):
            in_status(Status.CHECKED_IN).undo(BEFORE, act=act)

    def test_of_notes_that_nobody_has_changed_is_refused(self) -> None:
        with pytest.raises(NothingToUndoError):
            in_status(Status.CHECKED_IN).undo(BEFORE, act="notes_changed")

    def test_of_notes_on_a_cancelled_visit_keeps_the_reason(self) -> None:
        appointment = in_status(Status.CANCELLED)
        appointment.change_notes("rang", YESTERDAY)

        appointment.undo(YESTERDAY)

        assert (appointment.status, appointment.cancellation_reason) == (Status.CANCELLED, "ill")
        appointment.undo(YESTERDAY, act="cancelled")
        assert (appointment.status, appointment.cancellation_reason) == (Status.BOOKED, None)

    @pytest.mark.parametrize("make", [Appointment.book, Appointment.request])
    def test_of_a_booking_archives_it_with_the_notes_it_came_with(self, make: object) -> None:
        appointment = make(id=ID, visit=VISIT, at=YESTERDAY)  # type: ignore[operator]  # one of the two above
        appointment.change_notes("brings her son along", YESTERDAY, act=appointment.last_act)

        appointment.undo(YESTERDAY)

        assert (appointment.status, appointment.notes) == (Status.ARCHIVED, "brings her son along")

    def test_of_another_command_leaves_notes_alone(self) -> None:
        appointment = appointment_with_notes()
        appointment.complete(TEN)

        appointment.undo(TEN)

        assert (appointment.status, appointment.notes) == (Status.BOOKED, "brings her son along")
