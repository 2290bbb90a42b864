"""An append is atomic, ordered, and written once."""

import threading
from datetime import timedelta
from typing import cast

import psycopg
import pytest
from uuid_utils.compat import uuid7

from application.kernel.errors import StaleVersionError
from application.kernel.practice_log import PracticeLog
from domain.kernel.provenance import CommandRepeatedError
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import FreeTimeGuard, TimeRelease
from event_store.append.append_batcher import Append
from event_store.append.append_rows import encode_append
from event_store.append.event_mapper import MappedEvent
from event_store.errors import UnknownPracticeError
from tests.event_store.append.appointments import TEN, appointment, book
from tests.support.concurrency import run_concurrently
from tests.support.container import Container, by_test
from tests.support.wait_until import TIMEOUT_SECONDS


def claims_in(container: Container, log: PracticeLog) -> int:
    with container.app_transaction(log.tenant_id) as cursor:
        row = cursor.execute("select count(*) from log.time_claim").fetchone()
    assert row is not None
    return int(row[0])


class TestAppend:
    def test_numbers_a_practices_events_without_gaps(self, container: Container) -> None:
        log = container.practice()

        positions = [book(log, appointment(uuid7())) for _ in range(3)]

        assert positions == [2, 3, 4]

    def test_numbers_each_practice_separately(self, container: Container) -> None:
        one, other = container.practice(), container.practice()

        assert (book(one, appointment(uuid7())), book(other, appointment(uuid7()))) == (2, 2)

    def test_refuses_a_version_that_was_written_before(self, container: Container) -> None:
        log = container.practice()
        visit = appointment(uuid7())
        book(log, visit)
        first, second = log.load(Appointment, visit.id), log.load(Appointment, visit.id)
        first.check_in(TEN)
        second.check_in(TEN)
        log.record(first, by=by_test())

        with pytest.raises(StaleVersionError):
            log.record(second, by=by_test())

        assert log.reader.position() == 3

    def test_refuses_a_command_that_was_recorded_before(self, container: Container) -> None:
        log = container.practice()
        by = by_test()
        log.record(appointment(uuid7()), by=by)

        with pytest.raises(CommandRepeatedError):
            log.record(appointment(uuid7()), by=by)

        assert log.reader.position() == 2

    def test_writes_a_repeated_command_once_when_both_come_at_the_same_time(self, container: Container) -> None:
        log = container.practice()
        by = by_test()

        results = run_concurrently(8, lambda _: log.record(appointment(uuid7()), by=by))

        assert sorted(str(type(result).__name__) for result in results) == ["CommandRepeatedError"] * 7 + ["int"]
        assert log.reader.position() == 2


class TestClaims:
    def test_refuses_a_visit_that_overlaps_by_a_minute(self, container: Container) -> None:
        log = container.practice()
        maya = uuid7()
        book(log, appointment(maya))

        with pytest.raises(TimeTakenError):
            book(log, appointment(maya, TEN + timedelta(minutes=59)))

        assert log.reader.position() == 2

    def test_allows_a_visit_that_touches(self, container: Container) -> None:
        log = container.practice()
        maya = uuid7()
        book(log, appointment(maya))

        assert book(log, appointment(maya, TEN + timedelta(minutes=60))) == 3

    def test_a_taken_room_rolls_back_the_other_claims(self, container: Container) -> None:
        log = container.practice()
        room = uuid7()
        book(log, appointment(uuid7(), rooms=(room,)))

        with pytest.raises(TimeTakenError):
            book(log, appointment(uuid7(), rooms=(room,)))

        assert claims_in(container, log) == 3

    def test_the_same_clinician_of_another_practice_is_another_clinician(self, container: Container) -> None:
        one, other = container.practice(), container.practice()
        maya = uuid7()

        assert (book(one, appointment(maya)), book(other, appointment(maya))) == (2, 2)

    def test_one_of_fifty_at_the_same_instant_wins(self, container: Container) -> None:
        log = container.practice()
        maya = uuid7()

        results = run_concurrently(50, lambda _: book(log, appointment(maya)))

        assert results.count(2) == 1
        assert sum(isinstance(result, TimeTakenError) for result in results) == 49
        assert claims_in(container, log) == 2

    def test_a_release_of_one_subject_keeps_the_others(self, container: Container) -> None:
        log = container.practice()
        maya, noa = uuid7(), uuid7()
        visit = appointment(maya, rooms=(uuid7(),))
        book(log, visit)
        visit.reassign(noa, visit.location_id, visit.resource_ids, TEN - timedelta(days=1))
        moved = [claim for claim in visit.claims() if claim.what == noa]

        log.record(visit, by=by_test(), guards=[TimeRelease(visit.id, maya), *moved])

        assert claims_in(container, log) == 3
        book(log, appointment(maya))
        with pytest.raises(TimeTakenError):
            book(log, appointment(uuid7(), rooms=tuple(visit.resource_ids)))

    def test_a_subject_that_must_be_free_is_checked_with_the_append(self, container: Container) -> None:
        log = container.practice()
        first, second = appointment(uuid7()), appointment(uuid7())
        book(log, first)
        guard = FreeTimeGuard(first.patient_id, second.during)

        with pytest.raises(TimeTakenError):
            log.record(second, by=by_test(), guards=[*second.claims(), guard])

        third = appointment(uuid7())
        assert log.record(third, by=by_test(), guards=[TimeRelease(first.id), *third.claims(), guard]) == 3

    def test_the_constraint_refuses_what_the_check_does_not_see(self, container: Container) -> None:
        log = container.practice()
        maya = uuid7()
        book(log, appointment(maya))

        with container.admin() as admin, pytest.raises(psycopg.errors.ExclusionViolation):
            admin.execute(
                "insert into log.time_claim (tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at)"
                " values (%s, %s, %s, %s, %s, %s, %s)",
                (log.tenant_id, uuid7(), maya, *[TEN, TEN + timedelta(minutes=5)] * 2),
            )

    def test_beside_others_may_overlap_and_block_later_ones(self, container: Container) -> None:
        log = container.practice()
        maya = uuid7()
        book(log, appointment(maya))
        beside = appointment(maya, TEN + timedelta(minutes=30))

        log.record(beside, by=by_test(), guards=[claim._replace(beside=True) for claim in beside.claims()])

        with pytest.raises(TimeTakenError):
            book(log, appointment(maya, TEN + timedelta(hours=1)))
        assert book(log, appointment(maya, TEN + timedelta(minutes=90))) == 4
        assert [claim.beside for claim in log.reader.read_booking_context([maya], beside.during).claims] == [
            False,
            True,
        ]

    @pytest.mark.parametrize("hours", [0, -1, 41])
    def test_of_no_time_or_beyond_forty_hours_are_refused(self, container: Container, hours: int) -> None:
        log = container.practice()
        visit = appointment(uuid7())
        claim = visit.claims()[0]
        object.__setattr__(claim.during, "ends_at", claim.during.starts_at + timedelta(hours=hours))

        with pytest.raises(psycopg.errors.NotNullViolation):
            log.record(visit, by=by_test(), guards=[claim])

        assert claims_in(container, log) == 0
        assert log.reader.position() == 1

    def test_are_released_and_taken_in_one_append(self, container: Container) -> None:
        log = container.practice()
        maya = uuid7()
        moved = appointment(maya)
        book(log, moved)
        later = TEN + timedelta(minutes=30)
        moved.reschedule(TimeRange(later, later + timedelta(minutes=50)), (), at=TEN - timedelta(days=1))

        log.record(moved, by=by_test(), guards=[TimeRelease(moved.id), *moved.claims()])

        assert book(log, appointment(maya, TEN - timedelta(minutes=30))) == 4


class TestBatching:
    def test_many_practices_at_once_lose_and_duplicate_nothing(self, container: Container) -> None:
        logs = [container.practice() for _ in range(20)]

        results = run_concurrently(
            16, lambda number: [book(log, appointment(uuid7())) for log in logs[number % 4 :: 4] * 3]
        )

        assert all(isinstance(result, list) for result in results)
        assert [log.reader.position() for log in logs] == [1 + 4 * 3] * 20

    def test_a_refused_append_does_not_affect_the_others_of_its_batch(self, container: Container) -> None:
        logs = [container.practice() for _ in range(8)]
        maya = uuid7()
        book(logs[0], appointment(maya))

        results = run_concurrently(8, lambda number: book(logs[number], appointment(maya)))

        assert isinstance(results[0], TimeTakenError)
        assert results[1:] == [2] * 7

    def test_waits_for_a_head_that_another_program_locks(
        self, container: Container, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("event_store.append.append_batcher.TIMEOUT_SECONDS", TIMEOUT_SECONDS)
        log = container.practice()
        done = threading.Event()
        positions: list[int] = []

        def append() -> None:
            positions.append(book(log, appointment(uuid7())))
            done.set()

        with container.admin() as admin, admin.transaction():
            admin.execute("select from log.tenant_head where tenant_id = %s for update", (log.tenant_id,))
            thread = threading.Thread(target=append)
            thread.start()
            assert not done.wait(0.2)
        thread.join(TIMEOUT_SECONDS)

        assert positions == [2]

    def test_replaces_a_closed_connection_and_duplicates_nothing(self, container: Container) -> None:
        log = container.practice()
        book(log, appointment(uuid7()))
        with container.admin() as admin:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'scheduler_app'")

        assert book(log, appointment(uuid7())) == 3

    def test_a_command_recorded_for_another_stream_is_not_mistaken_for_a_lost_answer(
        self, container: Container
    ) -> None:
        log = container.practice()
        by = by_test()
        log.record(appointment(uuid7()), by=by)
        [event] = appointment(uuid7()).collect_events()
        stored = cast(MappedEvent, log.mapper.to_stored_event(event))
        rows = encode_append(log.tenant_id, [stored], by, TEN)
        lost = Append(log.tenant_id, by.command_id, event.originator_id, rows, outcome="failed")

        container.store.append_batcher._send_alone(lost)

        assert lost.outcome == "repeated"

    def test_an_unknown_practice_is_refused(self, container: Container) -> None:
        [event] = appointment(uuid7()).collect_events()
        stored = cast(MappedEvent, container.practice().mapper.to_stored_event(event))
        unknown = uuid7()
        rows = encode_append(unknown, [stored], by_test(), TEN)

        with pytest.raises(UnknownPracticeError):
            container.store.append_batcher.append(Append(unknown, uuid7(), event.originator_id, rows))
