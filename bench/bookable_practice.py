"""A practice with clinicians, rooms, patients and a service, and bookings of its free times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.http_client import AdminClient, request_bytes
from bench.server_process import ServerProcess

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPEN: Final = range(8 * 60, 18 * 60, 30)
"""Minutes of the UTC day at which a visit may start: open in winter and in summer."""


@dataclass(frozen=True, slots=True)
class BookablePractice:
    practice_id: UUID
    key: str
    location_id: str
    service_id: str
    clinicians: list[str]
    rooms: list[str]
    patients: list[str]

    def bookings(self, first_day: int = 2) -> Iterator[bytes]:
        """Yield booking requests for successive free times, each with its own idempotency key.

        ``first_day`` is counted from today.
        """
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for number, (day, minute, clinician) in enumerate(product(range(first_day, 360), _OPEN, self.clinicians)):
            yield self.booking(
                clinician, midnight + timedelta(days=day, minutes=minute), self.patients[number % len(self.patients)]
            )

    def booking(self, clinician: str, starts_at: datetime, patient: str) -> bytes:
        body = {
            "patient_id": patient,
            "service_id": self.service_id,
            "clinician_id": clinician,
            "starts_at": starts_at.isoformat(),
        }
        return request_bytes("POST", "/v1/appointments", self.key, body, Idempotency_Key=str(uuid7()))

    def slots(self, number: int) -> bytes:
        """Return a request for one clinician's free times in a fortnight that is 20 days away."""
        begins = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=20)
        query = {
            "service_id": self.service_id,
            "clinician_id": self.clinicians[number % len(self.clinicians)],
            "from": begins.isoformat(),
            "to": (begins + timedelta(days=14)).isoformat(),
        }
        return request_bytes("GET", f"/v1/slots?{urlencode(query)}", self.key)


def open_bookable_practice(
    program: ServerProcess, name: str, *, clinicians: int = 4, patients: int = 20
) -> BookablePractice:
    """Set a practice up through its API.

    Open daily from 06:00 to 22:00, visits of 30 minutes at 80 EUR, one room for each clinician.
    """
    founded, owner = program.open_practice(name)
    location = owner.send("POST", "/v1/locations", {"name": "Haus am See", "zone": "Europe/Berlin"})["id"]
    wanted = [{"location_id": location, "kind": "room", "name": f"Raum {number + 1}"} for number in range(clinicians)]
    rooms = [room["id"] for room in owner.send_all("POST", "/v1/resources", wanted)]
    people = [_join(owner, location, number) for number in range(clinicians)]
    service = {
        "name": "Physiotherapie",
        "duration_minutes": 30,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "step_minutes": 30,
        "minimum_notice_minutes": 60,
        "horizon_days": 365,
        "price": {"amount_minor": 8000, "currency": "EUR"},
        "mode": "in_person",
        "clinician_ids": people,
        "requires": [{"kind": "room"}],
    }
    service_id = owner.send("POST", "/v1/services", service)["id"]
    registered = owner.send_all("POST", "/v1/patients", [_patient(number) for number in range(patients)])
    return BookablePractice(
        founded.practice_id,
        founded.api_key,
        location,
        service_id,
        people,
        rooms,
        [patient["id"] for patient in registered],
    )


def _join(owner: AdminClient, location: str, number: int) -> str:
    clinician = {"name": f"Dr. Noa Grün {number + 1}", "email": f"noa{number}@example.org", "zone": "Europe/Berlin"}
    clinician_id = str(owner.send("POST", "/v1/clinicians", clinician)["id"])
    weekly = [{"weekday": day, "from": "06:00", "to": "22:00"} for day in WEEKDAYS]
    hours = {"location_id": location, "weekly": weekly, "overrides": []}
    owner.send("PUT", f"/v1/clinicians/{clinician_id}/hours", hours)
    return clinician_id


def _patient(number: int) -> dict[str, object]:
    return {"given_name": "תמר", "family_name": f"Müller-{number}", "email": f"tamar{number}@example.org", "tags": []}
