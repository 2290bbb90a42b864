"""The `scheduler` command, run as a process of its own on a data folder of its own."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from api.cli.main import main
from event_store.embedded import SUPERUSER, EmbeddedServer
from event_store.embedded.processes import PidFile
from tests.support.database import Database
from tests.support.forked_process import ForkedProcess
from tests.support.paths import ROOT
from tests.support.wait_until import wait_until


@dataclass(frozen=True)
class Invocation:
    """What a shell would pass on to the program; output is appended to the files."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stdin: Path
    stdout: Path
    stderr: Path

    def run(self) -> None:
        """Turn this process into the command; ends with SystemExit."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        output = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        streams = [(self.stdin, os.O_RDONLY), (self.stdout, output), (self.stderr, output)]
        for number, (path, flags) in enumerate(streams):
            descriptor = os.open(path, flags)
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = os.fdopen(0)
        sys.argv = ["scheduler", *self.arguments]
        main()


class SchedulerCommand:
    """Runs `scheduler` with one data folder; settings of the calling process are not passed on."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SCHEDULER_", "PG"))}
        inherited.pop("DATABASE_URL", None)
        self.environment = inherited | {"SCHEDULER_DATA": str(data), "COLUMNS": "200"} | settings

    def run(
        self, *arguments: str | Path, expect: int = 0, stdin: str = "", folder: Path = ROOT
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end in a working folder.

        Raises AssertionError: the exit code is not ``expect``, or the command printed a traceback.
        """
        with tempfile.TemporaryDirectory() as streams:
            given, output, errors = (Path(streams, name) for name in ("stdin", "stdout", "stderr"))
            given.write_text(stdin)
            code = ForkedProcess(self._invocation(arguments, folder, given, output, errors).run).wait()
            done = subprocess.CompletedProcess(arguments, code, output.read_text(), errors.read_text())
        assert done.returncode == expect, f"{arguments} ended with {done.returncode}:\n{done.stderr}{done.stdout}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str | Path, expect: int = 0, folder: Path = ROOT) -> Any:
        """Run a command with ``--json`` and return the parsed output."""
        return json.loads(self.run(*arguments, "--json", expect=expect, folder=folder).stdout)

    def start(self, *arguments: str | Path, output: Path) -> ForkedProcess:
        """Start a command that appends its output to a file; the caller must end it."""
        output.touch()
        return ForkedProcess(self._invocation(arguments, ROOT, Path(os.devnull), output, output).run)

    def _invocation(
        self, arguments: Sequence[str | Path], folder: Path, stdin: Path, stdout: Path, stderr: Path
    ) -> Invocation:
        return Invocation([*map(str, arguments)], self.environment, folder, stdin, stdout, stderr)

    def kill_when(
        self,
        condition: Callable[["psycopg.Connection[tuple[Any, ...]]"], bool],
        *arguments: str | Path,
        log: Path,
    ) -> None:
        """Start a command and kill it as soon as the condition holds in the database.

        Raises AssertionError: the command ended before.
        """
        process = self.start(*arguments, output=log)
        with self.superuser() as connection:

            def holds() -> bool:
                assert process.poll() is None, log.read_text()
                return condition(connection)

            wait_until(holds, f"{arguments} reaches the condition", log.read_text)
            process.kill()
        process.wait()

    @property
    def database(self) -> Database:
        server = EmbeddedServer(self.data)
        conninfo = server.address.conninfo("postgres", SUPERUSER, server.superuser_password)
        return Database(conninfo, self.data / "secrets" / "master.key")

    @contextmanager
    def superuser(self) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
        """Connect to the running log database as superuser, in autocommit mode."""
        with psycopg.connect(self.database.conninfo(SUPERUSER), autocommit=True) as connection:
            yield connection

    @contextmanager
    def keys_superuser(self) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
        """Connect to the running key database as superuser, in autocommit mode."""
        with psycopg.connect(self.database.keys_admin_conninfo(), autocommit=True) as connection:
            yield connection

    def find_postmaster(self) -> psutil.Process | None:
        """Return the database server's main process, or None if it does not run."""
        pid_file = PidFile.read(self.data / "cluster")
        try:
            return None if pid_file is None else psutil.Process(pid_file.pid)
        except psutil.NoSuchProcess:
            return None

    def postmaster(self) -> psutil.Process:
        """Return the database server's main process. Raises AssertionError: it does not run."""
        process = self.find_postmaster()
        assert process is not None
        return process

    def stop_database(self) -> None:
        EmbeddedServer(self.data).stop()


def projectors_of(process: ForkedProcess) -> list[psutil.Process]:
    """Return the projector processes that a `scheduler serve` process has started."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        # A child that was just killed is still listed, without a command line.
        with suppress(psutil.Error):
            if "project" in child.cmdline():
                found.append(child)
    return found


def http_status(url: str, key: str = "") -> int:
    """Return the status of a GET request, or 0 if there is no answer."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  our own address
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
