"""`scheduler serve` in a new folder and on a free port."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from psycopg import Connection

from api.bootstrap.container import Container, open_container
from api.bootstrap.open_practice import NewPractice, create_practice
from api.bootstrap.settings import Settings
from bench.http_client import AdminClient
from event_store.embedded import EmbeddedServer

SCHEDULER: Final = [sys.executable, "-m", "api.cli.main"]
_READY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """``container`` accesses the same log; ``pid`` is the program's root process."""

    port: int
    pid: int
    container: Container

    def superuser(self) -> Connection[Any]:
        """Open an autocommit connection as superuser."""
        return superuser(self.container)

    def open_practice(self, name: str) -> tuple[NewPractice, AdminClient]:
        """Open a practice in Berlin and return it with its owner's client."""
        practice = create_practice(self.container, name, "Europe/Berlin", "EUR")
        return practice, AdminClient(self.port, practice.api_key)


@contextmanager
def running_server() -> Iterator[ServerProcess]:
    """Run the program until the block ends, then remove its data folder.

    Raises AssertionError: it was not ready in time.
    """
    folder = Path(tempfile.mkdtemp(prefix="scheduler-bench-"))
    port = _free_port()
    try:
        with open_container(Settings.model_validate({"SCHEDULER_DATA": str(folder)})) as container:
            process = subprocess.Popen([*SCHEDULER, "serve"], env=environment(folder, port), stdout=subprocess.DEVNULL)
            try:
                _wait_until_ready(process, port)
                yield ServerProcess(port, process.pid, container)
            finally:
                family = psutil.Process(process.pid).children(recursive=True)
                process.terminate()
                process.wait(30)
                psutil.wait_procs(family, 30)
    finally:
        EmbeddedServer(folder).stop()
        shutil.rmtree(folder)


def superuser(container: Container) -> Connection[Any]:
    """Open an autocommit connection as superuser."""
    return psycopg.connect(container.storage.server.admin_conninfo, autocommit=True)


def environment(folder: Path, port: int = 8000) -> dict[str, str]:
    """Return an environment with this data folder and without the caller's settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SCHEDULER_", "DATABASE_"))}
    root = str(Path(__file__).parent.parent)
    settings = {"SCHEDULER_DATA": str(folder), "SCHEDULER_PORT": str(port), "SCHEDULER_WEBHOOKS_LOCAL": "1"}
    return ours | settings | {"PYTHONPATH": root}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _is_ready(port):
        assert process.poll() is None, f"the program ended with {process.returncode}"
        assert time.monotonic() < deadline, "the program did not become ready"
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
