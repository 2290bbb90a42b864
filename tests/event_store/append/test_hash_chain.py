"""Tampering with a log is detected, and rows that are no part of it are not believed."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from uuid_utils.compat import uuid7

from application.kernel.errors import LogDamagedError
from application.kernel.practice_log import PracticeLog
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from event_store.append.hash_chain import BrokenLink, Fault
from tests.event_store.append.appointments import TEN, appointment, book
from tests.support.concurrency import run_concurrently
from tests.support.container import Container, by_test


def log_of_five(container: Container) -> PracticeLog:
    log = container.practice()
    for _ in range(3):
        book(log, appointment(uuid7()))
    details = PatientDetails(given_name="דנה", family_name="לוי")
    log.record(Patient.register(id=uuid7(), details=details, at=TEN), by=by_test())
    return log


def tamper(container: Container, tenant_id: UUID, statement: str, **values: object) -> None:
    """Change rows with the superuser's rights."""
    with container.admin() as admin:
        admin.execute(statement.encode(), {"tenant": tenant_id, **values})


def forge(container: Container, tenant_id: UUID, position: int) -> None:
    """Insert a copy of the last event at another position, as its stream's next version."""
    tamper(
        container,
        tenant_id,
        "insert into log.event select tenant_id, %(position)s, stream_type, stream_id, version + 1, event_type, schema_version,"
        " body, sealed, actor, gen_random_uuid(), 0, fingerprint, causation_id, effective_at, recorded_at, hash"
        " from log.event where tenant_id = %(tenant)s order by position desc limit 1",
        position=position,
    )


@contextmanager
def struck_from_the_list(container: Container, tenant_id: UUID) -> Iterator[None]:
    """Remove a practice's entry for the block: other tests use the same list."""
    with container.admin() as admin:
        entry = admin.execute("delete from log.practice where tenant_id = %s returning *", (tenant_id,)).fetchone()
        assert entry is not None
        try:
            yield
        finally:
            admin.execute("insert into log.practice (tenant_id, number, hash) values (%s, %s, %s)", entry)


class TestVerify:
    def test_an_untouched_log_is_whole(self, container: Container) -> None:
        log = log_of_five(container)

        assert container.log_verifier.verify(log.tenant_id) is None

    @pytest.mark.parametrize(
        "change",
        [
            "body = body || '{\"price_amount_minor\": 1}'",
            "actor = 'somebody-else'",
            "effective_at = effective_at + interval '1 microsecond'",
            "recorded_at = recorded_at - interval '1 day'",
            "event_type = 'scheduling.appointment.completed'",
            "command_id = gen_random_uuid()",
            "causation_id = gen_random_uuid()",
            "stream_id = gen_random_uuid()",
            "version = version + 7",
            "schema_version = schema_version + 1",
            "fingerprint = 'x'",
            "sealed = 'x'",
            "sealed = ''",
            "fingerprint = ''",
            "stream_type = 'practice.service'",
            "hash = sha256('x')",
        ],
    )
    def test_names_the_event_that_was_altered(self, container: Container, change: str) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, f"update log.event set {change} where tenant_id = %(tenant)s and position = 3")

        assert container.log_verifier.verify(log.tenant_id) == BrokenLink(3, Fault.ALTERED)

    def test_names_the_first_event_that_is_missing(self, container: Container) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position = 2")

        assert container.log_verifier.verify(log.tenant_id) == BrokenLink(2, Fault.MISSING)

    def test_detects_deleted_last_events(self, container: Container) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position >= 4")

        assert container.log_verifier.verify(log.tenant_id) == BrokenLink(4, Fault.MISSING)

    def test_detects_a_head_reset_with_the_deleted_events(self, container: Container) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position = 5")
        tamper(container, log.tenant_id, "update log.tenant_head set position = 4 where tenant_id = %(tenant)s")

        assert container.log_verifier.verify(log.tenant_id) == BrokenLink(4, Fault.HEAD)

    def test_verifies_after_an_erasure_too(self, container: Container) -> None:
        log = container.practice()
        patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="Dana", family_name="L"), at=TEN)
        log.record(patient, by=by_test())

        container.keys.erase(log.tenant_id, patient.id)

        assert container.log_verifier.verify(log.tenant_id) is None

    def test_counts_rows_beyond_the_head(self, container: Container) -> None:
        log = log_of_five(container)

        forge(container, log.tenant_id, position=9)

        assert container.log_verifier.verify(log.tenant_id) == BrokenLink(9, Fault.OUTSIDE)


class TestListOfPractices:
    def test_names_a_practice_that_vanished_with_all_its_rows(self, container: Container) -> None:
        log = log_of_five(container)

        for table in ("event", "tenant_head", "time_claim", "snapshot"):
            tamper(container, log.tenant_id, f"delete from log.{table} where tenant_id = %(tenant)s")

        assert container.log_verifier.practices()[log.tenant_id] is Fault.VANISHED
        assert container.log_verifier.verify(log.tenant_id) == BrokenLink(0, Fault.VANISHED)
        assert log.tenant_id in container.log_verifier.damaged()

    def test_names_a_practice_that_is_not_in_the_list(self, container: Container) -> None:
        log = log_of_five(container)

        with struck_from_the_list(container, log.tenant_id):
            assert container.log_verifier.practices()[log.tenant_id] is Fault.UNLISTED
            assert log.tenant_id in container.log_verifier.damaged()

    def test_names_the_first_entry_that_is_missing(self, container: Container) -> None:
        log = log_of_five(container)
        container.practice()
        with container.admin() as admin:
            row = admin.execute("select number from log.practice where tenant_id = %s", (log.tenant_id,)).fetchone()
        assert row is not None
        before = container.log_verifier.first_broken_entry()

        with struck_from_the_list(container, log.tenant_id):
            assert (before, container.log_verifier.first_broken_entry()) == (None, row[0])

    def test_names_the_last_entry_if_it_is_missing(self, container: Container) -> None:
        log = log_of_five(container)
        with container.admin() as admin:
            row = admin.execute("select number from log.practice_list").fetchone()
        assert row is not None

        with struck_from_the_list(container, log.tenant_id):
            assert container.log_verifier.first_broken_entry() == row[0]

    def test_has_one_entry_for_each_practice_however_many_are_opened_at_once(self, container: Container) -> None:
        tenants = [uuid7() for _ in range(4)]

        run_concurrently(12, lambda number: container.store.open_log(tenants[number % 4]))

        assert container.log_verifier.first_broken_entry() is None
        assert [container.log_verifier.practices()[tenant_id] for tenant_id in tenants] == [None] * 4


class TestRowsOutsideTheLog:
    @pytest.mark.parametrize("position", [0, -5])
    def test_cannot_have_a_position_below_one(self, container: Container, position: int) -> None:
        log = log_of_five(container)

        with pytest.raises(psycopg.errors.CheckViolation):
            forge(container, log.tenant_id, position)

    @pytest.mark.parametrize("column", ["effective_at", "recorded_at"])
    def test_cannot_have_an_infinite_instant(self, container: Container, column: str) -> None:
        log = log_of_five(container)

        with pytest.raises(psycopg.errors.CheckViolation):
            tamper(container, log.tenant_id, f"update log.event set {column} = 'infinity' where tenant_id = %(tenant)s")

    def test_are_read_by_nobody(self, container: Container) -> None:
        log = container.practice()
        patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="Dana", family_name="L"), at=TEN)
        log.record(patient, by=by_test())
        patient.change_remarks("notes", None, TEN)
        position = log.record(patient, by=by_test())

        forge(container, log.tenant_id, position + 1)

        reader, tenant_id = container.app_log, log.tenant_id
        assert log.load(Patient, patient.id).version == 2
        assert log.load_all(Patient, [patient.id])[patient.id].version == 2
        assert log.reader.reached(patient.id, version=3) is None
        assert len(log.reader.read_subjects([patient.id])[patient.id]) == 2
        assert [event.position for event in reader.page(tenant_id, 0, 9)] == [1, 2, 3]
        assert [event.position for event in reader.recorded_page(tenant_id, 0, 9, unseal=False)[0]] == [1, 2, 3]
        assert [event.position for event in reader.of_streams(tenant_id, [patient.id], 0, 9)] == [2, 3]
        [page] = container.projector_log.pages([(tenant_id, 0)], 9)
        assert [event.position for event in page] == [1, 2, 3]

    def test_do_not_enter_the_catalogue(self, container: Container) -> None:
        log = container.practice()

        forge(container, log.tenant_id, 2)

        assert log.catalogue().position == 1

    @pytest.mark.parametrize("position", [6, 9])
    def test_are_noticed_without_reading_the_log(self, container: Container, position: int) -> None:
        log = log_of_five(container)
        before = container.log_verifier.damaged()

        forge(container, log.tenant_id, position)

        assert log.tenant_id not in before
        assert log.tenant_id in container.log_verifier.damaged()

    def test_make_the_log_take_no_events(self, container: Container) -> None:
        log = log_of_five(container)
        forge(container, log.tenant_id, 6)

        with pytest.raises(LogDamagedError):
            book(log, appointment(uuid7()))

        assert log.reader.position() == 5

    def test_do_not_affect_other_practices(self, container: Container) -> None:
        logs = [container.practice() for _ in range(8)]
        forge(container, logs[0].tenant_id, 2)

        results = run_concurrently(8, lambda number: book(logs[number], appointment(uuid7())))

        assert isinstance(results[0], LogDamagedError)
        assert results[1:] == [2] * 7
