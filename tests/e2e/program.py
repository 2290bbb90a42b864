"""The program as a user runs it: `scheduler serve` on a data folder of its own, which a test may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import SystemRandom

import psutil
import psycopg

from event_store.embedded import SUPERUSER, EmbeddedServer
from event_store.embedded.processes import PidFile
from tests.support.database import Database
from tests.support.wait_until import TIMEOUT_SECONDS, until

SCHEDULER = [sys.executable, "-m", "api.cli.main"]
ROOT = Path(__file__).resolve().parents[2]


class Program:
    def __init__(self, folder: Path, now: datetime) -> None:
        """``now`` is where its clock stands still."""
        self.data = folder / "data"
        self.output = folder / "program.log"
        self.port = _free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SCHEDULER_", "PG"))}
        inherited.pop("DATABASE_URL", None)
        self._environment = inherited | {
            "SCHEDULER_DATA": str(self.data),
            "SCHEDULER_PORT": str(self.port),
            "SCHEDULER_NOW": now.isoformat(),
        }
        self._process: psutil.Popen | None = None

    def start(self) -> None:
        with self.output.open("ab") as output:
            self._process = psutil.Popen(
                [*SCHEDULER, "serve"],
                env=self._environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        until(self.is_ready, "the program is ready", self.last_words)

    def is_ready(self) -> bool:
        """Raises AssertionError: the program has ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"the program ended:\n{self.last_words()}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """SIGKILL to the process that was started; what it started itself must notice and end."""
        assert self._process is not None
        children = self._process.children(recursive=True)
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)
        _, alive = psutil.wait_procs(children, TIMEOUT_SECONDS)
        assert not alive, f"outlived the program that started them: {alive}"

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does. Raises AssertionError: it did not, or not cleanly."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(TIMEOUT_SECONDS) == 0, self.last_words()

    def projector(self) -> psutil.Process | None:
        """Return the process that keeps the read models up, if it runs at this moment."""
        assert self._process is not None
        for child in self._process.children(recursive=True):
            try:
                if "project" in child.cmdline():
                    return child
            except psutil.Error:
                continue
        return None

    def postmaster(self) -> psutil.Process | None:
        claim = PidFile.read(self.data / "cluster")
        try:
            return None if claim is None else psutil.Process(claim.pid)
        except psutil.NoSuchProcess:
            return None

    def command(self, *arguments: str) -> str:
        """Run a command of the program beside the running one and return what it says. Raises AssertionError: it failed."""
        done = subprocess.run(
            [*SCHEDULER, *arguments],
            env=self._environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        with self.output.open("a") as output:
            output.write(done.stderr)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr}{done.stdout}"
        return done.stdout

    @property
    def database(self) -> Database:
        server = EmbeddedServer(self.data)
        conninfo = server.address.conninfo("postgres", SUPERUSER, server.superuser_password)
        return Database(conninfo, self.data / "secrets" / "master.key")

    @contextmanager
    def superuser(self) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        """A connection to the log's database that sees everything, in autocommit mode."""
        with psycopg.connect(self.database.conninfo(SUPERUSER), autocommit=True) as connection:
            yield connection

    def last_words(self) -> str:
        return self.output.read_text(errors="replace")[-3000:]

    def end(self) -> None:
        """Leave nothing behind, whatever state the program is in."""
        if self._process is not None and self._process.is_running():
            self._process.terminate()
            _, alive = psutil.wait_procs([self._process], 20)
            for process in alive:
                process.kill()
        EmbeddedServer(self.data).stop()


@contextmanager
def program_in(folder: Path, now: datetime) -> Iterator[Program]:
    """Run the program until the block ends."""
    program = Program(folder, now)
    try:
        program.start()
        program.wait_until_ready()
        yield program
    finally:
        program.end()


def _free_port() -> int:
    """Return a port that stays ours while the program is down: connections of other tests take theirs from 32768 up, as Linux's
    ip_local_port_range has it.
    """
    while True:
        port = SystemRandom().randrange(20_000, 32_768)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
