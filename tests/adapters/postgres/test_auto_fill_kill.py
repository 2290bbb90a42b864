"""A worker killed during auto-fill: each freed time is offered exactly once."""

from datetime import timedelta
from threading import Event, Thread

from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.waitlist.jobs import OfferFreedTime
from application.waitlist.join_waitlist import JoinWaitlist
from domain.waitlist.opening import Opening
from domain.waitlist.preferences import WaitlistPreferences
from tests.adapters.postgres.worker_processes import run_job_worker, start_worker
from tests.support.commands import executor
from tests.support.container import Container, by_test
from tests.support.jobs import policies, stored_jobs
from tests.support.seeded_practice import MONDAY, SeededPractice, fixed_clock, seed_practice
from tests.support.wait_until import wait_until

KILLED_AT = (2, 5, 9)
"""So many openings there are when a worker is killed."""


def given_up(container: Container) -> tuple[SeededPractice, int]:
    """Let three wait, and sixteen visits be booked and cancelled; return how many were."""
    studio = seed_practice(container)
    clock, logs, id_ = fixed_clock(), container.logs, studio.tenant_id
    for patient in studio.patients:
        executor(logs, clock)(id_, JoinWaitlist(patient, studio.talk, WaitlistPreferences(None)), by_test())
    visits = [
        executor(logs, clock)(
            id_,
            BookAppointment(patient, studio.talk, clinician, MONDAY + timedelta(weeks=week, hours=hour)),
            by_test(),
        ).aggregate.id
        for patient, clinician in zip(studio.patients, studio.clinicians, strict=False)
        for week in range(2)
        for hour in range(4)
    ]
    for visit in visits:
        executor(logs, clock)(id_, CancelAppointment(visit, "ill"), by_test())
    project(container, studio)
    return studio, len(visits)


def project(container: Container, studio: SeededPractice) -> None:
    container.runner(of=(*container.projectors(), policies())).catch_up(studio.tenant_id)


def opened(container: Container, studio: SeededPractice) -> int:
    with container.app_transaction(studio.tenant_id) as cursor:
        found = cursor.execute(
            "select count(*) from log.event where event_type = %s", (Opening.Opened.TOPIC,)
        ).fetchone()
    return int(found[0]) if found else 0


def until_opened(container: Container, studio: SeededPractice, number: int) -> None:
    wait_until(lambda: opened(container, studio) >= number, f"{number} times are offered")


def is_all_done(container: Container, studio: SeededPractice) -> bool:
    """Tell whether no time that was given up is left to be dealt with."""
    return all(name != OfferFreedTime.NAME for name, _, _ in stored_jobs(container, studio.tenant_id))


def assert_each_was_offered_once(container: Container, studio: SeededPractice, number: int) -> None:
    events = container.app_log.page(studio.tenant_id, 0, 10_000)
    openings = [event.stream_id for event in events if event.event_type == Opening.Opened.TOPIC]
    assert len(openings) == len(set(openings)) == number
    for opening in studio.log.load_all(Opening, openings).values():
        assert [len(each.offers) for each in opening.rounds] == [1]
    assert is_all_done(container, studio)


class TestKilledWorker:
    def test_loses_no_time_and_offers_none_twice(self, container: Container) -> None:
        studio, number = given_up(container)
        process = start_worker(container, run_job_worker)
        try:
            for openings in KILLED_AT:
                until_opened(container, studio, openings)
                process.kill()
                process.wait()
                process = start_worker(container, run_job_worker)
            wait_until(lambda: is_all_done(container, studio), "each time is offered")
        finally:
            process.kill()
            process.wait()

        assert_each_was_offered_once(container, studio, number)


class TestTwoWorkers:
    def test_offer_each_time_once(self, container: Container) -> None:
        studio, number = given_up(container)
        stop = Event()
        workers = [Thread(target=run_job_worker, args=(container, stop)) for _ in range(2)]
        for worker in workers:
            worker.start()
        try:
            wait_until(lambda: is_all_done(container, studio), "each time is offered")
        finally:
            stop.set()
            for worker in workers:
                worker.join()

        assert_each_was_offered_once(container, studio, number)
