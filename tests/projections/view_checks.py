"""Read all view rows of a practice, and compare them with its aggregates."""

from typing import Any
from uuid import UUID

from domain.waitlist.preferences import WaitlistPreferences, windows_of
from projections.scheduling.calendar.queries import CalendarFilter
from projections.waitlist.entries.queries import WaitlistQueries
from tests.support.container import Container
from tests.support.random_history import RandomHistory

TABLES = (
    "calendar.appointment",
    "calendar.session",
    "calendar.course",
    "calendar.enrolment",
    "calendar.former_place",
    "calendar.catalogue",
    "patients.patient",
    "patients.search_term",
    "history.participation",
    "history.chapter",
    "access.api_key",
    "waitlist.entry",
    "waitlist.opening",
    "waitlist.offer",
    "imports.import",
)
VIEWS = ("calendar", "patients", "history", "access", "waitlist", "imports")


def rows_of(container: Container, tenant_id: UUID) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every read model of one practice."""
    with container.projector_transaction(tenant_id) as cursor:
        return {table: cursor.execute(f"select t.* from {table} t order by t".encode()).fetchall() for table in TABLES}


def cursors_of(container: Container, tenant_id: UUID) -> dict[str, tuple[int, str | None, int | None]]:
    """Return (position, error, failed position) by projector."""
    with container.app_transaction(tenant_id) as cursor:
        rows = cursor.execute("select projector, position, error, failed_position from projection.cursor").fetchall()
    return {projector: (position, error, failed) for projector, position, error, failed in rows}


def assert_views_are_folds(container: Container, history: RandomHistory) -> None:
    """Compare each view with the aggregates that wrote the log."""
    page = container.calendar().appointments(history.tenant_id, CalendarFilter(), limit=100_000)
    shown = {
        entry.appointment_id: (
            (entry.status, entry.starts_at, entry.ends_at, list(entry.resource_ids), entry.version),
            (entry.cancellation_notice_minutes, entry.cancelled_at, entry.cancelled_by, entry.cancelled_late),
        )
        for entry in page.entries
    }
    assert shown == {
        one.id: (
            (one.status, one.starts_at, one.ends_at, one.resource_ids, one.version),
            (one.cancellation_notice_minutes, one.cancelled_at, one.cancelled_by, one.cancelled_late),
        )
        for one in history.appointments
    }

    gathered = container.calendar().sessions(history.tenant_id, CalendarFilter(), limit=100_000)
    assert {(e.session_id, e.status, e.seats, e.taken, e.waiting, e.version) for e in gathered.entries} == {
        (one.id, one.status, one.seats, len(one.roster), len(one.waiting), one.version)
        for one in history.gathering.sessions
    }

    known = container.patients().by_ids(history.tenant_id, [patient.id for patient in history.patients])
    assert len(known) == len(history.patients)
    for patient in history.patients:
        record = known[patient.id]
        assert (record.version, record.is_erased) == (patient.version, patient.is_erased)
        assert record.merged_into == patient.merged_into
        assert record.is_withdrawn == patient.is_withdrawn
        assert [contact.name for contact in record.contacts] == [contact.name for contact in patient.contacts]
        if patient.is_erased:
            assert record.details is None
            assert (record.zone, record.locale) == (None, None)
        else:
            assert record.details is not None
            details = patient.details
            assert (record.details.given_name, record.details.family_name) == (details.given_name, details.family_name)
            assert (record.details.email, record.details.phone) == (details.email, details.phone)
            assert (record.details.date_of_birth, record.details.tags) == (details.date_of_birth, details.tags)
            assert (record.zone, record.locale) == (details.zone, details.locale)
            assert (record.remarks.notes, record.remarks.alert) == (patient.notes, patient.alert)

    with container.app_transaction(history.tenant_id) as cursor:
        keys = dict(cursor.execute("select key_id, revoked_at is not null from access.api_key").fetchall())
    assert keys == {key.id: key.is_revoked for key in history.api_keys}

    records, _ = container.imports().page(history.tenant_id)
    assert {
        one.import_id: (one.status, one.row_count, one.made_count, one.withdrawn_count, one.kept_count, one.version)
        for one in records
    } == {
        one.id: (one.status, one.row_count, one.made_count, one.withdrawn_count, len(one.kept_ids), one.version)
        for one in history.imports
    }

    _assert_waitlist_is_fold(container, history)


def _assert_waitlist_is_fold(container: Container, history: RandomHistory) -> None:
    waitlist, of = WaitlistQueries(container.app_transaction), history.waiting
    entries, _ = waitlist.entries(history.tenant_id, limit=100_000)
    assert {
        e.entry_id: (
            e.status,
            WaitlistPreferences(
                e.clinician_id, windows_of(e.window_starts, e.window_ends), e.notice_minutes, tuple(e.weekly)
            ),
            e.version,
        )
        for e in entries
    } == {e.id: (e.status, e.preferences, e.version) for e in of.entries}
    offers, _ = waitlist.offers(history.tenant_id, limit=100_000)
    assert {o.offer_id: (o.answer, o.because, o.appointment_id, o.expires_at, o.version) for o in offers} == {
        o.id: (o.answer, o.because, o.appointment_id, o.expires_at, o.version) for o in of.offers
    }
    openings, _ = waitlist.openings(history.tenant_id, limit=100_000)
    assert sorted(openings) == sorted(opening.id for opening in of.openings)


def forget(container: Container, tenant_id: UUID) -> None:
    """Empty the views of one practice, as if they had never been."""
    with container.projector_transaction(tenant_id) as cursor:
        for table in rows_of(container, tenant_id):
            cursor.execute(f"delete from {table}".encode())
        cursor.execute("update projection.cursor set position = 0 where tenant_id = %s", (tenant_id,))
