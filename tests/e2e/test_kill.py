"""kill -9 of the program, of a projector in mid-batch, of the database, or of all of them.

Afterwards each acknowledged event exists once, no time is sold twice, the chain is valid, the next
start is clean, and the read models match the log.

SCHEDULER_KILL_ROUNDS sets the number of rounds, of which one in twenty begins with an empty folder.
The others are spread over folders, since each round reads the whole log of its folder.
SCHEDULER_KILL_SEED repeats the random choices of an earlier run, but not its timing.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom

import psutil
import pytest

from event_store.embedded.locks import FileLock
from projections.read_models import READ_MODELS
from tests.e2e import log_checks
from tests.e2e.http_practice import ApiConnection, open_practice
from tests.e2e.scheduler_process import SchedulerProcess, running_scheduler
from tests.e2e.writing_clients import CommandLog, send_until_answered
from tests.support.container import open_container
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

ROUNDS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "20"))
FIRST_STARTS = max(1, ROUNDS // 20)
ROUNDS_PER_FOLDER = 20
FOLDERS = -(-(ROUNDS - FIRST_STARTS) // ROUNDS_PER_FOLDER)
SEED = int(os.environ.get("SCHEDULER_KILL_SEED") or SystemRandom().randrange(10**9))
NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
CLIENTS = 8
STUDIOS = 3


class ProcessKiller:
    """Kills processes. ``in_mid_batch`` counts projectors killed with uncommitted rows."""

    def __init__(self, program: SchedulerProcess, chance: Random) -> None:
        self._program = program
        self._chance = chance
        self.in_mid_batch = 0

    def program(self) -> None:
        """The program; now and then also its next start, half-way."""
        self._program.kill()
        if self._chance.random() < 0.4:
            self._program.start()
            time.sleep(self._chance.uniform(0.1, 1.5))
            self._program.kill()
        self._program.start()

    def projector(self) -> None:
        """Kill a projector, if possible in an open transaction; the first time always."""
        deadline = time.monotonic() + (5 if self.in_mid_batch else TIMEOUT_SECONDS)
        wait_until(lambda: self._program.projector() is not None, "a projector runs")
        process = self._program.projector()
        assert process is not None
        is_caught = False
        while not is_caught and time.monotonic() < deadline:
            time.sleep(self._chance.uniform(0, 0.02))
            process.suspend()
            is_caught = self._projector_has_written()
            if not is_caught:
                process.resume()
        self.in_mid_batch += is_caught
        process.kill()
        psutil.wait_procs([process], TIMEOUT_SECONDS)

    def database(self) -> None:
        """Kill the postmaster; the running program restarts the database."""
        with FileLock(self._program.data / "server.lock").exclusively(TIMEOUT_SECONDS):
            killed = self._kill_postmaster()
            time.sleep(self._chance.choice((0, 0.5, 3)))
        wait_until(
            lambda: self._program.postmaster() not in (None, killed), "the database is back", self._program.output_tail
        )

    def everything(self) -> None:
        """What runs, in any order, as an operating system short of memory would."""
        acts: list[Callable[[], object]] = [self._program.kill, self._kill_postmaster]
        self._chance.shuffle(acts)
        for act in acts:
            act()
        self._program.start()

    def _kill_postmaster(self) -> psutil.Process | None:
        process = self._program.postmaster()
        # A projector whose program was killed may have stopped the database as its last user.
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return process

    def _projector_has_written(self) -> bool:
        with self._program.superuser() as connection:
            row = connection.execute(
                "select count(*) from pg_stat_activity where usename = 'scheduler_projector' and backend_xid is not null"
            ).fetchone()
        return row is not None and row[0] != 0


@pytest.mark.timeout(300 + 30 * ROUNDS_PER_FOLDER)
@pytest.mark.parametrize("folder", range(FOLDERS))
def test_no_kill_loses_or_doubles_what_was_acknowledged(tmp_path: Path, folder: int) -> None:
    print(f"SCHEDULER_KILL_SEED={SEED} SCHEDULER_KILL_ROUNDS={ROUNDS}")  # noqa: T201  shown when it fails, and with -s
    chance, rounds = Random(SEED + folder), len(range(folder, ROUNDS - FIRST_STARTS, FOLDERS))
    with running_scheduler(tmp_path, NOW) as program:
        studios = [open_practice(program, f"Studio {number}") for number in range(STUDIOS)]
        ledger = CommandLog(program.port, studios, NOW)
        killer = ProcessKiller(program, chance)
        victims = [killer.program, killer.projector, killer.database, killer.everything]
        killed: Counter[str] = Counter()
        for number in range(rounds):
            victim = victims[number] if number < len(victims) else chance.choice(victims)
            try:
                run_round(program, ledger, victim, chance)
            except BaseException as fault:
                fault.add_note(
                    f"round {number}, after killing the {victim.__name__}; seed {SEED}\n{program.output_tail()}"
                )
                raise
            killed[victim.__name__] += 1
        program.stop()
    print(  # noqa: T201
        f"{dict(killed)}; {len(ledger.commands)} commands, {ledger.sent_again()} sent again,"
        f" {killer.in_mid_batch} projectors in mid-batch"
    )
    assert ledger.sent_again() > 0, "no kill hit a command under way"
    assert killer.in_mid_batch > 0, "no projector was hit in mid-batch"
    assert "Traceback" not in program.output.read_text()
    assert "PANIC" not in (program.data / "postgres.log").read_text()


@pytest.mark.timeout(300 + 60 * FIRST_STARTS)
def test_no_kill_of_a_first_start_prevents_the_next_one(tmp_path: Path) -> None:
    """The folder is empty, so the database is created, and the kill comes at any point of that."""
    print(f"SCHEDULER_KILL_SEED={SEED} SCHEDULER_KILL_ROUNDS={ROUNDS}")  # noqa: T201  as above
    chance = Random(SEED)
    for number in range(FIRST_STARTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        program = SchedulerProcess(folder, NOW)
        killer = ProcessKiller(program, chance)
        try:
            program.start()
            time.sleep(chance.uniform(0, 5))
            chance.choice([killer.program, killer.everything])()
            program.wait_until_ready()
            ledger = CommandLog(program.port, [open_practice(program, "Studio")], NOW)
            run_round(program, ledger, chance.choice([killer.program, killer.database, killer.everything]), chance)
            program.stop()
        except BaseException as fault:
            fault.add_note(f"round {number}; seed {SEED}\n{program.output_tail()}")
            raise
        finally:
            program.terminate()


def run_round(program: SchedulerProcess, ledger: CommandLog, kill: Callable[[], None], chance: Random) -> None:
    with ledger.clients(CLIENTS, chance):
        time.sleep(chance.uniform(0.1, 0.8))
        kill()
        program.wait_until_ready()
        time.sleep(0.1)
    wait_until(
        lambda: not pending_views(program), "the read models have caught up", lambda: str(pending_views(program))
    )
    check(program, ledger)
    check_repeats(ledger, chance)


def pending_views(program: SchedulerProcess) -> list[tuple[object, ...]]:
    """Return pending views: practice, view, head, position, and the error that stopped the view."""
    with program.superuser() as connection:
        return connection.execute(
            "select h.tenant_id, m.name, h.position, c.position, c.error"
            " from log.tenant_head h cross join unnest(%s::text[]) as m (name)"
            " left join projection.cursor c on c.tenant_id = h.tenant_id and c.projector = m.name"
            " where c.position is distinct from h.position or c.error is not null",
            ([model.name for model in READ_MODELS],),
        ).fetchall()


def check(program: SchedulerProcess, ledger: CommandLog) -> None:
    with open_container(program.database) as container:
        for studio in ledger.studios:
            events = log_checks.log_of(container, studio)
            log_checks.check_acknowledged(events, studio, ledger.carried_out(studio))
            visits = log_checks.fold(events)
            log_checks.check_no_overlap(visits)
            log_checks.check_claims(container, studio, visits)
            log_checks.check_views(container, studio, events, visits)
            assert container.log_verifier.verify(studio.id) is None, "the chain is broken"


def check_repeats(ledger: CommandLog, chance: Random) -> None:
    """Repeat acknowledged commands: the response is the same. The next round checks the events."""
    for studio in ledger.studios:
        carried_out = ledger.carried_out(studio)
        with closing(ApiConnection(ledger.port, studio.api_key)) as connection:
            for command in chance.sample(carried_out, min(3, len(carried_out))):
                assert command.answer is not None
                assert send_until_answered(connection, command).body == command.answer.body
