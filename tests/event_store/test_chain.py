"""Tampering with a log shows, wherever it is done."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.practice_log import PracticeLog
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from event_store.chain import BrokenLink
from tests.event_store.test_append import TEN, appointment, book
from tests.support.world import World, by_test


def log_of_five(world: World) -> PracticeLog:
    log = world.practice()
    for _ in range(3):
        book(log, appointment(uuid7()))
    details = PatientDetails(given_name="דנה", family_name="לוי")
    log.record(Patient.register(id=uuid7(), details=details, at=TEN), by=by_test())
    return log


def tamper(world: World, tenant_id: UUID, statement: str) -> None:
    """Change rows as an intruder with the superuser's rights would."""
    with world.admin() as admin:
        admin.execute(statement.encode(), {"tenant": tenant_id})


class TestVerify:
    def test_an_untouched_log_is_whole(self, world: World) -> None:
        log = log_of_five(world)

        assert world.app_log.verify(log.tenant_id) is None

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
    def test_names_the_event_that_was_altered(self, world: World, change: str) -> None:
        log = log_of_five(world)

        tamper(world, log.tenant_id, f"update log.event set {change} where tenant_id = %(tenant)s and position = 3")

        assert world.app_log.verify(log.tenant_id) == BrokenLink(3, "altered")

    def test_names_the_first_event_that_is_missing(self, world: World) -> None:
        log = log_of_five(world)

        tamper(world, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position = 2")

        assert world.app_log.verify(log.tenant_id) == BrokenLink(2, "missing")

    def test_notices_a_tail_that_was_cut_off(self, world: World) -> None:
        log = log_of_five(world)

        tamper(world, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position >= 4")

        assert world.app_log.verify(log.tenant_id) == BrokenLink(4, "missing")

    def test_notices_a_head_that_was_set_back_with_the_tail(self, world: World) -> None:
        log = log_of_five(world)

        tamper(world, log.tenant_id, "delete from log.event where tenant_id = %(tenant)s and position = 5")
        tamper(world, log.tenant_id, "update log.tenant_head set position = 4 where tenant_id = %(tenant)s")

        assert world.app_log.verify(log.tenant_id) == BrokenLink(4, "head")

    def test_verifies_after_an_erasure_too(self, world: World) -> None:
        log = world.practice()
        patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="Dana", family_name="L"), at=TEN)
        log.record(patient, by=by_test())

        world.keys.erase(log.tenant_id, patient.id)

        assert world.app_log.verify(log.tenant_id) is None
