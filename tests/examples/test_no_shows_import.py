import itertools
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from uuid_utils.compat import uuid4

from application.kernel.errors import UnavailableError
from application.scheduling.availability.schedule import load_schedule
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.availability.availability import slot_at
from event_store.read.stream_lookup import StreamLookup
from no_shows.identities import Identities
from no_shows.importer import ImportNoShows, ImportNoShowsHandler, ImportReport, LoaderPorts
from no_shows.mapping import NoShowsMapping, Result
from tests.examples.no_shows_file import cells, many, mapping, read
from tests.support.container import Container, by_test


def new_source() -> str:
    """Ids follow from the source, so that another source is all the isolation that a test needs."""
    return f"test-{uuid4().hex}"


def ports_of(container: Container) -> LoaderPorts:
    return LoaderPorts(container.logs, container.keys, StreamLookup(container.store.pool), container.clock)


def run(
    container: Container,
    used_mapping: NoShowsMapping,
    rows: list[list[str]],
    *,
    dry_run: bool = False,
    ports: LoaderPorts | None = None,
) -> ImportReport:
    command = ImportNoShows(used_mapping, b"a file", read(used_mapping, rows), dry_run)
    return ImportNoShowsHandler(ports or ports_of(container))(command, lambda _: None)


def appointments_of(container: Container, practice_id: UUID) -> dict[UUID, Appointment]:
    """Return every appointment of a practice."""
    log = container.logs.of(practice_id)
    ids = {
        event.stream_id
        for event in container.app_log.page(practice_id, 0, 10_000)
        if event.event_type == "scheduling.appointment.booked"
    }
    return {id_: log.load(Appointment, id_) for id_ in ids}


class TestImport:
    def test_books_in_the_order_of_booking_and_records_what_came_of_it(self, container: Container) -> None:
        used_mapping = mapping(new_source())
        rows = [
            cells(1, patient=1, booked_at="2016-04-29T15:00:00Z", outcome="Yes"),
            cells(2, patient=2, booked_at="2016-04-28T15:00:00Z"),
            cells(3, patient=1, booked_at="2016-05-02T20:00:00Z"),
        ]

        report = run(container, used_mapping, rows)

        [practice_id] = report.practices.values()
        visits = appointments_of(container, practice_id)
        first, second, third = (visits[Identities.appointment(practice_id, id_)] for id_ in ("2", "1", "3"))
        # Seven o'clock in São Paulo; the third row requested it after that time and still gets it.
        assert [v.starts_at for v in (first, second, third)] == [
            datetime(2016, 5, 2, 10, minute, tzinfo=UTC) for minute in (0, 20, 40)
        ]
        assert [v.status for v in (first, second, third)] == [Status.COMPLETED, Status.NO_SHOW, Status.COMPLETED]
        assert report.tally.made == {Result.COMPLETED: 2, Result.NO_SHOW: 1}

    def test_says_where_its_events_come_from(self, container: Container) -> None:
        used_mapping = mapping(new_source())

        [practice_id] = run(container, used_mapping, [cells(1)]).practices.values()

        events = container.app_log.page(practice_id, 0, 100)
        assert {event.actor for event in events} == {f"import:{used_mapping.source}"}
        assert {event.causation_id for event in events} == {Identities(used_mapping.source).import_of(b"a file")}
        assert container.log_verifier.verify(practice_id) is None

    def test_marks_each_time_as_assigned_until_the_visit_is_moved(self, container: Container) -> None:
        row = cells(1, on_date="2999-01-07", booked_at="2026-01-05T09:00:00Z", outcome="Open")
        used_mapping = mapping(new_source(), outcomes={"booked": ["Open"]})
        [practice_id] = run(container, used_mapping, [row]).practices.values()
        [visit] = appointments_of(container, practice_id).values()
        log = container.logs.of(practice_id)

        def reported() -> tuple[object, ...] | None:
            container.runner().catch_up(practice_id)
            with psycopg.connect(container.database.conninfo("scheduler_analyst")) as connection:
                connection.execute("select set_config('app.tenant_id', %s, false)", (str(practice_id),))
                return connection.execute("select origin, time_is_assigned from reporting.visit").fetchone()

        assert (visit.origin, visit.time_is_assigned, reported()) == ("import", True, ("import", True))

        moved = TimeRange(visit.starts_at + timedelta(hours=1), visit.ends_at + timedelta(hours=1))
        visit.reschedule(moved, visit.resource_ids, visit.created_on)
        log.record(visit, by=by_test())
        assert (visit.time_is_assigned, reported()) == (False, ("import", False))

        visit.undo(visit.created_on)
        log.record(visit, by=by_test())
        assert (visit.time_is_assigned, reported()) == (True, ("import", True))

    def test_derives_how_many_clinicians_the_busiest_day_needs(self, container: Container) -> None:
        used_mapping = mapping(new_source(), clinicians={"weekly": ["mon 09:00-10:00", "tue 09:00-11:00"]})
        monday = [cells(n, on_date="2016-05-02") for n in range(7)]
        tuesday = [cells(10 + n, on_date="2016-05-03") for n in range(13)]

        [practice_id] = run(container, used_mapping, monday + tuesday).practices.values()

        # Three visits an hour: seven on Monday need three clinicians, as do thirteen on Tuesday.
        assert len(container.logs.of(practice_id).catalogue().all(Clinician)) == 3
        assert len(appointments_of(container, practice_id)) == 20

    def test_refuses_a_row_for_a_day_on_which_nobody_works(self, container: Container) -> None:
        report = run(container, mapping(new_source()), [cells(1, on_date="2016-05-01"), cells(2)])

        assert [(report.external_id, report.reason) for report in report.tally.refusals] == [("1", "no_free_time")]
        assert report.tally.made.total() == 1

    def test_refuses_an_outcome_of_a_day_that_is_not_over(self, container: Container) -> None:
        tomorrow = "2999-01-07"

        report = run(container, mapping(new_source()), [cells(1, on_date=tomorrow)])

        assert report.tally.reasons() == {"not_over_yet": 1}

    def test_refuses_a_patient_whose_data_cannot_be_kept_but_not_those_behind_them(self, container: Container) -> None:
        used_mapping = mapping(new_source(), patient={"email": "{Gender}"})
        fine = cells(2, patient=2)
        fine[2] = ""

        report = run(container, used_mapping, [cells(1), fine])

        assert [(report.reason, report.column) for report in report.tally.refusals] == [("not_kept_like_this", "email")]
        assert report.tally.made.total() == 1

    def test_twice_books_nothing_the_second_time(self, container: Container) -> None:
        used_mapping, rows = mapping(new_source()), many(600, seed=1)
        first = run(container, used_mapping, rows)
        heads = {id_: container.logs.of(id_).reader.position() for id_ in first.practices.values()}

        second = run(container, used_mapping, rows)

        assert (first.tally.made.total(), second.tally.made.total()) == (600, 0)
        assert second.tally.made_before == 600
        assert {id_: container.logs.of(id_).reader.position() for id_ in heads} == heads

    def test_of_a_longer_file_books_what_is_new_and_finds_room_for_it(self, container: Container) -> None:
        used_mapping, rows = mapping(new_source()), many(600, seed=2)
        run(container, used_mapping, rows[:200])

        report = run(container, used_mapping, rows)

        assert (report.tally.made.total(), report.tally.made_before, report.tally.refusals) == (400, 200, [])
        for practice_id in report.practices.values():
            assert_no_overlap(appointments_of(container, practice_id).values())

    def test_dry_run_records_nothing_and_predicts_the_result(self, container: Container) -> None:
        used_mapping, rows = mapping(new_source()), many(300, seed=3)

        predicted = run(container, used_mapping, rows, dry_run=True)

        assert all(not container.app_log.page(id_, 0, 1) for id_ in predicted.practices.values())
        assert predicted == run(container, used_mapping, rows)

    def test_registers_a_patient_once_and_seals_what_it_knows(self, container: Container) -> None:
        used_mapping = mapping(new_source())

        [practice_id] = run(
            container, used_mapping, [cells(n, patient=9, hypertension="1") for n in range(3)]
        ).practices.values()

        registered = [
            event
            for event in container.app_log.page(practice_id, 0, 100)
            if event.event_type == "patients.patient.registered"
        ]
        [event] = registered
        assert "family_name" not in event.body
        patient = container.logs.of(practice_id).load(Patient, Identities.patient(practice_id, "9"))
        assert (patient.details.family_name, patient.details.tags) == ("9", ("hypertension",))

    def test_refuses_new_visits_of_a_patient_who_was_erased(self, container: Container) -> None:
        used_mapping = mapping(new_source())
        [practice_id] = run(container, used_mapping, [cells(1, patient=9)]).practices.values()
        container.keys.erase(practice_id, Identities.patient(practice_id, "9"))

        report = run(container, used_mapping, [cells(1, patient=9), cells(2, patient=9), cells(3, patient=8)])

        assert report.tally.made_before == 1
        assert report.tally.reasons() == {"patient_erased": 1}
        assert report.tally.made.total() == 1


class TestSameRules:
    def test_books_only_what_the_booking_command_would_take(self, container: Container) -> None:
        used_mapping = mapping(new_source(), service={"buffer_after_minutes": 15, "step_minutes": 10})
        report = run(container, used_mapping, many(200, seed=4))

        for practice_id in report.practices.values():
            log = container.logs.of(practice_id)
            service_id = Identities.service(practice_id)
            for visit in appointments_of(container, practice_id).values():
                before = TimeRange(visit.starts_at, visit.ends_at)
                asked_at = visit.starts_at.replace(hour=3)
                schedule = load_schedule(log, service_id, [visit.clinician_id], before, asked_at)
                slot = slot_at(schedule.query(visit.clinician_id, without=visit.id), visit.starts_at)
                assert (slot.starts_at, slot.ends_at) == (visit.starts_at, visit.ends_at)

    def test_leaves_no_earlier_time_free_that_a_row_could_have_had(self, container: Container) -> None:
        used_mapping = mapping(
            new_source(), clinicians={"weekly": ["mon 09:00-12:00"]}, service={"buffer_before_minutes": 5}
        )
        rows = [cells(n, patient=n, booked_at=f"2016-04-{n + 1:02}T12:00:00Z") for n in range(9)]

        report = run(container, used_mapping, rows)

        [practice_id] = report.practices.values()
        offered_starts = [
            appointments_of(container, practice_id)[Identities.appointment(practice_id, str(n))].starts_at
            for n in range(9)
        ]
        assert offered_starts == sorted(offered_starts)
        assert report.tally.refusals == []


class TestBesideOthers:
    def test_plans_anew_when_a_time_is_taken_between_its_look_and_its_append(self, container: Container) -> None:
        used_mapping, rows = mapping(new_source()), many(300, seed=5, practices=1)
        [practice_id] = run(container, used_mapping, [*rows[:1]]).practices.values()
        ports = ports_of(container)
        other_writer = ConcurrentWriter(container, practice_id)

        report = run(
            container, used_mapping, rows, ports=LoaderPorts(ports.logs, other_writer, ports.streams, ports.clock)
        )  # fmt: skip

        assert other_writer.visit is not None
        assert report.tally.made.total() == 299
        visits = appointments_of(container, practice_id)
        assert other_writer.visit in visits
        assert_no_overlap(visits.values())

    def test_two_runs_at_once_book_everything_once(self, container: Container) -> None:
        used_mapping, rows = mapping(new_source()), many(700, seed=6)
        reports: list[ImportReport] = []

        def import_all() -> None:
            reports.append(run(container, used_mapping, rows))

        threads = [threading.Thread(target=import_all) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(reports) == 2
        assert sum(report.tally.made.total() for report in reports) == 700
        assert Counter(report.tally.made.total() + report.tally.made_before for report in reports) == {700: 2}
        for practice_id in reports[0].practices.values():
            assert_no_overlap(appointments_of(container, practice_id).values())
            assert container.log_verifier.verify(practice_id) is None


class ConcurrentWriter:
    """A key store that books a visit just before the import's first append."""

    def __init__(self, container: Container, practice_id: UUID) -> None:
        self._container = container
        self._practice_id = practice_id
        self.visit: UUID | None = None

    def erased_subjects(self, tenant_id: UUID) -> list[UUID]:
        return self._container.keys.erased_subjects(tenant_id)

    def create(self, tenant_id: UUID, subject_ids: Any) -> None:
        self._container.keys.create(tenant_id, subject_ids)
        # The first call is for the clinicians, before the import looks at what is free.
        if self.visit is None and len(subject_ids) > 50:
            self.visit = uuid4()
            log = self._container.logs.of(tenant_id)
            clinician = log.catalogue().all(Clinician)[0]
            day = datetime(2016, 5, 3, 10, tzinfo=UTC)
            at = TimeRange(day, day.replace(minute=20))
            [some] = list(appointments_of(self._container, tenant_id).values())[:1]
            visit = Appointment.book(
                id=self.visit,
                visit=Visit(
                    patient_id=some.patient_id,
                    service_id=some.service_id,
                    clinician_id=clinician.id,
                    location_id=some.location_id,
                    resource_ids=(),
                    during=at,
                    price=Money(some.price_amount_minor, some.price_currency),
                    mode=some.mode,
                ),
                at=day,
            )
            log.record(visit, by=by_test(), guards=visit.claims())


def assert_no_overlap(visits: Any) -> None:
    by_clinician: dict[UUID, list[TimeRange]] = {}
    for visit in visits:
        by_clinician.setdefault(visit.clinician_id, []).append(visit.during)
    for times in by_clinician.values():
        times.sort()
        assert all(not before.overlaps(after) for before, after in itertools.pairwise(times))


def test_an_import_that_cannot_reach_the_log_says_so(container: Container) -> None:
    class AwayFacts:
        def known(self, tenant_id: UUID, stream_ids: Any) -> set[UUID]:
            raise UnavailableError("away")

        def claims_when_booked(self, tenant_id: UUID, appointment_ids: Any) -> list[Any]:
            raise UnavailableError("away")

    ports = ports_of(container)

    with pytest.raises(UnavailableError):
        run(
            container,
            mapping(new_source()),
            many(20, seed=7),
            ports=LoaderPorts(ports.logs, ports.keys, AwayFacts(), ports.clock),
        )
