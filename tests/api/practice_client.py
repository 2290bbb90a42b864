"""A practice as a receptionist builds it, over HTTP."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import httpx2

from tests.api.api_server import ApiServer

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
Json = dict[str, Any]


@dataclass
class PracticeClient:
    server: ApiServer
    client: httpx2.Client
    practice_id: str
    key: str
    location: str = ""
    clinician: str = ""
    service: str = ""
    patient: str = ""

    @classmethod
    def open(cls, server: ApiServer, zone: str = "Europe/Berlin") -> Self:
        founded = server.open_practice(zone)
        studio = cls(server, server.client(founded.api_key), str(founded.practice_id), founded.api_key)
        studio.location = studio.create("/v1/locations", name="Mitte", zone=zone)["id"]
        studio.clinician = studio.add_clinician()
        studio.service = studio.add_service()
        studio.patient = studio.add_patient()
        return studio

    @cached_property
    def client_without_retries(self) -> httpx2.Client:
        """A client that takes a 503 for its answer."""
        return self.server.client(self.key, retries_on_503=False)

    def create(self, path: str, **body: object) -> Json:
        """Create something; it must succeed."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    def add_clinician(self, starts: str = "09:00", ends: str = "17:00", days: tuple[str, ...] = WEEKDAYS) -> str:
        clinician = self.create("/v1/clinicians", name="Dr. Noa Levi", email="noa@example.org", zone="Europe/Berlin")
        self.set_hours(clinician["id"], [{"weekday": day, "from": starts, "to": ends} for day in days])
        return str(clinician["id"])

    def set_hours(self, clinician: str, weekly: list[Json], overrides: list[Json] | None = None) -> Json:
        body = {"location_id": self.location, "weekly": weekly, "overrides": overrides or []}
        answer = self.client.put(f"/v1/clinicians/{clinician}/hours", json=body)
        assert answer.status_code == 200, answer.text
        hours: Json = answer.json()
        return hours

    def add_service(self, **terms: object) -> str:
        price = {"amount_minor": 8000, "currency": "EUR"}
        fields = {"name": "Physio", "duration_minutes": 50, "step_minutes": 5, "price": price} | terms
        return str(self.create("/v1/services", **({"clinician_ids": [self.clinician]} | fields))["id"])

    def add_patient(self, **details: object) -> str:
        return str(self.create("/v1/patients", **({"given_name": "Ada", "family_name": "Groß"} | details))["id"])

    def add_room(self, name: str = "Room 1") -> str:
        return str(self.create("/v1/resources", location_id=self.location, kind="room", name=name)["id"])

    def booking_body(self, starts_at: object = "2026-06-01T09:00:00+02:00", **other: object) -> Json:
        """The body of a booking."""
        body = {"patient_id": self.patient, "service_id": self.service, "clinician_id": self.clinician}
        return body | {"starts_at": starts_at} | other

    def post_booking(self, starts_at: object = "2026-06-01T09:00:00+02:00", **other: object) -> httpx2.Response:
        return self.client.post("/v1/appointments", json=self.booking_body(starts_at, **other))

    def book_appointment(self, starts_at: object = "2026-06-01T09:00:00+02:00", **other: object) -> Json:
        """Book; it must succeed."""
        return self.create("/v1/appointments", **self.booking_body(starts_at, **other))

    def post_series(
        self, starts_at: object = "2026-06-02T10:00:00+02:00", rrule: str = "FREQ=WEEKLY;COUNT=8", **other: object
    ) -> httpx2.Response:
        """Ask for a series of visits."""
        return self.client.post("/v1/series", json=self.booking_body(starts_at, rrule=rrule, **other))

    def post_action(
        self, appointment: str, verb: str, headers: dict[str, str] | None = None, **body: object
    ) -> httpx2.Response:
        return self.client.post(f"/v1/appointments/{appointment}/{verb}", json=body, headers=headers)

    def slots(self, from_: str, to: str, **query: str) -> list[str]:
        """Return the starts that are offered."""
        asked = {"service_id": self.service, "clinician_id": self.clinician, "from": from_, "to": to} | query
        answer = self.client.get("/v1/slots", params=asked)
        assert answer.status_code == 200, answer.text
        return [slot["starts_at"] for slot in answer.json()["slots"]]

    def client_with_role(self, role: str, **more: object) -> httpx2.Client:
        """Return a client that holds a key of another role."""
        return self.server.client(self.create("/v1/api-keys", role=role, label=role, **more)["key"])


def codes(answers: list[httpx2.Response]) -> list[tuple[int, str | None]]:
    """Return (status, code) of each answer, in order of the status."""
    return sorted((answer.status_code, answer.json().get("code")) for answer in answers)
