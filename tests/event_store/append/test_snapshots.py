"""Snapshots do not change an aggregate's state, and an erasure covers them."""

from typing import ClassVar
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.holidays.public_holidays import CalculatedHolidays
from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.kernel.practice_log import PracticeLog
from domain.kernel.aggregate import Aggregate
from domain.kernel.money import Money
from domain.kernel.personal_data import ERASED
from domain.kernel.time_range import TimeRange
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.service import Service, ServiceTerms
from domain.practice.weekly_hours import OpeningHours
from domain.scheduling.appointments.appointment import Appointment
from tests.event_store.append.appointments import TEN, appointment
from tests.support.container import Container, by_test


class SnapshottingLog(PracticeLog):
    """Takes a snapshot after every second event."""

    snapshotting_intervals: ClassVar = dict.fromkeys((Clinician, Service, Patient, Appointment), 2)


@pytest.fixture
def with_snapshots(container: Container) -> SnapshottingLog:
    return SnapshottingLog(container.practice().tenant_id, container.store, LibPhoneNumbers(), CalculatedHolidays())


def aggregates_of_each_kind() -> list[Aggregate]:
    """One of each kind, with three or more events."""
    clinician = Clinician.join(id=uuid7(), details=ClinicianDetails("רונית", "r@example.org", "Asia/Jerusalem"), at=TEN)
    for weekday in ("sun", "mon", "tue"):
        clinician.set_hours(uuid7(), OpeningHours.parse([f"{weekday} 09:00-12:00"], ["2026-12-25 closed"]), TEN)
    patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="Zoë", family_name="Groß"), at=TEN)
    for tag in ("a", "b", "c"):
        patient.change_details(PatientDetails(given_name="Zoë", family_name="Groß", tags=(tag,)), TEN)
    terms = ServiceTerms(name="Talk", duration_minutes=50, price=Money(80, "JPY"), clinician_ids=(clinician.id,))
    service = Service.offer(id=uuid7(), terms=terms, at=TEN)
    for minutes in (20, 30, 40):
        service.change(ServiceTerms(name="Talk", duration_minutes=minutes, price=Money(80, "JPY")), TEN)
    visit = appointment(clinician.id)
    for hours in (1, 2):
        moved = TimeRange(visit.during.ends_at, visit.during.ends_at + visit.during.duration)
        visit.reschedule(moved, (uuid7(),) * hours, TEN)
    visit.change_notes("brings her son along", TEN)
    visit.cancel("ill", TEN)
    return [clinician, patient, service, visit]


def snapshots_of(container: Container, log: PracticeLog) -> dict[UUID, bytes | None]:
    with container.app_transaction(log.tenant_id) as cursor:
        return dict(cursor.execute("select stream_id, sealed from log.snapshot").fetchall())


class TestSnapshots:
    def test_do_not_change_an_aggregate(self, container: Container, with_snapshots: SnapshottingLog) -> None:
        made = aggregates_of_each_kind()
        with_snapshots.record(*made, by=by_test())
        without = container.logs.of(with_snapshots.tenant_id)

        assert len(snapshots_of(container, with_snapshots)) == 4
        for aggregate in made:
            assert vars(with_snapshots.load(type(aggregate), aggregate.id)) == vars(
                without.load(type(aggregate), aggregate.id)
            )

    def test_are_read(self, container: Container, with_snapshots: SnapshottingLog) -> None:
        service = aggregates_of_each_kind()[2]
        with_snapshots.record(service, by=by_test())
        with container.admin() as admin:
            admin.execute(
                "update log.snapshot set body = replace(body::text, 'Talk', 'Song')::jsonb where stream_id = %s",
                (service.id,),
            )

        assert with_snapshots.load(Service, service.id).terms.name == "Song"

    def test_of_a_person_are_sealed(self, container: Container, with_snapshots: SnapshottingLog) -> None:
        clinician, patient, service, visit = aggregates_of_each_kind()
        with_snapshots.record(clinician, patient, service, visit, by=by_test())

        kept = snapshots_of(container, with_snapshots)

        assert [kept[aggregate.id] is None for aggregate in (clinician, patient, service, visit)] == [
            False,
            False,
            True,
            False,
        ]

    def test_of_an_erased_person_are_ignored(self, container: Container, with_snapshots: SnapshottingLog) -> None:
        patient = aggregates_of_each_kind()[1]
        with_snapshots.record(patient, by=by_test())

        container.keys.erase(with_snapshots.tenant_id, patient.id)

        assert with_snapshots.load(Patient, patient.id).given_name is ERASED

    def test_made_by_other_code_are_ignored(self, container: Container, with_snapshots: SnapshottingLog) -> None:
        service = aggregates_of_each_kind()[2]
        with_snapshots.record(service, by=by_test())
        with container.admin() as admin:
            admin.execute("update log.snapshot set form = 'other', body = '{}' where stream_id = %s", (service.id,))

        assert with_snapshots.load(Service, service.id).terms.duration_minutes == 40
