"""A load client that costs little: raw sockets, requests made beforehand, and only as much HTTP/1.1 as our answers need."""

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
class Shot:
    """One request's answer: its status and how many seconds it took."""

    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Volley:
    """All answers, the time from the first request to the last answer, and the CPU time that the client itself used."""

    shots: Sequence[Shot]
    seconds: float
    cpu_seconds: float

    def with_status(self, status: int) -> list[Shot]:
        return [shot for shot in self.shots if shot.status == status]


class Connection(asyncio.Protocol):
    """One connection that is kept alive; it sends one request at a time."""

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
        """Return the answer's status and body. Raises ConnectionError: the server closed the connection."""
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
    """Return a whole request. Underscores in names of headers become hyphens."""
    content = b"" if body is None else json.dumps(body).encode()
    named = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


class Gunner:
    """Fires volleys from a process of its own, so that client and server never share an interpreter."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def fire(self, port: int, scripts: Sequence[Sequence[bytes]], seconds: float | None = None) -> Volley:
        """Let one client for each script send its requests one after the other, for so many seconds at most.

        Raises AssertionError: a script ended before its time.
        """
        return self._process.submit(_fire, port, scripts, seconds).result()

    def fire_at(
        self, port: int, requests: Sequence[bytes], instants: Sequence[float], clients: int = 16
    ) -> "Future[Volley]":
        """Send each request at its instant, in seconds from now and in order, however long the answers take, over so many connections."""
        return self._process.submit(_fire_at, port, requests, instants, clients)

    def close(self) -> None:
        self._process.shutdown()


def _fire(port: int, scripts: Sequence[Sequence[bytes]], seconds: float | None) -> Volley:
    return uvloop.run(_volley(port, scripts, seconds))


def _fire_at(port: int, requests: Sequence[bytes], instants: Sequence[float], clients: int) -> Volley:
    return uvloop.run(_timed(port, requests, instants, clients))


async def _volley(port: int, scripts: Sequence[Sequence[bytes]], seconds: float | None) -> Volley:
    connections = [await Connection.open(port) for _ in scripts]
    cpu = time.process_time()
    began = time.perf_counter()
    deadline = began + seconds if seconds is not None else None
    shots = await asyncio.gather(*map(_client, connections, scripts, [deadline] * len(scripts)))
    ended = time.perf_counter()
    _close(connections)
    return Volley([shot for mine in shots for shot in mine], ended - began, time.process_time() - cpu)


async def _client(connection: Connection, script: Sequence[bytes], deadline: float | None) -> list[Shot]:
    shots: list[Shot] = []
    began = time.perf_counter()
    for request in script:
        if deadline is not None and began >= deadline:
            return shots
        status, _ = await connection.send(request)
        ended = time.perf_counter()
        shots.append(Shot(status, ended - began))
        began = ended
    assert deadline is None, "the script is too short for its time"
    return shots


async def _timed(port: int, requests: Sequence[bytes], instants: Sequence[float], clients: int) -> Volley:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    connections = [await Connection.open(port) for _ in range(clients)]
    for connection in connections:
        free.put_nowait(connection)
    shots: list[Shot] = []

    async def one(request: bytes, due: float) -> None:
        connection = await free.get()
        status, _ = await connection.send(request)
        shots.append(Shot(status, time.perf_counter() - due))
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
    return Volley(shots, ended - began, time.process_time() - cpu)


def _close(connections: Iterable[Connection]) -> None:
    for connection in connections:
        connection.close()


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    assert at >= 0, "an answer without a length"
    return int(head[at + 15 : head.index(b"\r\n", at)])


class User:
    """Whoever sets up a practice: one request at a time, answers as JSON."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer's JSON. Raises AssertionError: the answer was not 2xx."""
        return asyncio.run(self._send(request_bytes(method, path, self._key, body)))

    def send_all(self, method: str, path: str, bodies: Iterable[object]) -> list[Any]:
        """Send many alike over one connection."""
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
