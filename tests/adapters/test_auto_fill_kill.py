"""A worker killed while it asks the wait list: each time that was given up is offered, and none twice."""

import signal
import subprocess
import sys
from datetime import timedelta
from threading import Event, Thread

from adapters.auto_fill_worker import AutoFillWorker
from adapters.waiting_lines import ReadWaitingLines
from application.scheduling.book_appointment import BookAppointment, BookAppointmentHandler
from application.scheduling.cancel_appointment import CancelAppointment, CancelAppointmentHandler
from application.waitlist.auto_fill import AutoFill
from application.waitlist.join_waitlist import JoinWaitlist, JoinWaitlistHandler
from domain.scheduling.opening import Opening
from domain.scheduling.wish import Wish
from projections.auto_fill.projector import AutoFillProjector
from tests.application.studio import MONDAY, NOW, FrozenClock, Studio, open_studio
from tests.support.patience import until
from tests.support.world import World, by_test

AFTER_GRACE = FrozenClock(NOW + timedelta(minutes=5))
KILLED_AT = (2, 5, 9)
"""So many openings there are when a worker is killed."""

PROGRAM = """
import sys, threading
from pathlib import Path
from tests.adapters.test_auto_fill_kill import worker_of
from tests.support.database import Database
from tests.support.world import open_world

conninfo, key_file = sys.argv[1:]
with open_world(Database(conninfo, Path(key_file))) as world:
    worker_of(world).run(threading.Event())
"""


def worker_of(world: World) -> AutoFillWorker:
    lines = ReadWaitingLines(world.app_transaction)
    auto_fill = AutoFill(world.logs, AFTER_GRACE, lines)
    return AutoFillWorker(world.database.conninfo("scheduler_worker"), auto_fill, AFTER_GRACE)


def started(world: World) -> subprocess.Popen[bytes]:
    database = world.database
    return subprocess.Popen([sys.executable, "-c", PROGRAM, database.server_conninfo, str(database.key_file)])


def given_up(world: World) -> tuple[Studio, int]:
    """Let three wait, and sixteen visits be booked and cancelled; return how many were."""
    studio = open_studio(world)
    clock, logs, id_ = FrozenClock(), world.logs, studio.tenant_id
    for patient in studio.patients:
        JoinWaitlistHandler(logs, clock)(id_, JoinWaitlist(patient, studio.talk, Wish(None)), by_test())
    visits = [
        BookAppointmentHandler(logs, clock)(
            id_,
            BookAppointment(studio.patients[0], studio.talk, clinician, MONDAY + timedelta(weeks=week, hours=hour)),
            by_test(),
        ).thing.id
        for clinician in studio.clinicians
        for week in range(2)
        for hour in range(4)
    ]
    for visit in visits:
        CancelAppointmentHandler(logs, clock)(id_, CancelAppointment(visit, "ill"), by_test())
    project(world, studio)
    return studio, len(visits)


def project(world: World, studio: Studio) -> None:
    world.runner(of=(*world.projectors(), AutoFillProjector())).catch_up(studio.tenant_id)


def opened(world: World, studio: Studio) -> int:
    with world.app_transaction(studio.tenant_id) as cursor:
        found = cursor.execute(
            "select count(*) from log.event where event_type = %s", (Opening.Opened.TOPIC,)
        ).fetchone()
    return int(found[0]) if found else 0


def until_opened(world: World, studio: Studio, number: int) -> None:
    until(lambda: opened(world, studio) >= number, f"{number} times are offered")


def is_all_done(world: World, studio: Studio) -> bool:
    """Tell whether no time that was given up is left to be dealt with."""
    with world.projector_transaction(studio.tenant_id) as cursor:
        left = cursor.execute("select count(*) from auto_fill.task where version > 0").fetchone()
    return left == (0,)


def assert_each_was_offered_once(world: World, studio: Studio, number: int) -> None:
    events = world.app_log.page(studio.tenant_id, 0, 10_000)
    openings = [event.stream_id for event in events if event.event_type == Opening.Opened.TOPIC]
    assert len(openings) == len(set(openings)) == number
    for opening in studio.log.load_all(Opening, openings).values():
        assert [len(each.offers) for each in opening.rounds] == [1]
    assert is_all_done(world, studio)


class TestAKilledWorker:
    def test_loses_no_time_and_offers_none_twice(self, world: World) -> None:
        studio, number = given_up(world)
        process = started(world)
        try:
            for openings in KILLED_AT:
                until_opened(world, studio, openings)
                process.send_signal(signal.SIGKILL)
                process.wait()
                process = started(world)
            until(lambda: is_all_done(world, studio), "each time is offered")
        finally:
            process.kill()
            process.wait()

        assert_each_was_offered_once(world, studio, number)


class TestTwoWorkers:
    def test_offer_each_time_once(self, world: World) -> None:
        studio, number = given_up(world)
        stop = Event()
        workers = [Thread(target=worker_of(world).run, args=(stop,)) for _ in range(2)]
        for worker in workers:
            worker.start()
        try:
            until(lambda: is_all_done(world, studio), "each time is offered")
        finally:
            stop.set()
            for worker in workers:
                worker.join()

        assert_each_was_offered_once(world, studio, number)
