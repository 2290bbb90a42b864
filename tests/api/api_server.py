"""The API served in this process: the real wiring, a real HTTP server, projector and workers."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import httpx2
from fastapi import FastAPI

from api.app import create_app
from api.bootstrap.container import Container, open_container
from api.bootstrap.open_practice import NewPractice, create_practice
from api.bootstrap.settings import Settings
from api.bootstrap.workers import run_workers
from api.http.metrics import Metrics
from api.http.server import HttpServer
from api.http.server_protocol import Connections
from tests.api.http.documented_responses import DocumentedResponses
from tests.support.container import SettableClock
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
"""When the tests take place, unless they say otherwise: a Monday in spring, 10:00 in Berlin."""


class LogRecorder(logging.Handler):
    """Keeps what the program logs, so that a test can look for what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class RetryingTransport(httpx2.HTTPTransport):
    """Repeats a request after a 503: the server is overloaded or a view is behind."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (answer := super().handle_request(request)).status_code == 503 and time.monotonic() < deadline:
            answer.read()
            time.sleep(float(answer.headers["Retry-After"]))
        return answer


@dataclass(frozen=True)
class ApiServer:
    """A running program. ``clock`` is the tests' to set."""

    url: str
    app: FastAPI
    container: Container
    clock: SettableClock
    log: LogRecorder
    described: DocumentedResponses
    metrics: Metrics
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self, key: str | None, *, retries_on_503: bool = True) -> httpx2.Client:
        """Return a client with a key, or without one; it is closed with the server.

        ``retries_on_503``: repeat the request after a 503, as the API documents. How often that
        happens depends on the machine.
        """
        # Each client has an address of its own, as if behind a proxy: its requests without a valid
        # key have a budget of their own.
        headers = {"X-Forwarded-For": str(ip_address("10.0.0.0") + len(self.clients))}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        hooks = {"response": [self.described.check]}
        transport = RetryingTransport() if retries_on_503 else None
        client = httpx2.Client(
            base_url=self.url, headers=headers, timeout=TIMEOUT_SECONDS, event_hooks=hooks, transport=transport
        )
        self.clients.append(client)
        return client

    def open_practice(self, zone: str = "Europe/Berlin", currency: str = "EUR", locale: str = "de-DE") -> NewPractice:
        return create_practice(self.container, "Studio", zone, currency, locale)

    @contextmanager
    def at_time(self, now: datetime) -> Iterator[None]:
        """Let the block take place at another time."""
        before, self.clock.fixed_time = self.clock.fixed_time, now
        try:
            yield
        finally:
            self.clock.fixed_time = before


@contextmanager
def served_app(app: FastAPI, connections: Connections | None = None) -> Iterator[str]:
    """Serve an application over HTTP; yield its address."""
    is_started = threading.Event()
    server = HttpServer(app, is_started.set, trusted_proxies="127.0.0.1", connections=connections)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="server")
        thread.start()
        try:
            wait_until(lambda: is_started.is_set() or not thread.is_alive(), "the server is started")
            assert is_started.is_set()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def running_api_server(folder: Path) -> Iterator[ApiServer]:
    """Start everything in a folder, with the clock at NOW, and stop it at the end."""
    lines, stop = LogRecorder(), threading.Event()
    logging.getLogger().addHandler(lines)
    clock = SettableClock(NOW)
    with open_container(Settings.model_validate({"data": folder, "webhooks_local": True}), clock=clock) as container:
        projector = threading.Thread(target=container.read_models.run, args=(stop,), name="projector")
        projector.start()
        worker = threading.Thread(target=run_workers, args=(container, stop), name="worker")
        worker.start()
        try:
            metrics = Metrics()
            app = create_app(container, metrics)
            with served_app(app) as url:
                server = ApiServer(url, app, container, clock, lines, DocumentedResponses(app), metrics)
                yield server
                for client in server.clients:
                    client.close()
        finally:
            stop.set()
            projector.join()
            worker.join()
            logging.getLogger().removeHandler(lines)
