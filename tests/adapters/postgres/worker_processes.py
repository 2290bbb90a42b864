"""Background workers on the tests' database, in this process or in one of their own."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.postgres.delivery_store import send_webhooks
from event_store.keys.practice_secrets import PracticeSecrets
from tests.support.container import Container
from tests.support.jobs import run_worker
from tests.support.seeded_practice import NOW, fixed_clock
from tests.support.wait_until import TIMEOUT_SECONDS

AFTER_GRACE = fixed_clock(NOW + timedelta(minutes=5))
SHORT_LEASE_SECONDS = 2.0
"""A worker started after a kill waits at most this long for the lease."""

JOB_LEASE_SECONDS = 1.5

_SCRIPT = """
import sys, threading
from pathlib import Path
from tests.adapters.postgres import worker_processes
from tests.support.container import open_container
from tests.support.database import Database

run, conninfo, key_file = sys.argv[1:]
with open_container(Database(conninfo, Path(key_file))) as container:
    getattr(worker_processes, run)(container, threading.Event())
"""


def run_webhook_worker(container: Container, stop: threading.Event, lease_seconds: float = SHORT_LEASE_SECONDS) -> None:
    conninfo = container.database.conninfo("scheduler_worker")
    secrets = PracticeSecrets(container.keys)
    http = PinnedOutboundHttp(Policy(is_local=True), seconds=TIMEOUT_SECONDS)
    send_webhooks(conninfo, container.logs, container.clock, secrets, http, stop, lease_seconds=lease_seconds)


def run_job_worker(container: Container, stop: threading.Event) -> None:
    """Carry out jobs with a clock after the grace period of a cancellation."""
    run_worker(container, AFTER_GRACE, stop, lease_seconds=JOB_LEASE_SECONDS)


def start_worker(container: Container, run: Callable[[Container, threading.Event], None]) -> "subprocess.Popen[bytes]":
    """Run one of this module's functions in a process of its own until it is killed."""
    database = container.database
    arguments = [run.__name__, database.server_conninfo, str(database.key_file)]
    return subprocess.Popen([sys.executable, "-c", _SCRIPT, *arguments])
