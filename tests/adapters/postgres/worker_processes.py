"""Background workers on the tests' database, in this process or in one of their own."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.postgres.webhook_worker import WebhookWorker
from event_store.keys.practice_secrets import PracticeSecrets
from tests.support.container import Container
from tests.support.jobs import run_worker
from tests.support.seeded_practice import NOW, fixed_clock
from tests.support.wait_until import TIMEOUT_SECONDS

AFTER_GRACE = fixed_clock(NOW + timedelta(minutes=5))
SHORT_LEASE_SECONDS = 2.0
"""A worker that is started after a kill waits no longer than this for the lease."""

JOB_LEASE_SECONDS = 1.5

_SCRIPT = """
import sys, threading
from pathlib import Path
from tests.adapters.postgres import worker_processes
from tests.support.container import open_container
from tests.support.database import Database

build, conninfo, key_file = sys.argv[1:]
with open_container(Database(conninfo, Path(key_file))) as container:
    getattr(worker_processes, build)(container).run(threading.Event())
"""


def webhook_worker(container: Container, lease_seconds: float = SHORT_LEASE_SECONDS) -> WebhookWorker:
    conninfo = container.database.conninfo("scheduler_worker")
    secrets = PracticeSecrets(container.keys)
    http = PinnedOutboundHttp(Policy(is_local=True), seconds=TIMEOUT_SECONDS)
    return WebhookWorker(conninfo, container.logs, container.clock, secrets, http, lease_seconds)


class JobWorkerAfterGrace:
    """Carries out jobs with a clock after the grace period of a cancellation."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def run(self, stop: threading.Event) -> None:
        run_worker(self._container, AFTER_GRACE, stop, lease_seconds=JOB_LEASE_SECONDS)


def start_worker(container: Container, build: Callable[[Container], object]) -> "subprocess.Popen[bytes]":
    """Run one of this module's workers in a process of its own until it is killed."""
    database = container.database
    arguments = [build.__name__, database.server_conninfo, str(database.key_file)]
    return subprocess.Popen([sys.executable, "-c", _SCRIPT, *arguments])
