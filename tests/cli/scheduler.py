"""`scheduler` as a person runs it: a process of its own, on a data folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from event_store.embedded import SUPERUSER, EmbeddedServer
from tests.support.wait_until import until

COMMAND = [sys.executable, "-m", "api.cli.main"]
ROOT = Path(__file__).resolve().parents[2]


class Scheduler:
    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SCHEDULER_", "PG"))}
        inherited.pop("DATABASE_URL", None)
        self.environment = inherited | {"SCHEDULER_DATA": str(data), "COLUMNS": "200"} | settings

    def run(
        self, *arguments: str | Path, expect: int = 0, answer: str = "", folder: Path = ROOT
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end in a working folder. Raises AssertionError: its exit code is not ``expect``."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            env=self.environment, cwd=folder, input=answer, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"{arguments} ended with {done.returncode}:\n{done.stderr}{done.stdout}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str | Path, expect: int = 0, folder: Path = ROOT) -> Any:
        return json.loads(self.run(*arguments, "--json", expect=expect, folder=folder).stdout)

    def start(self, *arguments: str | Path, output: Path) -> "subprocess.Popen[bytes]":
        """Start a command and leave it to the caller to end it."""
        with output.open("wb") as file:
            return subprocess.Popen(
                [*COMMAND, *map(str, arguments)], env=self.environment, cwd=ROOT, stdout=file, stderr=file
            )

    def kill_once(
        self, is_so: Callable[["psycopg.Connection[tuple[Any, ...]]"], bool], *arguments: str | Path, log: Path
    ) -> None:
        """Start a command and kill it as soon as something is so. Raises AssertionError: it ended before."""
        doomed = self.start(*arguments, output=log)
        with self.superuser() as connection:

            def is_time() -> bool:
                assert doomed.poll() is None, log.read_text()
                return is_so(connection)

            until(is_time, f"{arguments} comes so far", log.read_text)
            doomed.kill()
        doomed.wait()

    @contextmanager
    def superuser(self) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
        """A connection to the log's database that sees everything, in autocommit mode; the server is running."""
        server = EmbeddedServer(self.data)
        conninfo = server.address.conninfo("scheduler", SUPERUSER, server.superuser_password)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            yield connection

    def end(self) -> None:
        EmbeddedServer(self.data).stop()
