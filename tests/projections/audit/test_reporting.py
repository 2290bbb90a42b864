"""The analysts' views: their columns, the rows they show, and rebuilds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from domain.kernel.money import Money
from domain.practice.location import Location, LocationDetails
from domain.practice.service import Service, ServiceTerms
from projections.install import as_owner, install
from projections.rebuild import Rebuild
from tests.projections.audit.small_practice import THEN, SmallPractice
from tests.support.container import Container, by_test
from tests.support.paths import DOCS
from tests.support.random_history import NOW, RandomHistory

DOCUMENTATION = (DOCS / "reporting.md").read_text("utf-8")
QUERIES = dict(re.findall(r"```sql\n-- ([^\n]+)\n(.*?)```", DOCUMENTATION, re.DOTALL))
"""The queries of the page by their first line."""
MAY, JUNE = datetime(2026, 5, 1), datetime(2026, 6, 1)  # noqa: DTZ001  as a calendar on the wall
VIEWS = {
    "visit": "appointment_id patient_id clinician_id service_id service location_id location resource_ids starts_at local_starts_at"
    " minutes status mode price_amount_minor price_currency booked_at series_id cancelled_at cancelled_by cancelled_late"
    " origin time_is_assigned",
    "session": "session_id course_id staff_ids service_id service location_id location starts_at local_starts_at minutes status"
    " price_amount_minor price_currency seats taken waiting",
    "enrolment": "session_id patient_id status attended since",
    "cancellation": "appointment_id session_id patient_id clinician_id service_id service location_id location starts_at local_starts_at"
    " cancelled_at cancelled_by cancelled_late cancellation_notice_minutes",
    "series": "series_id patient_id clinician_id service_id rrule zone starts_at booked skipped",
    "course": "course_id service_id service staff_ids seats rrule zone starts_at planned skipped",
    "waitlist_entry": "entry_id patient_id service_id service clinician_id windows notice_minutes status joined_at appointment_id",
    "waitlist_opening": "opening_id clinician_id starts_at minutes cause",
    "waitlist_offer": "offer_id opening_id entry_id patient_id service_id service clinician_id location_id location starts_at"
    " local_starts_at minutes made_at expires_at status because appointment_id",
    "patient": "patient_id person_id registered_at is_erased is_withdrawn",
    "service": "service_id name is_active",
    "location": "location_id name zone",
    "resource": "resource_id name is_active",
}
"""What an analyst may read. Decide for each new column whether it is about a person."""

_REACHED = """
select n.nspname || '.' || c.relname, a.attname
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
  and has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select')
"""
_WRITTEN = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'p', 'S') and n.nspname not in ('pg_catalog', 'information_schema')
  and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'insert, update, delete, truncate, references, trigger')
"""


@pytest.fixture
def admin(container: Container) -> Iterator[Connection[tuple[object, ...]]]:
    with container.admin() as connection:
        yield connection


@contextmanager
def analyst(container: Container, practice: object = None) -> Iterator[Connection[tuple[Any, ...]]]:
    with psycopg.connect(container.database.conninfo("scheduler_analyst")) as connection:
        if practice is not None:
            connection.execute("select set_config('app.tenant_id', %s, false)", (str(practice),))
        yield connection


def reached(container: Container) -> set[tuple[object, ...]]:
    with analyst(container) as connection:
        return set(connection.execute(_REACHED).fetchall())


def rows_of(connection: Connection[tuple[Any, ...]], view: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"select * from reporting.{view} as v order by v::text".encode()).fetchall()


def documented() -> set[tuple[object, ...]]:
    return {(f"reporting.{view}", column) for view, columns in VIEWS.items() for column in columns.split()}


class TestAnalyst:
    def test_reaches_these_views_and_nothing_else(self, container: Container) -> None:
        assert reached(container) == documented()
        with analyst(container) as connection:
            assert connection.execute(_WRITTEN).fetchall() == []

    def test_reaches_the_same_after_any_rebuild(
        self, container: Container, admin: Connection[tuple[object, ...]]
    ) -> None:
        for projector in container.projectors():
            Rebuild(container.projector_log, [projector], container.projector_transaction, admin).run()
            assert reached(container) == documented(), projector.name

    def test_sees_the_same_rows_after_a_rebuild(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        history.append_events(150, batch_size=50)
        container.runner().catch_up(history.tenant_id)
        with analyst(container, history.tenant_id) as connection:
            before = {view: rows_of(connection, view) for view in VIEWS}

        Rebuild(container.projector_log, container.projectors(), container.projector_transaction, admin).run()

        with analyst(container, history.tenant_id) as connection:
            assert {view: rows_of(connection, view) for view in VIEWS} == before
        assert len(before["visit"]) == len(history.appointments)
        assert len(before["patient"]) == len(history.patients)

    def test_does_not_delay_a_rebuild_by_reading(
        self, container: Container, history: RandomHistory, admin: Connection[tuple[object, ...]]
    ) -> None:
        """The swap renames the earlier views and does not wait for their readers."""
        history.append_events(20, batch_size=10)
        container.runner().catch_up(history.tenant_id)
        with analyst(container, history.tenant_id) as reading:
            counted = reading.execute("select count(*) from reporting.visit").fetchone()
            admin.execute("set lock_timeout = '2s'")

            # What waits is only the clearing away, after the swap is committed.
            with pytest.raises(psycopg.errors.LockNotAvailable):
                Rebuild(container.projector_log, container.projectors(), container.projector_transaction, admin).run()

            admin.execute("reset lock_timeout")
            with analyst(container, history.tenant_id) as another:
                assert another.execute("select count(*) from reporting.visit").fetchone() == counted
            assert reached(container) == documented()
        Rebuild(container.projector_log, container.projectors(), container.projector_transaction, admin).run()

    @pytest.mark.parametrize("view", VIEWS)
    def test_sees_no_row_without_a_practice_and_none_of_another(
        self, container: Container, history: RandomHistory, view: str
    ) -> None:
        history.append_events(60, batch_size=20)
        container.runner().catch_up(history.tenant_id)
        with analyst(container) as connection:
            assert rows_of(connection, view) == []
        with analyst(container, container.practice().tenant_id) as connection:
            assert rows_of(connection, view) == []

    def test_finds_each_view_and_column_in_the_documentation(self) -> None:
        for view, columns in VIEWS.items():
            assert re.search(rf"reporting\.{view}\b", DOCUMENTATION), view
            assert [column for column in columns.split() if f"`{column}`" not in DOCUMENTATION] == [], view


class TestQueriesOfTheDocumentation:
    def test_give_what_can_be_worked_out_by_hand(self, container: Container) -> None:
        practice, log = SmallPractice(), container.practice()
        log.record(*practice.records(), by=by_test())
        container.runner().catch_up(log.tenant_id)

        with analyst(container, log.tenant_id) as connection:
            answers = {title: connection.execute(query.encode()).fetchall() for title, query in QUERIES.items()}
            row = connection.execute("select now()").fetchone()

        assert row is not None
        assert answers == {
            "How many visits were missed at each hour of the day": [(Decimal(0), 1, 0), (Decimal(10), 4, 1)],
            "Who cancelled, and how often too late, month by month": [(JUNE, "not stated", 0, 0, 1)],
            "How many visits of each service took place, were missed and were cancelled, month by month": [
                (MAY, "Physio", 1, 0, 0),
                (JUNE, "Physio", 3, 1, 1),
            ],
            "How full classes are, by weekday and hour": [("1 18:00", Decimal("0.50"))],
            "Attendance of each service's sessions": [("Yoga", 2, 1)],
            "How many of a series' visits have taken place": [(practice.series_id, 2, 1)],
            "How full each course is": [(practice.course_id, "Yoga", Decimal("0.50"))],
            "For each service: people waiting, the longest wait, and people served": [
                ("Physio", 2, row[0] - THEN, 1),
            ],
            "Share of freed times that were filled, month by month": [(datetime(2026, 7, 1, tzinfo=UTC), 2, 1)],
            "New persons, month by month": [(MAY, 1), (JUNE, 1)],
            "Current patients": [(2,)],
            "How many hours each room and device was in use": [("Room", 3)],
            "Services without a visit or a session": [("Massage",)],
            "Visits of each location, with its time zone": [
                ("Mitte", "Europe/Berlin", 7),
                ("Nord", "Asia/Jerusalem", 0),
            ],
        }


class TestView:
    def test_shows_current_names_and_local_times(self, container: Container, history: RandomHistory) -> None:
        location = Location.open(id=history.location_id, details=LocationDetails("Mitte", "Europe/Berlin"), at=NOW)
        terms = ServiceTerms(name="Physio", duration_minutes=50, price=Money(8000, "EUR"))
        service = Service.offer(id=history.service_id, terms=terms, at=NOW)
        history.patients.append(history.register())
        history.log.record(history.patients[0], by=by_test())
        # The night in which Berlin's clocks go back: half an hour before, and half an hour after.
        visits = [history.book(starts_at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1)]
        history.log.record(location, service, *visits, by=by_test())
        location.change(LocationDetails("Nord", "Europe/Berlin"), NOW)
        history.log.record(location, by=by_test())
        container.runner().catch_up(history.tenant_id)

        with analyst(container, history.tenant_id) as connection:
            shown = connection.execute(
                "select service, location, local_starts_at from reporting.visit order by starts_at"
            ).fetchall()

        half_past_two = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001  as a clock on the wall
        assert shown == [("Physio", "Nord", half_past_two), ("Physio", "Nord", half_past_two)]

    def test_counts_merged_patients_as_one_person(self, container: Container, history: RandomHistory) -> None:
        one, other = history.register(), history.register()
        history.log.record(one, by=by_test())
        history.log.record(other, by=by_test())
        history.merge(one, other)
        container.runner().catch_up(history.tenant_id)

        with analyst(container, history.tenant_id) as connection:
            persons = dict(connection.execute("select patient_id, person_id from reporting.patient").fetchall())

        assert persons == {one.id: one.id, other.id: one.id}

    def test_marks_a_patient_whose_import_was_undone(self, container: Container, history: RandomHistory) -> None:
        one, other = history.register(), history.register()
        one.withdraw(NOW)
        history.log.record(one, by=by_test())
        history.log.record(other, by=by_test())
        container.runner().catch_up(history.tenant_id)

        with analyst(container, history.tenant_id) as connection:
            shown = dict(connection.execute("select patient_id, is_withdrawn from reporting.patient").fetchall())

        assert shown == {one.id: True, other.id: False}


class TestWaitList:
    def test_shows_entries_openings_and_answers(self, container: Container, history: RandomHistory) -> None:
        history.append_events(400, batch_size=50)
        container.runner().catch_up(history.tenant_id)

        with analyst(container, history.tenant_id) as connection:
            entries = connection.execute("select entry_id, status, windows from reporting.waitlist_entry").fetchall()
            openings = connection.execute("select opening_id, cause from reporting.waitlist_opening").fetchall()
            offers = connection.execute("select offer_id, status, because from reporting.waitlist_offer").fetchall()
            row = connection.execute("select now()").fetchone()

        assert row is not None
        of = history.waiting
        windows = {one.id: len(one.preferences.windows) + len(one.preferences.weekly) for one in of.entries}
        assert set(entries) == {(one.id, one.status, windows[one.id]) for one in of.entries}
        assert set(openings) == {(one.id, one.cause) for one in of.openings}
        is_over = {one.id: one.expires_at <= row[0] for one in of.offers}
        assert set(offers) == {
            (one.id, one.answer or ("expired" if is_over[one.id] else "open"), one.because) for one in of.offers
        }
        assert entries
        assert openings
        assert offers


class TestInstalling:
    def test_replaces_missing_and_outdated_views_only(
        self, container: Container, admin: Connection[tuple[object, ...]]
    ) -> None:
        def identity() -> object:
            return admin.execute("select to_regclass('reporting.visit')::oid").fetchone()

        before = identity()
        install(admin)
        assert identity() == before

        with as_owner(admin):
            admin.execute("update projection.read_model set fingerprint = 'older' where name = 'reporting'")
        install(admin)
        assert identity() != before
        assert reached(container) == documented()

    def test_revokes_earlier_grants_of_analysts(
        self, container: Container, admin: Connection[tuple[object, ...]]
    ) -> None:
        with as_owner(admin):
            admin.execute("grant usage on schema calendar to scheduler_analyst")
            admin.execute("grant select on calendar.appointment to scheduler_analyst")
            admin.execute("update projection.read_model set fingerprint = 'older' where name = 'reporting'")

        install(admin)

        assert reached(container) == documented()
        with as_owner(admin):
            admin.execute("revoke select on calendar.appointment from scheduler_analyst")
