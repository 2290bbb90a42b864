"""A withdrawal and a command of another process for the same patient: both read, then write."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from application.importing.undo import UndoReport
from application.patients.decide_consent import DecideConsent
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.calendars.open_feed import OpenFeed
from application.scheduling.series.book_series import BookSeries
from application.scheduling.sessions.course_roster import EnrolInCourse
from application.scheduling.sessions.plan_course import PlanCourse
from application.scheduling.sessions.plan_session import PlanSession
from application.scheduling.sessions.session_roster import EnrolPatient
from application.waitlist.join_waitlist import JoinWaitlist
from domain.patients.consents import Channel
from domain.patients.errors import PatientWithdrawnError
from domain.patients.patient import Patient
from domain.scheduling.calendars.feed import Detail
from domain.waitlist.preferences import WaitlistPreferences
from tests.application.importing.patients.patient_file import PatientImports, people
from tests.support.commands import executor
from tests.support.container import Container, by_test, open_container
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock, seed_practice
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

START = MONDAY + timedelta(minutes=30)
CLOCK = fixed_clock()
_WRITING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock' and query like '%log.append%'"
)
Act: TypeAlias = Callable[[], object]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has come to write waits for the others, however long they take."""
    monkeypatch.setattr("event_store.append.append_batcher.TIMEOUT_SECONDS", TIMEOUT_SECONDS)


@pytest.fixture
def elsewhere(container: Container) -> Iterator[Container]:
    """Another process's connections to the same database: a store is known by how it connects."""
    conninfo = make_conninfo(container.database.server_conninfo, application_name="elsewhere")
    with open_container(replace(container.database, server_conninfo=conninfo), container.clock) as other:
        yield other


def book(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    command = BookAppointment(patient_id, studio.talk, studio.clinicians[0], START)
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def ask(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    command = BookAppointment(patient_id, studio.talk, None, START, is_request=True)
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def plan_a_series(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    command = BookSeries(patient_id, studio.talk, studio.clinicians[0], START, "FREQ=WEEKLY;COUNT=2")
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def enrol(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    planned = PlanSession(studio.talk, studio.clinicians[:1], START, seats=3)
    session = executor(by.logs, CLOCK)(studio.tenant_id, planned, by_test()).aggregate
    command = EnrolPatient(session.id, patient_id)
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def enrol_in_a_course(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    planned = PlanCourse(studio.talk, studio.clinicians[:1], START, "FREQ=WEEKLY;COUNT=2", seats=3)
    course = executor(by.logs, CLOCK)(studio.tenant_id, planned, by_test()).aggregate
    command = EnrolInCourse(course.id, patient_id)
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def wait(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    command = JoinWaitlist(patient_id, studio.talk, WaitlistPreferences(None))
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def consent(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    command = DecideConsent(patient_id=patient_id, kind="marketing", document_version="1", how=Channel.PAPER)
    return lambda: executor(by.logs, by.clock)(studio.tenant_id, command, by_test())


def open_a_feed(by: Container, studio: SeededPractice, patient_id: UUID) -> Act:
    command = OpenFeed(None, patient_id, Detail.BUSY, "0" * 64)
    return lambda: executor(by.logs, CLOCK)(studio.tenant_id, command, by_test())


def in_this_order(container: Container, tenant_id: UUID, *acts: Act) -> list[object]:
    """Let all read before any writes, then write in order; return each result or exception."""
    with ThreadPoolExecutor(len(acts)) as pool, container.admin() as watching, container.admin() as holding:
        with holding.transaction():
            holding.execute("select from log.tenant_head where tenant_id = %s for update", (tenant_id,))
            futures = []
            for act in acts:
                futures.append(pool.submit(act))
                _come_to_write(watching, len(futures))
        return [future.exception() or future.result() for future in futures]


def _come_to_write(connection: Connection[Any], count: int) -> None:
    wait_until(lambda: connection.execute(_WRITING).fetchall() == [(count,)], f"{count} come to write")


@pytest.mark.parametrize("act", [book, ask, plan_a_series, enrol, enrol_in_a_course, wait, consent, open_a_feed])
def test_what_looked_before_a_withdrawal_and_comes_after_it_is_refused(
    container: Container, elsewhere: Container, act: Callable[[Container, SeededPractice, UUID], Act]
) -> None:
    studio = seed_practice(container)
    patient_id = studio.patients[1]
    patient = studio.log.load(Patient, patient_id)
    patient.withdraw(CLOCK.now())
    acting = act(elsewhere, studio, patient_id)
    position = studio.log.reader.position()

    withdrawn, refused = in_this_order(
        container, studio.tenant_id, lambda: studio.log.record(patient, by=by_test()), acting
    )

    assert withdrawn == position + 1
    assert isinstance(refused, PatientWithdrawnError), refused
    assert studio.log.reader.position() == position + 1


class TestUndo:
    """Whichever is written first decides, and no visit is left of a patient who is withdrawn."""

    def test_that_comes_first_keeps_the_patient_withdrawn(self, container: Container, elsewhere: Container) -> None:
        studio = seed_practice(container)
        brought = PatientImports(container, studio.log)
        report = brought.import_rows(people(2))
        patient_id = brought.listed()["Family1"]

        undone, refused = in_this_order(
            container, studio.tenant_id, lambda: brought.undo(report.import_id), book(elsewhere, studio, patient_id)
        )

        assert isinstance(undone, UndoReport), undone
        assert isinstance(refused, PatientWithdrawnError), refused
        assert (undone.withdrawn, undone.kept) == (2, {})
        assert studio.log.load(Patient, patient_id).is_withdrawn

    def test_that_comes_second_keeps_the_patient(self, container: Container, elsewhere: Container) -> None:
        studio = seed_practice(container)
        brought = PatientImports(container, studio.log)
        report = brought.import_rows(people(2))
        patient_id = brought.listed()["Family1"]

        _, undone = in_this_order(
            container, studio.tenant_id, book(elsewhere, studio, patient_id), lambda: brought.undo(report.import_id)
        )

        assert isinstance(undone, UndoReport), undone
        assert (undone.withdrawn, set(undone.kept)) == (1, {patient_id})
        assert not studio.log.load(Patient, patient_id).is_withdrawn
