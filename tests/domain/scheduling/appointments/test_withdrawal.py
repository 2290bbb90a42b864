"""Withdrawal of patients and visits of an undone import, and the import's own states."""

from uuid import UUID

import pytest

from domain.importing.data_import import DataImport, ImportStatus
from domain.kernel.errors import InvalidValueError
from domain.patients.errors import HoldsMergedError, PatientErasedError, PatientMergedError, PatientWithdrawnError
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.errors import NothingToUndoError
from tests.domain.patients.sample_patients import registered_patient
from tests.domain.scheduling.appointments.sample_appointments import in_status
from tests.support.availability_builders import at

NOW = at("2026-06-01T09:00")


def an_import() -> DataImport:
    made = DataImport.start(id=UUID(int=1), kind="patients", source="jane", file_hash="0" * 64, at=NOW)
    made.collect_events()
    return made


class TestWithdrawal:
    def test_of_a_cancelled_visit_leaves_no_cancellation(self) -> None:
        visit = in_status(Status.CANCELLED)

        visit.withdraw(NOW)

        assert (visit.cancelled_at, visit.cancelled_by, visit.cancelled_late) == (None, None, None)

    def test_is_a_fact_that_changes_nothing_else(self) -> None:
        one = registered_patient(1)

        assert one.withdraw(NOW)

        [fact] = one.collect_events()
        assert isinstance(fact, Patient.Withdrawn)
        assert (one.is_withdrawn, one.given_name) == (True, "נועה")

    def test_twice_records_nothing(self) -> None:
        one = registered_patient(1)
        one.withdraw(NOW)
        one.collect_events()

        assert not one.withdraw(NOW)
        assert one.collect_events() == []

    def test_lets_nothing_new_be_recorded_until_they_are_reinstated(self) -> None:
        one = registered_patient(1)
        one.withdraw(NOW)

        with pytest.raises(PatientWithdrawnError):
            one.change_remarks("x", None, NOW)
        with pytest.raises(PatientWithdrawnError):
            registered_patient(2).absorb(one, NOW)

        assert one.reinstate(NOW)
        assert one.change_remarks("x", None, NOW)
        assert not one.reinstate(NOW)

    def test_is_refused_where_merges_stand(self) -> None:
        survivor, other = registered_patient(1), registered_patient(2)
        survivor.absorb(other, NOW)

        with pytest.raises(HoldsMergedError):
            survivor.withdraw(NOW)
        with pytest.raises(PatientMergedError):
            other.withdraw(NOW)

    def test_does_not_keep_from_being_erased_and_is_final_then(self) -> None:
        one = registered_patient(1)
        one.withdraw(NOW)

        assert one.erase(NOW)

        with pytest.raises(PatientErasedError):
            one.reinstate(NOW)
        with pytest.raises(PatientErasedError):
            patient_erased().withdraw(NOW)


def patient_erased() -> Patient:
    one = registered_patient(3)
    one.erase(NOW)
    return one


class TestImport:
    def test_runs_until_it_is_finished(self) -> None:
        one = an_import()

        assert not one.resume(NOW)
        assert one.finish(10, 7, 2, 1, NOW)

        assert (one.status, one.row_count, one.made_count) == (ImportStatus.FINISHED, 10, 7)
        assert not one.finish(10, 0, 2, 1, NOW)
        assert one.made_count == 7

    def test_is_undone_once_unless_more_is_taken_back(self) -> None:
        one, kept = an_import(), UUID(int=9)
        one.finish(3, 3, 0, 0, NOW)

        assert one.undo(2, [kept], NOW)
        assert not one.undo(2, [kept], NOW)
        assert one.undo(3, [], NOW)
        assert (one.status, one.withdrawn_count, one.kept_ids) == (ImportStatus.UNDONE, 3, [])

    def test_that_was_undone_begins_again(self) -> None:
        one = an_import()
        one.undo(1, [], NOW)

        assert one.resume(NOW)
        assert (one.status, one.withdrawn_count) == (ImportStatus.RUNNING, 0)

    @pytest.mark.parametrize(
        ("source", "file_hash"), [("my files", "0" * 64), ("", "0" * 64), ("jane", "0"), ("jane", "G" * 64)]
    )
    def test_of_a_strange_source_or_file_is_refused(self, source: str, file_hash: str) -> None:
        with pytest.raises(InvalidValueError):
            DataImport.start(id=UUID(int=1), kind="patients", source=source, file_hash=file_hash, at=NOW)


class TestVisits:
    @pytest.mark.parametrize(
        "status", [Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED]
    )
    def test_are_taken_back_whatever_came_of_them(self, status: Status) -> None:
        visit = in_status(status)

        assert visit.withdraw(NOW)

        [fact] = visit.collect_events()
        assert isinstance(fact, Appointment.Withdrawn)
        assert (visit.status, visit.claims()) == (Status.ARCHIVED, [])
        with pytest.raises(NothingToUndoError):
            visit.undo(NOW)

    def test_twice_record_nothing(self) -> None:
        visit = in_status(Status.BOOKED)
        visit.withdraw(NOW)
        visit.collect_events()

        assert not visit.withdraw(NOW)
        assert visit.collect_events() == []
