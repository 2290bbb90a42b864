"""(k) Throughput of queued webhook messages, delivered in order to each endpoint."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.webhooks.change_endpoint import ChangeEndpoint
from application.webhooks.messages import new_secret
from application.webhooks.register_endpoint import RegisterEndpoint
from bench.cpu import CpuMeter, server_process
from bench.figures import Spread
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server
from bench.store import check_log
from domain.kernel.provenance import Provenance
from domain.practice.resource import Resource
from tests.support.commands import executor

TITLE: Final = "(k) Webhooks"
PER_SECOND: Final = 200
PRACTICES: Final = 20
_EVENT: Final = "resource.added"
_AT_ONCE: Final = 100
_LONGEST_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class ReceiverProcess:
    """``pid`` is the receiver's process."""

    port: int
    pid: int

    def summary(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
            data: dict[str, int] = json.load(answer)
        return data


@dataclass(frozen=True, slots=True)
class Measurement:
    per_second: float
    program_us: float
    server_us: float


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    messages = 1_000 if options.quick else 10_000
    expected = 0
    found: dict[int, list[Measurement]] = {1: [], PRACTICES: []}
    paths = count()
    with running_receiver() as receiver, running_server() as program, program.superuser() as connection:
        machine = describe(connection)
        meter = CpuMeter({"program": program.pid, "server": server_process(connection)})
        for _ in range(options.rounds):
            for practices, rounds in found.items():
                waiting = [
                    _queue_messages(program, receiver, next(paths), messages // practices) for _ in range(practices)
                ]
                expected += messages
                rounds.append(_deliver(program, receiver, waiting, messages, expected, meter))
        row = connection.execute("select count(*) from webhooks.delivery where status = 'delivered'").fetchone()
        events = connection.execute("select count(*) from log.event").fetchone()
        assert row == (expected,)
        assert events is not None
        data = receiver.summary()
        assert data == {"received": expected, "misplaced": 0, "doubled": 0}, data
        checks = check_log(connection, events[0])
    report = Report(
        name="webhooks",
        title=TITLE,
        how=(
            f"`scheduler serve` and a receiver in a process of its own, which takes everything at once; {messages:,} messages wait, for"
            f" one endpoint or for {PRACTICES} of as many practices, which are then switched on; {options.rounds} rounds of each."
            " Each message is signed, sent, and noted in a commit of its own before the next one of its endpoint is sent."
        ),
        checks=f"{expected:,} messages came, each once, in order and without a gap; {checks}",
        goals=[_goal(practices, rounds) for practices, rounds in found.items()],
        tables=[_table(found)],
    )
    return {TITLE: report.text(machine)}


@contextmanager
def running_receiver() -> Iterator[ReceiverProcess]:
    """Run the receiver until the block ends."""
    command = [sys.executable, "-m", "bench.webhook_receiver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield ReceiverProcess(int(process.stdout.readline()), process.pid)
        finally:
            process.terminate()


def _queue_messages(program: ServerProcess, receiver: ReceiverProcess, number: int, messages: int) -> tuple[UUID, UUID]:
    """Open a practice with an inactive endpoint, and queue messages for it; return both ids."""
    container = program.container
    practice, _ = program.open_practice(f"Praxis {number}")
    tenant_id = practice.practice_id
    register = executor(
        container.logs,
        container.clock,
        container.webhooks.secrets,
        AnyAddressPolicy(),
        container.webhooks,
    )
    command = RegisterEndpoint(f"http://127.0.0.1:{receiver.port}/{number}", (_EVENT,), new_secret())
    endpoint = register(tenant_id, command, _by()).aggregate
    _set_active(program, tenant_id, endpoint.id, active=False)
    log, location_id, position = container.logs.of(tenant_id), uuid7(), 0
    for start in range(0, messages, _AT_ONCE):
        rooms = [
            Resource.add(
                id=uuid7(), location_id=location_id, kind="room", name=f"Room {room}", at=container.clock.now()
            )
            for room in range(start, min(start + _AT_ONCE, messages))
        ]
        position = log.record(*rooms, by=_by())
    while True:
        with container.storage.transaction(tenant_id) as cursor:
            row = cursor.execute("select position from projection.cursor where projector = 'webhooks'").fetchone()
        if row is not None and row[0] >= position:
            return tenant_id, endpoint.id
        time.sleep(0.05)


def _deliver(
    program: ServerProcess,
    receiver: ReceiverProcess,
    waiting: Sequence[tuple[UUID, UUID]],
    messages: int,
    expected: int,
    meter: CpuMeter,
) -> Measurement:
    meter.restart()
    began = time.perf_counter()
    for tenant_id, endpoint_id in waiting:
        _set_active(program, tenant_id, endpoint_id, active=True)
    while receiver.summary()["received"] < expected:
        assert time.perf_counter() - began < _LONGEST_SECONDS, "the messages were not delivered"
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    # The last deliveries are recorded after the receiver has answered.
    while any(
        one.next_number <= one.last_number
        for id_, _ in waiting
        for one in program.container.webhooks.queries.endpoints(id_)
    ):
        time.sleep(0.02)
    used = meter.used()
    return Measurement(messages / seconds, used["program"] / messages * 1e6, used["server"] / messages * 1e6)


def _set_active(program: ServerProcess, tenant_id: UUID, endpoint_id: UUID, *, active: bool) -> None:
    container = program.container
    change = executor(container.logs, container.clock, AnyAddressPolicy(), container.webhooks)
    change(tenant_id, ChangeEndpoint(endpoint_id, {"active": active}), _by())


class AnyAddressPolicy:
    """Allows any address: the measured program sends the messages to this machine."""

    def refusal(self, url: str) -> None:
        return None

    def session(self) -> Any:
        raise AssertionError


def _by() -> Provenance:
    return Provenance("bench", uuid7())


def _goal(practices: int, rounds: Sequence[Measurement]) -> Goal:
    reached = Spread.of([one.per_second for one in rounds])
    what = "messages delivered to one endpoint" if practices == 1 else f"messages delivered to {practices} endpoints"
    return Goal(what, f">= {PER_SECOND}/s", reached.text("/s"), reached.middle >= PER_SECOND)


def _table(found: dict[int, list[Measurement]]) -> Table:
    fields = {"messages/s": "per_second", "CPU program µs/message": "program_us", "CPU server µs/message": "server_us"}
    rows = [
        (what, *(Spread.of([getattr(one, field) for one in rounds]).text() for rounds in found.values()))
        for what, field in fields.items()
    ]
    return Table(("", *(f"{practices} endpoint{'s' * (practices > 1)}" for practices in found)), rows)
