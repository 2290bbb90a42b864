"""Time claims are compared with those that the log gives."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.scheduling.time_claim import TimeRelease
from event_store.read.claim_comparison import HOLDERS
from event_store.topics import AGGREGATES
from tests.event_store.append.appointments import TEN, appointment, book
from tests.support.container import Container, by_test


def differing(container: Container, log: PracticeLog) -> tuple[int, int]:
    return container.log_verifier.differing_claims(log.tenant_id, TEN)


class TestClaimComparison:
    def test_finds_nothing_in_what_appends_wrote(self, container: Container) -> None:
        log = container.practice()
        visits = [appointment(uuid7(), rooms=(uuid7(),)) for _ in range(3)]
        for visit in visits:
            book(log, visit)
        visits[0].cancel("ill", TEN - timedelta(days=1))
        log.record(visits[0], by=by_test(), guards=[TimeRelease(visits[0].id)])

        assert differing(container, log) == (0, 0)

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ("delete from log.time_claim where {of_one}", (0, 1)),
            ("update log.time_claim set ends_at = ends_at + interval '1 minute' where {of_one}", (1, 1)),
            ("update log.time_claim set beside = true where {of_one}", (1, 1)),
            ("update log.time_claim set holder_id = gen_random_uuid() where {of_one}", (1, 1)),
        ],
    )
    def test_counts_claims_that_were_changed(
        self, container: Container, change: str, expected: tuple[int, int]
    ) -> None:
        log = container.practice()
        clinician = uuid7()
        book(log, appointment(clinician, rooms=(uuid7(),)))
        with container.admin() as admin:
            admin.execute(change.format(of_one=f"what = '{clinician}'").encode())

        assert differing(container, log) == expected

    def test_ignores_what_has_expired(self, container: Container) -> None:
        log = container.practice()
        clinician = uuid7()
        book(log, appointment(clinician))
        with container.admin() as admin:
            admin.execute(
                "insert into log.time_claim (tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at, expires_at)"
                " values (%(tenant)s, gen_random_uuid(), %(what)s, %(at)s, %(end)s, %(at)s, %(end)s, %(expires)s)",
                {
                    "tenant": log.tenant_id,
                    "what": clinician,
                    "at": TEN + timedelta(days=1),
                    "end": TEN + timedelta(days=1, hours=1),
                    "expires": TEN,
                },
            )

        assert differing(container, log) == (0, 0)

    def test_knows_all_aggregates_that_hold_claims(self) -> None:
        assert {kind for kind in AGGREGATES if hasattr(kind, "claims")} == set(HOLDERS)
