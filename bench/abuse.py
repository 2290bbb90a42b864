"""(o) Latency of a practice while others misuse the server without a valid key."""

import random
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Final, TypeAlias

from application.access.secret_keys import KEY_PREFIX, new_token
from bench.bookable_practice import open_bookable_practice
from bench.http_client import LoadClient, LoadResult, request_bytes
from bench.machine import describe
from bench.neighbour_latency import latency_goal, latency_table
from bench.options import Options
from bench.report import Report
from bench.server_process import running_server

TITLE: Final = "(o) Misuse without a key"
PER_SECOND: Final = 40
"""Requests of the practice that is measured: each asks for one clinician's free times."""
CLIENTS: Final = 20
HALF_REQUESTS: Final = 160
MAX_ROUNDS: Final = 5
_REQUESTS_PER_SECOND: Final = 2_000
"""More than one client can send."""
_HALF: Final = b"GET / HTTP/1.1\r\nHost: loc"
_HEAD: Final = b"GET / HTTP/1.1\r\nX: "
_PIECE: Final = b"a" * 65_536
_PIECES: Final = 64

CALM, DESCRIPTION, METRICS = "calm", f"{CLIENTS} clients ask for /openapi.json", "one client asks for /metrics"
WRONG_KEYS, HALVES, HEADS = (
    f"{CLIENTS} clients try keys",
    f"{HALF_REQUESTS} half requests",
    "one client sends heads of 4 MB",
)

Attack: TypeAlias = Callable[[LoadClient, int, float], Mapping[str, int]]
"""Attack a port for some seconds; return what was answered, with its number."""


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    rounds, seconds = (options.rounds, 2.0) if options.quick else (MAX_ROUNDS, 5.0)
    waits: dict[str, list[list[float]]] = defaultdict(list)
    answered: dict[str, Counter[str]] = defaultdict(Counter)
    with closing(LoadClient()) as measured, closing(LoadClient()) as attacker, running_server() as program:
        with program.superuser() as connection:
            machine = describe(connection)
        practice = open_bookable_practice(program, "Praxis am See", patients=2)
        for number in range(rounds + 1):
            for name, attack in ATTACKS.items():
                requests = [practice.slots(each) for each in range(int(PER_SECOND * seconds))]
                instants = sorted(random.uniform(0, seconds) for _ in requests)
                heard = measured.run_at(program.port, requests, instants, clients=16)
                answers = attack(attacker, program.port, seconds)
                result = heard.result()
                assert {response.status for response in result.responses} == {200}, "the practice was refused"
                if number > 0:  # the first round is a warm-up: the description is rendered in it
                    waits[name].append([response.seconds * 1e3 for response in result.responses])
                    answered[name].update(answers)
    report = Report(
        name="abuse",
        title=TITLE,
        how=(
            f"`scheduler serve`; one practice asks for free times {PER_SECOND} times a second, at instants by chance, while somebody"
            f" without a key does the following: {rounds} rounds of {seconds:.0f} s each in turn. Waits are those of the practice."
        ),
        checks="every request of the practice was answered 200",
        goals=[latency_goal(name, waits, CALM) for name in ATTACKS if name != CALM],
        tables=[latency_table(waits, answered, "the others")],
    )
    return {TITLE: report.text(machine)}


def _nothing(attacker: LoadClient, port: int, seconds: float) -> Mapping[str, int]:
    time.sleep(seconds)
    return {}


def _ask_for_description(attacker: LoadClient, port: int, seconds: float) -> Mapping[str, int]:
    script = _script("/openapi.json", seconds)
    return _statuses(attacker.run(port, [script] * CLIENTS, seconds))


def _ask_for_metrics(attacker: LoadClient, port: int, seconds: float) -> Mapping[str, int]:
    return _statuses(attacker.run(port, [_script("/metrics", seconds)], seconds))


def _try_keys(attacker: LoadClient, port: int, seconds: float) -> Mapping[str, int]:
    address = _new_address()
    keys = [new_token(KEY_PREFIX) for _ in range(int(200 * seconds))]
    tries = [request_bytes("GET", "/v1/practice", key, X_Forwarded_For=address) for key in keys]
    return _statuses(attacker.run(port, [random.sample(tries, len(tries)) for _ in range(CLIENTS)], seconds))


def _hold_half_requests(attacker: LoadClient, port: int, seconds: float) -> Mapping[str, int]:
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(HALF_REQUESTS)]
    for connection in connections:
        connection.sendall(_HALF)
    time.sleep(seconds)
    for connection in connections:
        connection.close()
    return {"none": HALF_REQUESTS}


def _send_heads(attacker: LoadClient, port: int, seconds: float) -> Mapping[str, int]:
    answers: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            with suppress(ConnectionError):
                connection.sendall(_HEAD)
                for _ in range(_PIECES):
                    connection.sendall(_PIECE)
            with suppress(ConnectionError):
                answers[connection.recv(65_536)[9:12].decode() or "none"] += 1
    return answers


ATTACKS: Final[dict[str, Attack]] = {
    CALM: _nothing,
    DESCRIPTION: _ask_for_description,
    METRICS: _ask_for_metrics,
    WRONG_KEYS: _try_keys,
    HALVES: _hold_half_requests,
    HEADS: _send_heads,
}


def _new_address() -> str:
    """Return an address for one attack, which thus begins with a whole budget."""
    return f"2001:db8:{random.randrange(65_536):x}:{random.randrange(65_536):x}::1"


def _script(path: str, seconds: float) -> list[bytes]:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {_new_address()}\r\n\r\n".encode()
    return [request] * int(_REQUESTS_PER_SECOND * seconds)


def _statuses(result: LoadResult) -> Mapping[str, int]:
    return Counter(str(response.status) for response in result.responses)
