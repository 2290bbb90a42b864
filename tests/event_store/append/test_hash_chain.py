"""Tampering with a log is detected."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from event_store.append.hash_chain import BrokenLink
from tests.event_store.append.appointments import TEN, appointment, book
from tests.support.container import Container, by_test


def log_of_five(container: Container) -> PracticeLog:
    log = container.practice()
    for _ in range(3):
        book(log, appointment(uuid7()))
    details = PatientDetails(given_name="דנה", family_name="לוי")
    log.record(Patient.register(id=uuid7(), details=details, at=TEN), by=by_test())
    return log


def tamper(container: Container, tenant_id: UUID, statement: str) -> None:
    """Change rows with the superuser's rights."""
    with container.admin() as admin:
        admin.execute(statement.encode(), {"tenant": tenant_id})


class TestVerify:
    def test_an_untouched_log_is_whole(self, container: Container) -> None:
        log = log_of_five(container)

        assert container.app_log.verify(log.tenant_id) is None

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
            "hash = sha256('x')",
        ],
    )
    def test_names_the_event_that_was_altered(self, container: Container, change: str) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, f"update log.event set {change} where tenant_id = %(tenant)s and position = 3")

        assert container.app_log.verify(log.tenant_id) == BrokenLink(3, "altered")

    def test_names_the_first_event_that_is_missing(self, container: Container) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position = 2")

        assert container.app_log.verify(log.tenant_id) == BrokenLink(2, "missing")

    def test_detects_deleted_last_events(self, container: Container) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position >= 4")

        assert container.app_log.verify(log.tenant_id) == BrokenLink(4, "missing")

    def test_detects_a_head_reset_with_the_deleted_events(self, container: Container) -> None:
        log = log_of_five(container)

        tamper(container, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position = 5")
        tamper(container, log.tenant_id, "update log.tenant_head set position = 4 where tenant_id = %(tenant)s")

        assert container.app_log.verify(log.tenant_id) == BrokenLink(4, "head")

    def test_verifies_after_an_erasure_too(self, container: Container) -> None:
        log = container.practice()
        patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="Dana", family_name="L"), at=TEN)
        log.record(patient, by=by_test())

        container.keys.erase(log.tenant_id, patient.id)

        assert container.app_log.verify(log.tenant_id) is None
