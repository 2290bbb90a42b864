"""Practices as their owners set them up over HTTP, open day and night, and what is sent to them."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.e2e.scheduler_process import SchedulerProcess
from tests.support.wait_until import TIMEOUT_SECONDS

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
IDLE_SECONDS = 2.0
"""A connection that was not used for longer may have been closed by the server."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    text: str

    @property
    def succeeded(self) -> bool:
        return self.status < 300


@dataclass
class ApiConnection:
    """One connection of one client, opened again when it is lost. Not thread-safe."""

    port: int
    api_key: str
    _connection: http.client.HTTPConnection | None = None
    _used_at: float = 0.0

    def send(self, method: str, path: str, body: object = None, **headers: str) -> ApiResponse:
        """Send a request; a body of bytes is sent unchanged.

        Raises OSError, http.client.HTTPException: no response; the outcome is unknown.
        """
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        self._used_at = time.monotonic()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        sent_headers = {"Authorization": f"Bearer {self.api_key}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            sent_headers["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, data, sent_headers)
            with self._connection.getresponse() as response:
                text = response.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        known = json.loads(text) if "json" in response.headers.get("Content-Type", "") else {}
        return ApiResponse(response.status, known, dict(response.headers), text)

    def create(self, path: str, body: object) -> dict[str, Any]:
        """Create a resource. Raises AssertionError: it was refused."""
        answer = self.send("POST", path, body)
        assert answer.status == 201, f"{path}: {answer.text}"
        return dict(answer.body)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class OpenPractice:
    """``talk`` lasts ten minutes, ``massage`` needs a room too. ``begins_at`` is the log's head."""

    id: UUID
    api_key: str
    clinicians: list[str]
    talk: str
    massage: str
    patients: list[str]
    begins_at: int


def open_practice(program: SchedulerProcess, name: str) -> OpenPractice:
    """Open a practice from the command line and set it up over HTTP."""
    founded = json.loads(
        program.command("practice", "create", "--name", name, "--zone", "Europe/Berlin", "--currency", "EUR", "--json")
    )
    owner = ApiConnection(program.port, founded["api_key"])
    location = owner.create("/v1/locations", {"name": "Mitte", "zone": "Europe/Berlin"})["id"]
    for room in ("1", "2"):
        owner.create("/v1/resources", {"location_id": location, "kind": "room", "name": room})
    clinicians = [
        owner.create("/v1/clinicians", {"name": who, "email": None, "zone": "Europe/Berlin"})["id"]
        for who in ("Maya", "אבי")
    ]
    always = [{"weekday": day, "from": "00:00", "to": "24:00"} for day in WEEKDAYS]
    for clinician in clinicians:
        answer = owner.send("PUT", f"/v1/clinicians/{clinician}/hours", {"location_id": location, "weekly": always})
        assert answer.status == 200, answer.text
    terms = {
        "duration_minutes": 10,
        "step_minutes": 10,
        "price": {"amount_minor": 1000, "currency": "EUR"},
        "clinician_ids": clinicians,
    }
    talk = owner.create("/v1/services", {"name": "Talk", **terms})["id"]
    massage = owner.create("/v1/services", {"name": "Massage", "requires": [{"kind": "room"}], **terms})["id"]
    patient = owner.create("/v1/patients", {"given_name": "Dana", "family_name": "Levi"})
    owner.close()
    return OpenPractice(
        UUID(founded["practice_id"]),
        founded["api_key"],
        clinicians,
        talk,
        massage,
        [patient["id"]],
        patient["position"],
    )
