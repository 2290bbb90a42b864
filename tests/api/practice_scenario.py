"""A scenario that calls each operation of the API at least once, over HTTP.

A request without a body here sends the first example of the description, so that /docs shows the
response to exactly that example.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from tests.api.api_server import ApiServer
from tests.api.importing.import_requests import import_patients
from tests.api.practice_client import Json, PracticeClient
from tests.support.wait_until import wait_until
from tests.support.webhook_receiver import WebhookReceiver

WEEKLY: Final = [{"weekday": day, "from": "08:00", "to": "20:00"} for day in ("mon", "tue", "wed")]
BUSY: Final = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260603T090000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
JUNE: Final = {"from": "2026-06-01", "to": "2026-06-04"}
DESCRIBED_IDS: Final = (
    "location_id",
    "clinician_id",
    "service_id",
    "patient_id",
    "hold_id",
    "other_clinician_id",
    "entry_id",
    "other_entry_id",
)
"""Whose ids the examples of bodies name: ...0001 is the location, and so on."""


def placeholder_id(number: int) -> str:
    return f"01980c5a-0000-7000-8000-{number:012}"


@dataclass
class PracticeScenario:
    """``answers``: each operation's first response by id and status; ``ids``: created ids."""

    server: ApiServer
    studio: PracticeClient
    answers: dict[str, dict[str, Json]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def run(cls, server: ApiServer, receiver: WebhookReceiver) -> "PracticeScenario":
        """Live it from the founding to the audit; webhooks are sent to the receiver."""
        founded = server.open_practice()
        studio = PracticeClient(server, server.client(founded.api_key), str(founded.practice_id), founded.api_key)
        life = cls(server, studio)
        life.set_up_practice()
        life.register_patients()
        life.issue_keys()
        life.post_booking()
        life.attend_appointments()
        life.book_series()
        life.run_sessions()
        life.run_course()
        life.use_waitlist()
        life.import_patients()
        life.take_time_off()
        life.use_webhooks(receiver)
        life.read_history()
        return life

    def call(self, operation: str, body: object = None, query: Json | None = None, **ids: str) -> Json:
        """Call an operation; it must succeed. Path ids default to those of ``self.ids``."""
        route = self.server.described.route(operation)
        [method] = route.methods or {"GET"}
        path = route.path.format_map(self.ids | ids)
        asked = dict(query or {})
        if method == "GET" and operation != "list_events":
            asked.setdefault("after", self._position())
        if method != "GET" and body is None:
            body = self._described_body(route.path, method)
        answer = self.studio.client.request(method, path, params=asked, json=body)
        assert answer.is_success, f"{operation}: {answer.text}"
        answered: Json = answer.json()
        self.answers.setdefault(operation, {}).setdefault(str(answer.status_code), answered)
        return answered

    def create(self, name: str, operation: str, body: object = None) -> str:
        """Carry an operation out and keep the id of what it made."""
        self.ids[name] = str(self.call(operation, body)["id"])
        return self.ids[name]

    def _position(self) -> int:
        return self.server.container.logs.of(UUID(self.studio.practice_id)).reader.position()

    def _described_body(self, path: str, method: str) -> Any:
        spec = self.server.app.openapi()
        content = spec["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"]
        if not content:
            return None
        schema = content["application/json"]["schema"]
        name = schema.get("anyOf", [schema])[0]["$ref"].rpartition("/")[2]
        example = json.dumps(spec["components"]["schemas"][name].get("examples", [{}])[0])
        for number, which in enumerate(DESCRIBED_IDS, 1):
            if placeholder_id(number) in example:
                example = example.replace(placeholder_id(number), self.ids[which])
        return json.loads(example)

    @contextmanager
    def _at(self, starts_at: str) -> Iterator[None]:
        with self.server.at_time(datetime.fromisoformat(starts_at).astimezone(UTC)):
            yield

    def set_up_practice(self) -> None:
        ids = self.ids
        self.call("change_practice")
        # When something is offered by itself is not ours to say.
        self.call("change_practice", {"auto_fill": False})
        self.call("get_practice")
        self.create("location_id", "open_location")
        self.call("change_location")
        self.call("get_location")
        self.call("list_locations")
        self.create("clinician_id", "join_clinician")
        self.call("change_clinician", {"limits": {"per_day": 8, "per_week": 30}})
        self.create("other_clinician_id", "join_clinician", {"name": "ד״ר רות כהן", "zone": "Europe/Berlin"})
        hours = {"location_id": ids["location_id"], "weekly": WEEKLY}
        self.call("set_hours", hours)
        self.call("set_hours", hours, clinician_id=ids["other_clinician_id"])
        self.call("import_busy_time", {"ics": BUSY})
        for operation in ("get_clinician", "get_hours", "list_clinicians"):
            self.call(operation)
        self.call("get_busy_time", query=JUNE)
        self.create("resource_id", "add_resource")
        room = {"location_id": ids["location_id"], "kind": "room"}
        # Closed again: where several are free, chance decides which one a visit takes.
        closed = self.create("closed_resource_id", "add_resource", room | {"name": "Room 2"})
        self.call("change_resource", resource_id=closed)
        self.call("get_resource")
        self.call("set_out_of_service", resource_id=closed)
        self.call("get_out_of_service", resource_id=closed)
        self.call("list_resources")
        self.create("service_id", "offer_service")
        self.call("change_service", {"clinician_ids": [ids["clinician_id"], ids["other_clinician_id"]]})
        self.call("get_service")
        self.call("list_services")

    def register_patients(self) -> None:
        ids = self.ids
        self.create("patient_id", "register_patient")
        self.create("other_patient_id", "register_patient", {"given_name": "נועה", "family_name": "בן־דוד"})
        again = {"given_name": "Jurgen", "family_name": "Groß", "email": "juergen@example.org"}
        self.create("merged_patient_id", "register_patient", again)
        leaving = self.create("erased_patient_id", "register_patient", {"given_name": "Ada", "family_name": "Strauß"})
        self.call("change_patient")
        self.call("set_contacts")
        self.call("get_contacts")
        self.call("give_consent")
        self.call("give_consent", {"kind": "marketing", "document_version": "2026-01", "how": "paper"})
        self.call("withdraw_consent")
        self.call("get_consents")
        self.call("find_duplicates")
        self.call("list_patients", query={"limit": 2})
        pair = {"other_id": ids["merged_patient_id"]}
        self.call("merge_patients", pair)
        self.call("get_patient")
        self.call("unmerge_patients", pair)
        self.call("erase_patient", patient_id=leaving)
        self.call("patient_history", query={"limit": 2})

    def issue_keys(self) -> None:
        self.create("api_key_id", "issue_api_key")
        self.call("get_api_key")
        self.call("list_api_keys")
        self.call("revoke_api_key")
        self.create("feed_id", "open_feed_of_clinician")
        self.create("patient_feed_id", "open_feed_of_patient")
        self.call("get_feed")
        self.call("list_feeds")
        self.call("revoke_feed")

    def booking_body(self, starts_at: str, **other: object) -> Json:
        """The body of a booking."""
        named = {name: self.ids[name] for name in ("patient_id", "service_id", "clinician_id")}
        return {**named, "starts_at": starts_at, **other}

    def post_booking(self) -> None:
        morning = {"from": "2026-06-01T08:00:00+02:00", "to": "2026-06-01T09:30:00+02:00"}
        named = {name: self.ids[name] for name in ("service_id", "clinician_id")}
        self.call("find_slots", query=morning | named)
        self.call("explain_slot", query={"at": "2026-06-03T11:00:00+02:00", **named})
        self.create("hold_id", "place_hold")
        self.call("get_hold")
        self.call("release_hold")
        self.create("appointment_id", "book_appointment")
        self.call("change_notes")
        self.call("get_appointment")
        self.call("list_appointments", query={"limit": 1})

    def attend_appointments(self) -> None:
        self.call("reschedule_appointment")
        self.call("reassign_appointment")
        self.call("undo_appointment")
        self.call("cancel_appointment")
        self.call("appointment_history", query={"limit": 2})
        for operation, starts_at in (("confirm", "2026-06-01T12:00+02:00"), ("decline", "2026-06-01T13:00+02:00")):
            asked = self.call("book_appointment", self.booking_body(starts_at, status="requested"))["id"]
            self.call(f"{operation}_appointment", appointment_id=asked)
        for starts_at, operations in (
            ("2026-05-05T09:00+02:00", ("check_in_appointment", "complete_appointment")),
            ("2026-05-05T10:00+02:00", ("record_no_show",)),
        ):
            visit = self.call("book_appointment", self.booking_body(starts_at))["id"]
            with self._at(starts_at):
                for operation in operations:
                    self.call(operation, appointment_id=visit)

    def book_series(self) -> None:
        series = self.booking_body("2026-06-02T10:00:00+02:00", rrule="FREQ=WEEKLY;COUNT=2")
        self.call("book_series", series | {"dry_run": True})
        self.create("series_id", "book_series", series)
        moved = {"from_occurrence": 2, "scope": "following", "starts_at": "2026-06-09T14:00:00+02:00"}
        self.call("change_series", moved)
        self.call("get_series")
        self.call("list_series")
        self.call("series_history", query={"limit": 2})

    def session_body(self, starts_at: str, **other: object) -> Json:
        """The body of a session."""
        staff = [self.ids["clinician_id"]]
        return {"service_id": self.ids["service_id"], "staff_ids": staff, "starts_at": starts_at, **other}

    def run_sessions(self) -> None:
        starts_at = "2026-05-11T18:00:00+02:00"
        self.create("session_id", "plan_session", self.session_body(starts_at, seats=1))
        other = {"patient_id": self.ids["other_patient_id"]}
        self.call("enrol")
        self.call("enrol", other | {"if_full": "wait"})
        self.call("get_roster")
        self.call("withdraw")
        self.call("change_session", {"seats": 2})
        self.call("list_enrolments", patient_id=self.ids["other_patient_id"])
        for operation in ("get_session", "list_sessions"):
            self.call(operation)
        with self._at(starts_at):
            self.call("note_attendance", {"patient_ids": list(other.values()), "attended": True})
        self.call("session_history", query={"limit": 2})
        called_off = self.call("plan_session", self.session_body("2026-05-12T18:00:00+02:00", seats=2))["id"]
        version = self.call("cancel_session", session_id=called_off)["version"]
        self.call("undo_session", {"version": version}, session_id=called_off)

    def run_course(self) -> None:
        course = self.session_body("2026-06-02T18:00:00+02:00", rrule="FREQ=WEEKLY;COUNT=2", seats=12)
        self.call("plan_course", course | {"dry_run": True})
        self.create("course_id", "plan_course", course)
        self.call("enrol_in_course")
        self.call("get_course")
        self.call("list_courses")
        self.call("withdraw_from_course", {"patient_id": self.ids["patient_id"], "from_occurrence": 2})
        self.call("change_course", {"from_occurrence": 2, "scope": "this", "starts_at": "2026-06-09T19:00:00+02:00"})
        self.call("cancel_course", {"from_occurrence": 2, "reason": "the studio moves"})
        self.call("course_history", query={"limit": 2})
        self.call("calendar", query={"from": "2026-06-02", "to": "2026-06-03"})

    def use_waitlist(self) -> None:
        ids = self.ids
        self.create("entry_id", "join_waitlist")
        other = {"patient_id": ids["other_patient_id"], "service_id": ids["service_id"]}
        self.create("other_entry_id", "join_waitlist", other)
        self.call("change_waitlist_entry", {"notice_minutes": 60})
        self.call("get_waitlist_entry")
        free = {"clinician_id": ids["clinician_id"], "minutes": 60}
        for operation in ("withdraw_offer", "decline_offer", "accept_offer"):
            # A round names the position that the list had come to.
            self.call("list_waitlist")
            opening = free | {"entry_ids": [ids["entry_id"]], "starts_at": "2026-06-01T15:00:00+02:00"}
            opened = self.call("offer_by_hand", opening)
            ids["opening_id"], ids["offer_id"] = opened["id"], opened["rounds"][0]["offers"][0]["offer_id"]
            if operation == "withdraw_offer":
                self.call("get_offer")
                self.call("list_offers")
            self.call(operation)
        self.call("get_opening")
        self.call("list_openings", query={"limit": 1})
        self.call("withdraw_waitlist_entry", entry_id=ids["other_entry_id"])

    def import_patients(self) -> None:
        self.ids["import_id"] = str(import_patients(self.studio))
        self.call("get_import")
        self.call("list_imports")
        self.call("undo_import")
        self.call("import_patients")
        self.call("import_appointments")

    def take_time_off(self) -> None:
        """A visit is booked then: it stays, and is reported."""
        self.call("set_time_off", {"ranges": [{"first_date": "2026-06-09", "last_date": "2026-06-09", "note": "ill"}]})
        self.call("get_time_off")
        self.call("list_conflicts")
        absence = {"from_date": "2026-06-09", "until_date": "2026-06-09"}
        self.call("hand_over_visits", absence | {"dry_run": True})
        self.call("hand_over_visits", absence)

    def use_webhooks(self, receiver: WebhookReceiver) -> None:
        self.create(
            "webhook_endpoint_id", "register_webhook_endpoint", {"url": receiver.url, "events": ["appointment.booked"]}
        )
        self.call("book_appointment", self.booking_body("2026-06-03T14:00:00+02:00"))
        self.call("test_webhook_endpoint")
        receiver.wait_for(2)
        # Their later answers are the same each time.
        wait_until(self._are_sent, "both are noted as sent")
        self.call("rotate_webhook_secret")
        self.call("get_webhook_endpoint")
        self.call("list_webhook_endpoints")
        self.call("list_webhook_deliveries")
        self.call("replay_webhook_messages")
        self.call("change_webhook_endpoint")
        self.call("remove_webhook_endpoint")

    def _are_sent(self) -> bool:
        path = f"/v1/webhook-endpoints/{self.ids['webhook_endpoint_id']}/deliveries"
        return {each["status"] for each in self.studio.client.get(path).json()["deliveries"]} == {"delivered"}

    def read_history(self) -> None:
        self.call("list_events", query={"after": 0, "limit": 2})
        self.call("diff", query={"from": "0", "to": "4", "limit": 2})
