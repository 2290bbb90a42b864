"""Clients that write over HTTP and repeat unacknowledged commands with the same key."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event, Lock, Thread
from uuid import uuid4

from tests.e2e.http_practice import ApiConnection, ApiResponse, OpenPractice
from tests.support.wait_until import TIMEOUT_SECONDS

EXPECTED = (200, 201, 409)
"""Success, or a broken rule. After a 503 or a lost connection the command is sent again."""
DAYS = 10
PAUSE_SECONDS = 0.05
"""Between two commands of a client, on average: the log of all rounds is read after each."""


@dataclass(slots=True)
class SentCommand:
    """``tries``: how often it was sent until it was answered."""

    studio: OpenPractice
    path: str
    body: dict[str, object]
    key: str = field(default_factory=lambda: str(uuid4()))
    tries: int = 0
    answer: ApiResponse | None = None

    @property
    def was_carried_out(self) -> bool:
        return self.answer is not None and self.answer.succeeded

    @property
    def position(self) -> int:
        """Where its event is; 0 while it was not carried out."""
        return int(self.answer.body["position"]) if self.answer is not None and self.answer.succeeded else 0


@dataclass
class CommandLog:
    """What all clients have sent, of all rounds. It lives in the test, which nobody kills."""

    port: int
    studios: list[OpenPractice]
    first_at: datetime
    commands: list[SentCommand] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def clients(self, number: int, chance: Random) -> Iterator[None]:
        """Let clients write while the block runs. Raises AssertionError: a client has failed."""
        enough = Event()
        threads = [Thread(target=WritingClient(self, Random(chance.random()), enough).run) for _ in range(number)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()
        assert not self.faults, self.faults[:5]

    def carried_out(self, studio: OpenPractice) -> list[SentCommand]:
        return [command for command in self.commands if command.studio is studio and command.was_carried_out]

    def sent_again(self) -> int:
        """How many commands were not answered at their first try."""
        return sum(command.tries > 1 for command in self.commands)


class WritingClient:
    """Registers, books, moves and cancels in one practice; what it books is its own to change."""

    def __init__(self, ledger: CommandLog, chance: Random, enough: Event) -> None:
        self._ledger = ledger
        self._chance = chance
        self._enough = enough
        self._studio = chance.choice(ledger.studios)
        self._caller = ApiConnection(ledger.port, self._studio.api_key)
        self._booked: list[str] = []
        self._times = iter(chance.sample(range(DAYS * 144), DAYS * 144))

    def run(self) -> None:
        try:
            while not self._enough.is_set():
                self._carry_out(*self._anything())
                time.sleep(self._chance.uniform(0, 2 * PAUSE_SECONDS))
        except Exception as fault:
            # The test raises a thread's error.
            self._ledger.faults.append(repr(fault))
        finally:
            self._caller.close()

    def _anything(self) -> tuple[str, dict[str, object]]:
        studio, kind = self._studio, self._chance.random()
        if kind < 0.15:
            return "/v1/patients", {"given_name": f"נועה {self._chance.randrange(10**6)}", "family_name": "Müller"}
        if kind < 0.35 and self._booked:
            # A client chooses no time twice: a move to the same time would record no event.
            return f"/v1/appointments/{self._chance.choice(self._booked)}/reschedule", {"starts_at": self._instant()}
        if kind < 0.5 and self._booked:
            booked = self._booked.pop(self._chance.randrange(len(self._booked)))
            return f"/v1/appointments/{booked}/cancel", {"reason": "krank"}
        return "/v1/appointments", {
            "patient_id": self._chance.choice(studio.patients),
            "service_id": self._chance.choice((studio.talk, studio.massage)),
            "clinician_id": self._chance.choice(studio.clinicians),
            "starts_at": self._instant(),
        }

    def _instant(self) -> str:
        """One of so few times that clients meet."""
        return (self._ledger.first_at + timedelta(minutes=10 * next(self._times))).isoformat()

    def _carry_out(self, path: str, body: dict[str, object]) -> None:
        command = SentCommand(self._studio, path, body)
        with self._ledger.lock:
            self._ledger.commands.append(command)
        answer = command.answer = send_until_answered(self._caller, command)
        assert answer.status in EXPECTED, f"{path} was answered {answer.text}"
        if path == "/v1/patients":
            self._studio.patients.append(answer.body["id"])
        elif path == "/v1/appointments" and answer.succeeded:
            self._booked.append(answer.body["id"])


def send_until_answered(connection: ApiConnection, command: SentCommand) -> ApiResponse:
    """Send a command with its key until it is answered. Raises AssertionError: no answer."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        command.tries += command.answer is None
        # A lost connection: nobody knows what became of the command.
        with suppress(OSError, http.client.HTTPException):
            answer = connection.send("POST", command.path, command.body, Idempotency_Key=command.key)
            if answer.status != 503:
                return answer
        time.sleep(0.05)
    raise AssertionError(f"{command.path} was never carried out")
