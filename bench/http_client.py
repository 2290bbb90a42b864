"""A load client with little overhead: raw sockets, prepared requests, minimal HTTP/1.1."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, cast

import uvloop

_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class TimedResponse:
    """The status and the latency of one request."""

    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LoadResult:
    """All responses, the time from the first request to the last response, and CPU time used."""

    responses: Sequence[TimedResponse]
    seconds: float
    cpu_seconds: float

    def with_status(self, status: int) -> list[TimedResponse]:
        return [response for response in self.responses if response.status == status]


class Connection(asyncio.Protocol):
    """A keep-alive connection that sends one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[tuple[int, bytes]]
        self._received = bytearray()

    @classmethod
    async def open(cls, port: int) -> "Connection":
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Return the response's status and body. Raises ConnectionError: the server closed it."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_ends = self._received.find(_END_OF_HEAD)
        if head_ends < 0:
            return
        body_begins = head_ends + len(_END_OF_HEAD)
        body_ends = body_begins + _content_length(bytes(self._received[:body_begins]))
        if len(self._received) >= body_ends:
            answer = int(self._received[9:12]), bytes(self._received[body_begins:body_ends])
            del self._received[:body_ends]
            self._answer.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if hasattr(self, "_answer") and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed the connection"))

    def close(self) -> None:
        self._transport.close()


def request_bytes(method: str, path: str, key: str, body: object = None, **headers: str) -> bytes:
    """Return a complete request. Underscores in header names become hyphens."""
    content = b"" if body is None else json.dumps(body).encode()
    named = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


class LoadClient:
    """Sends load from another process, so that client and server share no interpreter."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def run(self, port: int, scripts: Sequence[Sequence[bytes]], seconds: float | None = None) -> LoadResult:
        """Send each script's requests in sequence on its own connection, for at most ``seconds``.

        Raises AssertionError: a script ended before that time.
        """
        return self._process.submit(_run_scripts, port, scripts, seconds).result()

    def run_at(
        self, port: int, requests: Sequence[bytes], instants: Sequence[float], clients: int = 16
    ) -> "Future[LoadResult]":
        """Send each request at its time, in seconds from now, over ``clients`` connections."""
        return self._process.submit(_run_scheduled, port, requests, instants, clients)

    def close(self) -> None:
        self._process.shutdown()


def _run_scripts(port: int, scripts: Sequence[Sequence[bytes]], seconds: float | None) -> LoadResult:
    return uvloop.run(_send_scripts(port, scripts, seconds))


def _run_scheduled(port: int, requests: Sequence[bytes], instants: Sequence[float], clients: int) -> LoadResult:
    return uvloop.run(_send_scheduled(port, requests, instants, clients))


async def _send_scripts(port: int, scripts: Sequence[Sequence[bytes]], seconds: float | None) -> LoadResult:
    connections = [await Connection.open(port) for _ in scripts]
    cpu = time.process_time()
    began = time.perf_counter()
    deadline = began + seconds if seconds is not None else None
    responses = await asyncio.gather(*map(_send_script, connections, scripts, [deadline] * len(scripts)))
    ended = time.perf_counter()
    _close(connections)
    return LoadResult([response for mine in responses for response in mine], ended - began, time.process_time() - cpu)


async def _send_script(connection: Connection, script: Sequence[bytes], deadline: float | None) -> list[TimedResponse]:
    responses: list[TimedResponse] = []
    began = time.perf_counter()
    for request in script:
        if deadline is not None and began >= deadline:
            return responses
        status, _ = await connection.send(request)
        ended = time.perf_counter()
        responses.append(TimedResponse(status, ended - began))
        began = ended
    assert deadline is None, "the script is too short for its time"
    return responses


async def _send_scheduled(port: int, requests: Sequence[bytes], instants: Sequence[float], clients: int) -> LoadResult:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    connections = [await Connection.open(port) for _ in range(clients)]
    for connection in connections:
        free.put_nowait(connection)
    responses: list[TimedResponse] = []

    async def one(request: bytes, due: float) -> None:
        connection = await free.get()
        status, _ = await connection.send(request)
        responses.append(TimedResponse(status, time.perf_counter() - due))
        free.put_nowait(connection)

    cpu = time.process_time()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for request, instant in zip(requests, instants, strict=True):
            due = began + instant
            await asyncio.sleep(due - time.perf_counter())
            tasks.create_task(one(request, due))
    ended = time.perf_counter()
    _close(connections)
    return LoadResult(responses, ended - began, time.process_time() - cpu)


def _close(connections: Iterable[Connection]) -> None:
    for connection in connections:
        connection.close()


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    assert at >= 0, "an answer without a length"
    return int(head[at + 15 : head.index(b"\r\n", at)])


class AdminClient:
    """A client that sets up a practice: one request at a time, JSON responses."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Return the response's JSON. Raises AssertionError: the status is not 2xx."""
        return asyncio.run(self._send(request_bytes(method, path, self._key, body)))

    def send_all(self, method: str, path: str, bodies: Iterable[object]) -> list[Any]:
        """Send one request for each body over one connection."""
        return asyncio.run(self._send_all([request_bytes(method, path, self._key, body) for body in bodies]))

    async def _send(self, request: bytes) -> Any:
        return (await self._send_all([request]))[0]

    async def _send_all(self, requests: Iterable[bytes]) -> list[Any]:
        connection = await Connection.open(self._port)
        answers = []
        for request in requests:
            status, body = await connection.send(request)
            assert 200 <= status < 300, (
                f"{request.splitlines()[0].decode()} was answered {status} {body[:500].decode()}"
            )
            answers.append(json.loads(body) if body else None)
        connection.close()
        return answers
