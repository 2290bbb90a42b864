"""The HTTP server that `scheduler serve` runs, as clients, proxies and attackers meet it."""

import json
import re
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from api.http.server import HttpServer
from api.http.server_protocol import MAX_CONNECTIONS, MAX_HEAD_BYTES, MAX_PIPELINED, Connections, most_connections
from tests.api.api_server import served_app
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: loc"
LARGE = 64 * 1024 * 1024
GO_ON = threading.Event()


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"answer": "root"}

    @app.post("/")
    async def length(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    @app.post("/early")
    async def early() -> dict[str, str]:
        return {"answer": "early"}

    @app.get("/large")
    async def large() -> Response:
        return Response(b"x" * LARGE)

    @app.get("/slow")
    def slow() -> dict[str, str]:
        GO_ON.wait(TIMEOUT_SECONDS)
        return {"answer": "slow"}

    return app


class Served:
    """A server of the test's own, and raw connections to it."""

    def __init__(self, url: str, connections: Connections) -> None:
        self.port = int(url.rpartition(":")[2])
        self.state = connections

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), TIMEOUT_SECONDS, (source, 0))

    def send(self, *parts: bytes) -> bytes:
        """Send on a new connection and return what is answered until the server closes it."""
        with closing(self.connect()) as connection:
            with suppress(ConnectionError):
                for part in parts:
                    connection.sendall(part)
            return received(connection)

    @property
    def open(self) -> int:
        return len(self.state.connections)


@contextmanager
def running(connections: Connections | None = None) -> Iterator[Served]:
    connections = connections or Connections()
    GO_ON.clear()
    with served_app(make_app(), connections) as url:
        try:
            yield Served(url, connections)
        finally:
            GO_ON.set()


def received(connection: socket.socket) -> bytes:
    """Return what arrives until the server closes the connection."""
    parts = []
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answered(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return the JSON object that is answered."""
    connection.sendall(request)
    answer = b""
    while not answer.endswith(b"}"):
        part = connection.recv(65536)
        assert part, answer
        answer += part
    return answer.partition(b"\r\n\r\n")[2]


def problem_of(answer: bytes) -> dict[str, Any]:
    """Return the body of an answer. Raises AssertionError: it is not one problem as all others."""
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = {name.lower(): value for name, value in re.findall(r"(?m)^([\w-]+): (.*?)\r?$", head.decode())}
    problem: dict[str, Any] = json.loads(body)
    assert problem.keys() == {"type", "title", "status", "code", "detail", "request_id"}
    assert fields["content-type"] == "application/problem+json"
    assert (fields["connection"], fields["cache-control"]) == ("close", "no-store")
    assert fields["x-request-id"] == problem["request_id"]
    assert int(fields["content-length"]) == len(body)
    assert int(head.split()[1]) == problem["status"]
    return problem


class TestHttpServer:
    def test_keeps_an_idle_connection_for_longer_than_proxies_do(self) -> None:
        """They keep theirs for up to 60 seconds, and send the next request on it without asking."""
        server = HttpServer(FastAPI(), lambda: None, trusted_proxies="")

        assert server.config.timeout_keep_alive > 60

    def test_answers_several_requests_on_one_connection(self) -> None:
        with running() as served, closing(served.connect()) as connection:
            for _ in range(3):
                assert answered(connection, GET) == b'{"answer":"root"}'
            connection.sendall(GET * MAX_PIPELINED + GET.replace(b"Host", b"Connection: close\r\nHost"))

            assert received(connection).count(b'{"answer":"root"}') == MAX_PIPELINED + 1


class TestHeads:
    @pytest.mark.parametrize(
        "parts",
        [
            [b"GET / HTTP/1.1\r\n", *(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(70)), b"\r\n"],
            [b"GET / HTTP/1.1\r\nX: ", *[b"a" * 65536] * 3],
            [b"GET /", *[b"a" * 65536] * 3],
            [b"\r\n" * 2048] * 50,
            [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", *[b"a" * 65536] * 3],
            [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", *[b"a" * 65536] * 3],
        ],
        ids=["many fields", "one field", "the URL", "empty lines", "trailers", "a chunk's extension"],
    )
    def test_beyond_64_kib_are_refused(self, parts: list[bytes]) -> None:
        with running() as served:
            problem = problem_of(served.send(*parts))

        assert (problem["status"], problem["code"]) == (431, "request_header_fields_too_large")

    def test_without_an_end_are_cut_off(self) -> None:
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nX: ")
            with suppress(ConnectionError):
                while True:
                    connection.sendall(b"a" * 65536)

            wait_until(lambda: served.open == 0, "the server has ended the connection")

    def test_below_64_kib_are_answered(self) -> None:
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(
                b"GET / HTTP/1.1\r\nConnection: close\r\nX: " + b"a" * (MAX_HEAD_BYTES - 100) + b"\r\n\r\n"
            )

            assert b'{"answer":"root"}' in received(connection)

    @pytest.mark.parametrize("begin", [b"", GET])
    def test_that_do_not_end_in_time_are_refused(self, monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
        monkeypatch.setattr("api.http.server_protocol.HEAD_SECONDS", 0.2)
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(begin + HALF)

            answers = received(connection)

        assert answers.startswith(b"HTTP/1.1 200" if begin else b"HTTP/1.1 408")
        assert problem_of(answers[answers.index(b"HTTP/1.1 408") :])["code"] == "request_timeout"

    @pytest.mark.parametrize("drop", [b"\r\n", b"GET / HTTP/1.1\r\nX: a"])
    def test_that_drip_end_in_time_too(self, monkeypatch: pytest.MonkeyPatch, drop: bytes) -> None:
        monkeypatch.setattr("api.http.server_protocol.HEAD_SECONDS", 0.2)
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(drop)
            wait_until(lambda: served.open == 1, "the connection is open")

            with suppress(ConnectionError):
                while served.open:
                    connection.sendall(drop[-1:])
                    time.sleep(0.01)

            wait_until(lambda: served.open == 0, "the server has ended the connection")

    def test_that_never_begin_are_closed_without_an_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.server_protocol.HEAD_SECONDS", 0.2)
        with running() as served:
            assert served.send() == b""


class TestBodies:
    @pytest.mark.parametrize("framing", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
    def test_that_do_not_end_in_time_are_refused(self, monkeypatch: pytest.MonkeyPatch, framing: bytes) -> None:
        monkeypatch.setattr("api.http.server_protocol.BODY_SECONDS", 0.2)
        with running() as served:
            problem = problem_of(served.send(b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n1"))

        assert (problem["status"], problem["code"]) == (408, "request_timeout")

    def test_that_were_answered_early_end_in_time_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.server_protocol.BODY_SECONDS", 0.2)
        with running() as served:
            answer = served.send(b"POST /early HTTP/1.1\r\nContent-Length: 10\r\n\r\n1")

        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.count(b"HTTP/1.1") == 1

    def test_that_were_answered_early_may_be_followed_by_a_request(self) -> None:
        with running() as served, closing(served.connect()) as connection:
            early = answered(connection, b"POST /early HTTP/1.1\r\nContent-Length: 3\r\n\r\n1")

            assert early == b'{"answer":"early"}'
            assert answered(connection, b"23" + GET) == b'{"answer":"root"}'


class TestAnswers:
    def test_that_are_not_read_end_the_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.server_protocol.SEND_SECONDS", 0.2)
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(b"GET /large HTTP/1.1\r\n\r\n")
            wait_until(lambda: served.open == 1, "the connection is open")

            wait_until(lambda: served.open == 0, "the server has ended the connection")

    def test_that_are_read_are_whole(self) -> None:
        with running() as served:
            answer = served.send(b"GET /large HTTP/1.1\r\nConnection: close\r\n\r\n")

        assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE


class TestConnections:
    def test_that_wait_longest_make_room_for_new_ones(self) -> None:
        with running(Connections(limit=8)) as served, ExitStack() as stack:
            halves = [stack.enter_context(closing(served.connect())) for _ in range(4)]
            for half in halves:
                half.sendall(HALF)
            wait_until(lambda: served.open == 4, "the limit of this client is reached")

            answers = [served.send(GET.replace(b"Host", b"Connection: close\r\nHost")) for _ in range(2)]

            assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 2
            assert received(halves[0]) == b""
            assert answered(halves[-1], b"alhost\r\n\r\n") == b'{"answer":"root"}'

    def test_that_are_idle_stay_longer_than_those_whose_head_never_ends(self) -> None:
        with running(Connections(limit=8)) as served, ExitStack() as stack:
            idle = stack.enter_context(closing(served.connect()))
            assert answered(idle, GET)
            halves = [stack.enter_context(closing(served.connect())) for _ in range(3)]
            for half in halves:
                half.sendall(HALF)

            stack.enter_context(closing(served.connect()))

            assert received(halves[0]) == b""
            assert answered(idle, GET) == b'{"answer":"root"}'

    def test_of_one_client_leave_room_for_others(self) -> None:
        with running(Connections(limit=8)) as served, ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(closing(served.connect())).sendall(HALF)
            wait_until(lambda: served.open == 4, "half of the connections are taken")
            others = stack.enter_context(closing(served.connect("127.0.0.2")))

            assert answered(others, GET) == b'{"answer":"root"}'
            assert served.open == 5

    def test_beyond_the_limit_are_refused_while_all_are_busy(self) -> None:
        with running(Connections(limit=4)) as served, ExitStack() as stack:
            busy = [stack.enter_context(closing(served.connect())) for _ in range(2)]
            for each in busy:
                each.sendall(b"GET /slow HTTP/1.1\r\nConnection: close\r\n\r\n")
            wait_until(lambda: len(served.state.tasks) == 2, "both requests are in progress")

            refused = problem_of(served.send())
            GO_ON.set()

            assert (refused["status"], refused["code"]) == (503, "overloaded")
            assert [b'{"answer":"slow"}' in received(each) for each in busy] == [True, True]
            assert served.send(GET.replace(b"Host", b"Connection: close\r\nHost")).startswith(b"HTTP/1.1 200")

    @pytest.mark.parametrize(
        ("descriptors", "connections"),
        [(100, 50), (512, 256), (1024, 768), (10**6, MAX_CONNECTIONS), (resource.RLIM_INFINITY, MAX_CONNECTIONS)],
    )
    def test_leave_descriptors_to_the_database(
        self, monkeypatch: pytest.MonkeyPatch, descriptors: int, connections: int
    ) -> None:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (descriptors, descriptors))

        assert most_connections() == connections


class TestErrorsOfHttp:
    @pytest.mark.parametrize(
        "request_",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
            b"GET http://[::1 HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01",
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        ],
    )
    def test_are_problems_as_all_others(self, request_: bytes) -> None:
        with running() as served:
            problem = problem_of(served.send(request_))

        assert (problem["status"], problem["code"]) == (400, "bad_request")

    def test_behind_a_request_in_progress_leave_its_answer_whole(self) -> None:
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\n\r\nnonsense\r\n\r\n")
            wait_until(lambda: len(served.state.tasks) == 1, "the request is in progress")
            GO_ON.set()
            answer = received(connection)

        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'{"answer":"slow"}')

    def test_are_answered_for_too_many_requests_at_once_by_closing(self) -> None:
        with running() as served, closing(served.connect()) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\n\r\n" + GET * 1000)
            wait_until(lambda: len(served.state.tasks) == 1, "the first is in progress")
            GO_ON.set()
            answers = received(connection)

        assert answers.count(b"HTTP/1.1 200") == MAX_PIPELINED + 1
