"""T1: each route and id parameter answers another practice's id like an unknown id.

The cases are generated from the API's description. A route with an id and without a case fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from api.bootstrap.container import Container
from tests.api.practice_client import Json, PracticeClient
from tests.api.sample_ids import QUERIES, ids_of

HOURS = [{"weekday": "mon", "from": "09:00", "to": "17:00"}]

BODIES: dict[tuple[str, str], Json] = {
    ("patch", "/v1/practice"): {},
    ("post", "/v1/locations"): {"name": "x", "zone": "UTC"},
    ("patch", "/v1/locations/{location_id}"): {"name": "x"},
    ("post", "/v1/resources"): {"location_id": "", "kind": "room", "name": "x"},
    ("patch", "/v1/resources/{resource_id}"): {"name": "x"},
    ("put", "/v1/resources/{resource_id}/out-of-service"): {"ranges": []},
    ("post", "/v1/clinicians"): {"name": "x", "zone": "UTC"},
    ("patch", "/v1/clinicians/{clinician_id}"): {"name": "x"},
    ("put", "/v1/clinicians/{clinician_id}/hours"): {"location_id": "", "weekly": HOURS},
    ("put", "/v1/clinicians/{clinician_id}/time-off"): {"ranges": []},
    ("post", "/v1/clinicians/{clinician_id}/hand-over"): {"from_date": "2026-06-01", "to_clinician_ids": [""]},
    ("post", "/v1/services"): {
        "name": "x",
        "duration_minutes": 30,
        "price": {"amount_minor": 1, "currency": "EUR"},
        "clinician_ids": [""],
    },
    ("patch", "/v1/services/{service_id}"): {"clinician_ids": [""]},
    ("post", "/v1/patients"): {"given_name": "x", "family_name": "y"},
    ("patch", "/v1/patients/{patient_id}"): {"given_name": "x"},
    ("put", "/v1/patients/{patient_id}/contacts"): {"contacts": [{"kind": "family", "name": "x"}]},
    ("post", "/v1/patients/{patient_id}/consents"): {"kind": "marketing", "document_version": "1", "how": "paper"},
    ("post", "/v1/patients/{patient_id}/consents/withdraw"): {"kind": "marketing", "how": "paper"},
    ("post", "/v1/patients/{patient_id}/merge"): {"other_id": ""},
    ("post", "/v1/patients/{patient_id}/unmerge"): {"other_id": ""},
    ("post", "/v1/imports/patients"): {"format": "jane", "file": "YQ=="},
    ("post", "/v1/imports/appointments"): {"format": "jane", "file": "YQ=="},
    ("post", "/v1/imports/{import_id}/undo"): {},
    ("post", "/v1/appointments"): {
        "patient_id": "",
        "service_id": "",
        "clinician_id": "",
        "starts_at": "2026-06-03T09:00:00+02:00",
        "resource_ids": [""],
        "preferred_clinician_ids": [""],
        "hold_id": "",
    },
    ("patch", "/v1/appointments/{appointment_id}"): {"notes": "x"},
    ("post", "/v1/appointments/{appointment_id}/confirm"): {},
    ("post", "/v1/appointments/{appointment_id}/decline"): {"reason": "x"},
    ("post", "/v1/appointments/{appointment_id}/reassign"): {"clinician_id": "", "resource_ids": [""]},
    ("post", "/v1/appointments/{appointment_id}/undo"): {},
    ("post", "/v1/holds"): {
        "service_id": "",
        "clinician_id": "",
        "starts_at": "2026-06-04T10:00:00+02:00",
        "minutes": 10,
    },
    ("post", "/v1/appointments/{appointment_id}/reschedule"): {
        "starts_at": "2026-06-03T09:00:00+02:00",
        "clinician_id": "",
        "resource_ids": [""],
    },
    ("post", "/v1/appointments/{appointment_id}/cancel"): {"reason": "x"},
    ("post", "/v1/appointments/{appointment_id}/check-in"): {},
    ("post", "/v1/appointments/{appointment_id}/complete"): {},
    ("post", "/v1/appointments/{appointment_id}/no-show"): {},
    ("post", "/v1/series"): {
        "patient_id": "",
        "service_id": "",
        "clinician_id": "",
        "starts_at": "2026-06-04T09:00:00+02:00",
        "rrule": "FREQ=WEEKLY;COUNT=2",
    },
    ("post", "/v1/series/{series_id}/change"): {
        "from_occurrence": 1,
        "scope": "all",
        "starts_at": "2026-06-05T12:00:00+02:00",
        "clinician_id": "",
        "location_id": "",
        "resource_ids": [""],
    },
    ("put", "/v1/clinicians/{clinician_id}/busy-time"): {"ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"},
    ("post", "/v1/clinicians/{clinician_id}/feeds"): {"detail": "busy"},
    ("post", "/v1/patients/{patient_id}/feeds"): {"detail": "busy"},
    ("post", "/v1/sessions"): {
        "service_id": "",
        "staff_ids": [""],
        "resource_ids": [""],
        "starts_at": "2026-06-03T14:00:00+02:00",
        "seats": 3,
    },
    ("post", "/v1/courses"): {
        "service_id": "",
        "staff_ids": [""],
        "resource_ids": [""],
        "starts_at": "2026-06-10T14:00:00+02:00",
        "rrule": "FREQ=WEEKLY;COUNT=2",
        "seats": 3,
    },
    ("post", "/v1/courses/{course_id}/change"): {
        "from_occurrence": 1,
        "scope": "all",
        "starts_at": "2026-06-09T14:30:00+02:00",
        "staff_ids": [""],
        "resource_ids": [""],
    },
    ("post", "/v1/courses/{course_id}/enrol"): {"patient_id": ""},
    ("post", "/v1/courses/{course_id}/withdraw"): {"patient_id": ""},
    ("post", "/v1/courses/{course_id}/cancel"): {"from_occurrence": 1, "reason": "x"},
    ("patch", "/v1/sessions/{session_id}"): {"staff_ids": [""], "resource_ids": [""]},
    ("post", "/v1/sessions/{session_id}/cancel"): {"reason": "x"},
    ("post", "/v1/sessions/{session_id}/undo"): {"version": 1},
    ("post", "/v1/sessions/{session_id}/enrol"): {"patient_id": ""},
    ("post", "/v1/sessions/{session_id}/withdraw"): {"patient_id": ""},
    ("post", "/v1/sessions/{session_id}/attendance"): {"patient_ids": [""], "attended": True},
    ("post", "/v1/waitlist"): {"patient_id": "", "service_id": "", "clinician_id": ""},
    ("patch", "/v1/waitlist/{entry_id}"): {"clinician_id": ""},
    ("post", "/v1/openings"): {
        "entry_ids": [""],
        "clinician_id": "",
        "starts_at": "2026-06-04T13:00:00+02:00",
        "minutes": 10,
    },
    ("post", "/v1/offers/{offer_id}/accept"): {},
    ("post", "/v1/offers/{offer_id}/decline"): {},
    ("post", "/v1/api-keys"): {"role": "clinician", "label": "x", "clinician_id": ""},
    ("post", "/v1/webhook-endpoints"): {"url": "https://example.org/hooks", "events": ["appointment.booked"]},
    ("patch", "/v1/webhook-endpoints/{webhook_endpoint_id}"): {"events": ["appointment.cancelled"]},
    ("post", "/v1/webhook-endpoints/{webhook_endpoint_id}/rotate-secret"): {"overlap_hours": 1},
    ("post", "/v1/webhook-endpoints/{webhook_endpoint_id}/replay"): {"from_position": 1},
}
"""A valid body for each route that takes one. Empty id fields are filled with the caller's ids."""


@dataclass(frozen=True)
class IdLocation:
    """Where a request holds one id: ``name`` says of what."""

    verb: str
    path: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.verb} {self.path} {self.kind} {self.name}"


def operations(spec: Json) -> Iterator[tuple[str, str, Json]]:
    for path, verbs in spec["paths"].items():
        for verb, operation in verbs.items():
            if path.startswith("/v1/"):
                yield verb, path, operation


def id_locations(spec: Json) -> list[IdLocation]:
    """Return every place of the API that holds an id."""
    found: list[IdLocation] = []
    for verb, path, operation in operations(spec):
        named = [(each["in"], each["name"], each["schema"]) for each in operation.get("parameters", [])]
        named += [("body", name, schema) for name, schema in _properties(spec, operation).items()]
        found += [IdLocation(verb, path, kind, name) for kind, name, schema in named if "uuid" in str(schema)]
    return found


def _properties(spec: Json, operation: Json) -> Json:
    if "requestBody" not in operation:
        return {}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = schema.get("anyOf", [schema])[0]
    properties: Json = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]].get("properties", {})
    return properties


def send_with_id(studio: PracticeClient, place: IdLocation, own: dict[str, str], id_: str) -> httpx2.Response:
    """Send a request that would succeed, but for ``id_`` at the place."""

    def value(kind: str, name: str) -> str:
        return id_ if (kind, name) == (place.kind, place.name) else own[_singular(name)]

    path = re.sub(r"\{(\w+)\}", lambda match: value("path", match[1]), place.path)
    asked = QUERIES.get(place.path, {}) if place.verb == "get" else {}
    query = {name: given or value("query", name) for name, given in asked.items()}
    if place.kind == "query":
        query |= {place.name: id_}
    body: Json | None = None
    if place.verb != "get" and (place.verb, place.path) in BODIES:
        body = {}
        for name, given in BODIES[place.verb, place.path].items():
            body[name] = value("body", name) if given == "" else [value("body", name)] if given == [""] else given
    return studio.client.request(place.verb.upper(), path, params=query or None, json=body)


def without_request_id(answer: httpx2.Response) -> Json:
    body: Json = answer.json()
    return {name: given for name, given in body.items() if name != "request_id"}


class TestForeignId:
    def test_is_answered_as_one_that_nobody_has(self, studio: PracticeClient, open_practice: Any) -> None:
        stranger = open_practice()
        own, foreign = ids_of(studio), ids_of(stranger)
        heads = {log.tenant_id: log.reader.position() for log in map(_log(studio.server.container), (studio, stranger))}
        told_apart, found = {}, {}

        for place in id_locations(studio.server.app.openapi()):
            of = _singular(place.name)
            theirs, nobodys = (send_with_id(studio, place, own, id_) for id_ in (foreign[of], str(uuid4())))
            if theirs.status_code != 404:
                found[str(place)] = theirs.text
            if (theirs.status_code, without_request_id(theirs)) != (nobodys.status_code, without_request_id(nobodys)):
                told_apart[str(place)] = (theirs.text, nobodys.text)

        assert found == {}
        assert told_apart == {}
        assert heads == {
            log.tenant_id: log.reader.position() for log in map(_log(studio.server.container), (studio, stranger))
        }

    def test_covers_every_id_parameter(self, studio: PracticeClient) -> None:
        spec = studio.server.app.openapi()
        known = ids_of(studio).keys()

        strangers = [str(place) for place in id_locations(spec) if _singular(place.name) not in known]
        bodiless = [
            (verb, path)
            for verb, path, operation in operations(spec)
            if "requestBody" in operation and (verb, path) not in BODIES
        ]

        assert strangers == []
        assert bodiless == []
        assert len(id_locations(spec)) > 30

    def test_succeeds_with_an_own_id(self, studio: PracticeClient) -> None:
        """The guard: with the caller's own id no request answers 404."""
        own = ids_of(studio)

        for place in sorted(id_locations(studio.server.app.openapi()), key=lambda place: place.verb == "delete"):
            answer = send_with_id(studio, place, own, own[_singular(place.name)])
            assert answer.status_code in (200, 201, 409), f"{place}: {answer.text}"

    @pytest.mark.parametrize("id_", ["1", "x" * 300, "null", "..%2f..", "%00", "{}", "01980c5a-0000-7000-8000"])
    def test_of_no_form_is_unknown_too(self, studio: PracticeClient, id_: str) -> None:
        for path in (
            "locations",
            "resources",
            "clinicians",
            "services",
            "patients",
            "appointments",
            "series",
            "sessions",
            "courses",
            "holds",
            "feeds",
            "waitlist",
            "openings",
            "offers",
            "api-keys",
            "webhook-endpoints",
            "imports",
        ):
            answer = studio.client.get(f"/v1/{path}/{id_}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestLists:
    def test_hold_the_callers_own_things_alone(self, studio: PracticeClient, open_practice: Any) -> None:
        stranger = open_practice()
        foreign = ids_of(stranger)
        ids_of(studio)
        position = studio.create("/v1/patients", given_name="Ada", family_name="Groß")["position"]

        for path in (
            "locations",
            "resources",
            "clinicians",
            "services",
            "patients",
            "appointments",
            "series",
            "feeds",
            "sessions",
            "courses",
            "waitlist",
            "openings",
            "offers",
            "api-keys",
            "webhook-endpoints",
            "imports",
        ):
            text = studio.client.get(f"/v1/{path}", params={"after": position}).text
            assert not [id_ for id_ in foreign.values() if id_ in text], path

    def test_do_not_follow_a_tenant_that_the_caller_names(self, studio: PracticeClient, open_practice: Any) -> None:
        stranger = open_practice()
        named = {"X-Tenant-Id": stranger.practice_id, "tenant_id": stranger.practice_id}

        answer = studio.client.get("/v1/practice", headers=named)
        refused = studio.client.get("/v1/practice", params={"tenant_id": stranger.practice_id})

        assert answer.json()["id"] == studio.practice_id
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_value")


def _singular(name: str) -> str:
    return "appointment_id" if name == "moving" else re.sub(r"_ids$", "_id", name)


def _log(container: Container) -> Any:
    return lambda studio: container.logs.of(UUID(studio.practice_id))
