"""kill -9, at any moment, of the program, of a projector in mid-batch, of the database, or of all at once.

Whatever is killed, each acknowledged event is there exactly once, nothing is doubled, no time is sold twice, the chain is valid,
the next start is clean and the read models become the fold of the log.

SCHEDULER_KILL_ROUNDS asks for more rounds, SCHEDULER_KILL_SEED for those of an earlier run; what the machine does between two
instructions is no seed's to repeat.
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
from tests.e2e import verdict
from tests.e2e.clients import Ledger, answered
from tests.e2e.program import Program, program_in
from tests.e2e.studios import Caller, open_studio
from tests.support.container import open_container
from tests.support.wait_until import TIMEOUT_SECONDS, until

ROUNDS = int(os.environ.get("SCHEDULER_KILL_ROUNDS", "20"))
SEED = int(os.environ.get("SCHEDULER_KILL_SEED") or SystemRandom().randrange(10**9))
NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
CLIENTS = 8
STUDIOS = 3


class Killer:
    """Kills parts of the program. ``in_mid_batch`` counts projectors that died with rows written and not yet committed."""

    def __init__(self, program: Program, chance: Random) -> None:
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
        """A projector, while its transaction is open: the first one for certain, the others if that can be had in time."""
        deadline = time.monotonic() + (5 if self.in_mid_batch else TIMEOUT_SECONDS)
        until(lambda: self._program.projector() is not None, "a projector runs")
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
        """The postmaster; the running program brings the database back, at once or after a while."""
        with FileLock(self._program.data / "server.lock").exclusively(TIMEOUT_SECONDS):
            killed = self._kill_postmaster()
            time.sleep(self._chance.choice((0, 0.5, 3)))
        until(
            lambda: self._program.postmaster() not in (None, killed), "the database is back", self._program.last_words
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
        # A projector whose program was killed may have stopped the database as the last of its users.
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


@pytest.mark.timeout(300 + 30 * ROUNDS)
def test_no_kill_loses_or_doubles_what_was_acknowledged(tmp_path: Path) -> None:
    print(f"SCHEDULER_KILL_SEED={SEED} SCHEDULER_KILL_ROUNDS={ROUNDS}")  # noqa: T201  shown when it fails, and with -s
    chance = Random(SEED)
    with program_in(tmp_path, NOW) as program:
        studios = [open_studio(program, f"Studio {number}") for number in range(STUDIOS)]
        ledger = Ledger(program.port, studios, NOW)
        killer = Killer(program, chance)
        victims = [killer.program, killer.projector, killer.database, killer.everything]
        killed: Counter[str] = Counter()
        for number in range(ROUNDS):
            victim = victims[number] if number < len(victims) else chance.choice(victims)
            try:
                one_round(program, ledger, victim, chance)
            except BaseException as fault:
                fault.add_note(
                    f"round {number}, after killing the {victim.__name__}; seed {SEED}\n{program.last_words()}"
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


def one_round(program: Program, ledger: Ledger, kill: Callable[[], None], chance: Random) -> None:
    with ledger.clients(CLIENTS, chance):
        time.sleep(chance.uniform(0.1, 0.8))
        kill()
        program.wait_until_ready()
        time.sleep(0.1)
    until(lambda: not behind(program), "the read models have caught up", lambda: str(behind(program)))
    check(program, ledger)
    check_repeats(ledger, chance)


def behind(program: Program) -> list[tuple[object, ...]]:
    """Return what is not projected yet: practice, view, head, position, and the error that stopped it if one did."""
    with program.superuser() as connection:
        return connection.execute(
            "select h.tenant_id, m.name, h.position, c.position, c.error"
            " from log.tenant_head h cross join unnest(%s::text[]) as m (name)"
            " left join projection.cursor c on c.tenant_id = h.tenant_id and c.projector = m.name"
            " where c.position is distinct from h.position or c.error is not null",
            ([model.name for model in READ_MODELS],),
        ).fetchall()


def check(program: Program, ledger: Ledger) -> None:
    with open_container(program.database) as container:
        for studio in ledger.studios:
            events = verdict.log_of(container, studio)
            verdict.check_acknowledged(events, studio, ledger.carried_out(studio))
            visits = verdict.fold(events)
            verdict.check_no_overlap(visits)
            verdict.check_claims(container, studio, visits)
            verdict.check_views(container, studio, events, visits)
            assert container.app_log.verify(studio.id) is None, "the chain is broken"


def check_repeats(ledger: Ledger, chance: Random) -> None:
    """An acknowledged command that is sent again is answered as it was; the next round finds whether it left a second event."""
    for studio in ledger.studios:
        carried_out = ledger.carried_out(studio)
        with closing(Caller(ledger.port, studio.api_key)) as caller:
            for command in chance.sample(carried_out, min(3, len(carried_out))):
                assert command.answer is not None
                assert answered(caller, command).body == command.answer.body
