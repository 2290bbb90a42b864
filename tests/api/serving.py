"""The program behind the tests: the real composition, a real server on a free port, a projector beside it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.bootstrap.container import Container, open_container
from api.bootstrap.open_practice import Founded, found_practice
from api.bootstrap.settings import Settings
from api.bootstrap.workers import run_workers
from api.processes.http_server import KEEP_ALIVE_SECONDS
from tests.api.http.described import Described
from tests.support.container import Clock
from tests.support.wait_until import TIMEOUT_SECONDS, until

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
"""When the tests take place, unless they say otherwise: a Monday in spring, 10:00 in Berlin."""


class Lines(logging.Handler):
    """Keeps what the program logs, so that a test can look for what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class ComingAgain(httpx2.HTTPTransport):
    """Asks again where it is told when to: too much came at once, or a view is behind, and nothing was begun."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (answer := super().handle_request(request)).status_code == 503 and time.monotonic() < deadline:
            answer.read()
            time.sleep(float(answer.headers["Retry-After"]))
        return answer


@dataclass(frozen=True)
class Program:
    """A running program. ``clock`` is the tests' to set."""

    url: str
    app: FastAPI
    container: Container
    clock: Clock
    log: Lines
    described: Described
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self, key: str | None, *, comes_again: bool = True) -> httpx2.Client:
        """Return a client that holds a key, or none; it is closed with the program.

        ``comes_again``: where it is told 503 it asks again, as the API wants it. How often that is says how fast the machine is.
        """
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        hooks = {"response": [self.described.check]}
        transport = ComingAgain() if comes_again else None
        client = httpx2.Client(
            base_url=self.url, headers=headers, timeout=TIMEOUT_SECONDS, event_hooks=hooks, transport=transport
        )
        self.clients.append(client)
        return client

    def practice(self, zone: str = "Europe/Berlin", currency: str = "EUR", locale: str = "de-DE") -> Founded:
        return found_practice(self.container, "Studio", zone, currency, locale)

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """Let the block take place at another time."""
        before, self.clock.frozen = self.clock.frozen, now
        try:
            yield
        finally:
            self.clock.frozen = before


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application over HTTP; yield its address."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, access_log=False, timeout_keep_alive=KEEP_ALIVE_SECONDS
        )
    )
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), "the server is started")
        assert server.started
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running_program(folder: Path) -> Iterator[Program]:
    """Start everything in a folder, with the clock at NOW, and stop it at the end."""
    lines, stop = Lines(), threading.Event()
    logging.getLogger().addHandler(lines)
    clock = Clock(NOW)
    with open_container(Settings.model_validate({"data": folder, "webhooks_local": True}), clock=clock) as container:
        projector = threading.Thread(target=container.read_models.run, args=(stop,), name="projector")
        projector.start()
        worker = threading.Thread(target=run_workers, args=(container, stop), name="worker")
        worker.start()
        try:
            app = create_app(container)
            with serving(app) as url:
                program = Program(url, app, container, clock, lines, Described(app))
                yield program
                for client in program.clients:
                    client.close()
        finally:
            stop.set()
            projector.join()
            worker.join()
            logging.getLogger().removeHandler(lines)
