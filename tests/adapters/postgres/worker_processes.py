"""Background workers on the tests' database, in this process or in one of their own."""

import threading
from collections.abc import Callable
from datetime import timedelta

from adapters.http.addresses import Policy
from adapters.http.outbound_http import PinnedOutboundHttp
from adapters.postgres.delivery_store import send_webhooks
from event_store.keys.practice_secrets import PracticeSecrets
from tests.support.container import Container, open_container
from tests.support.database import Database
from tests.support.forked_process import ForkedProcess
from tests.support.jobs import run_worker
from tests.support.seeded_practice import NOW, fixed_clock
from tests.support.wait_until import TIMEOUT_SECONDS

AFTER_GRACE = fixed_clock(NOW + timedelta(minutes=5))
SHORT_LEASE_SECONDS = 2.0
"""A worker started after a kill waits at most this long for the lease."""

JOB_LEASE_SECONDS = 1.5


def run_webhook_worker(container: Container, stop: threading.Event, lease_seconds: float = SHORT_LEASE_SECONDS) -> None:
    conninfo = container.database.conninfo("scheduler_worker")
    secrets = PracticeSecrets(container.keys)
    http = PinnedOutboundHttp(Policy(is_local=True), seconds=TIMEOUT_SECONDS)
    send_webhooks(conninfo, container.logs, container.clock, secrets, http, stop, lease_seconds=lease_seconds)


def run_job_worker(container: Container, stop: threading.Event) -> None:
    """Carry out jobs with a clock after the grace period of a cancellation."""
    run_worker(container, AFTER_GRACE, stop, lease_seconds=JOB_LEASE_SECONDS)


def start_worker(container: Container, run: Callable[[Container, threading.Event], None]) -> ForkedProcess:
    """Run one of this module's functions in a process of its own until it is killed."""
    return ForkedProcess(_work, container.database, run)


def _work(database: Database, run: Callable[[Container, threading.Event], None]) -> None:
    with open_container(database) as container:
        run(container, threading.Event())
