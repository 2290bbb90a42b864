"""One small practice's life, told in the names of the API's operations: each is carried out once at least, over real HTTP.

Where a request has a body and none is told here, it is the first example of the description, so that a reader of /docs sees what
comes back when just that is sent.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from tests.api.importing.imported import bring
from tests.api.serving import Program
from tests.api.studio import Json, Studio
from tests.api.webhooks.receiver import Receiver
from tests.support.wait_until import until

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


def stand_in(number: int) -> str:
    return f"01980c5a-0000-7000-8000-{number:012}"


@dataclass
class PracticeScenario:
    """``answers`` keeps what each operation answered first, by its id and by status; ``ids`` what was made, by what it is called."""

    program: Program
    studio: Studio
    answers: dict[str, dict[str, Json]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def lived(cls, program: Program, receiver: Receiver) -> "PracticeScenario":
        """Live it from the founding to the audit; webhooks are sent to the receiver."""
        founded = program.practice()
        studio = Studio(program, program.client(founded.api_key), str(founded.practice_id), founded.api_key)
        life = cls(program, studio)
        life.set_up()
        life.register()
        life.give_keys_away()
        life.book()
        life.keep_visits()
        life.come_again()
        life.come_together()
        life.take_a_course()
        life.wait()
        life.import_patients()
        life.take_time_off()
        life.tell_others(receiver)
        life.look_back()
        return life

    def ask(self, operation: str, body: object = None, query: Json | None = None, **ids: str) -> Json:
        """Carry an operation out; it must succeed. Ids of its path that are not told are those of ``self.ids``."""
        route = self.program.described.route(operation)
        [method] = route.methods or {"GET"}
        path = route.path.format_map(self.ids | ids)
        asked = dict(query or {})
        if method == "GET" and operation != "list_events":
            asked.setdefault("after", self._position())
        if method != "GET" and body is None:
            body = self._described_body(route.path, method)
        answer = self.studio.client.request(method, path, params=asked, json=body)
        assert answer.is_success, f"{operation}: {answer.text}"
        said: Json = answer.json()
        self.answers.setdefault(operation, {}).setdefault(str(answer.status_code), said)
        return said

    def make(self, name: str, operation: str, body: object = None) -> str:
        """Carry an operation out and keep the id of what it made."""
        self.ids[name] = str(self.ask(operation, body)["id"])
        return self.ids[name]

    def _position(self) -> int:
        return self.program.container.logs.of(UUID(self.studio.practice_id)).reader.position()

    def _described_body(self, path: str, method: str) -> Any:
        spec = self.program.app.openapi()
        content = spec["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"]
        if not content:
            return None
        schema = content["application/json"]["schema"]
        name = schema.get("anyOf", [schema])[0]["$ref"].rpartition("/")[2]
        example = json.dumps(spec["components"]["schemas"][name].get("examples", [{}])[0])
        for number, which in enumerate(DESCRIBED_IDS, 1):
            if stand_in(number) in example:
                example = example.replace(stand_in(number), self.ids[which])
        return json.loads(example)

    @contextmanager
    def _at(self, starts_at: str) -> Iterator[None]:
        with self.program.at(datetime.fromisoformat(starts_at).astimezone(UTC)):
            yield

    def set_up(self) -> None:
        ids = self.ids
        self.ask("change_practice")
        # When something is offered by itself is not ours to say.
        self.ask("change_practice", {"auto_fill": False})
        self.ask("get_practice")
        self.make("location_id", "open_location")
        self.ask("change_location")
        self.ask("get_location")
        self.ask("list_locations")
        self.make("clinician_id", "join_clinician")
        self.ask("change_clinician", {"limits": {"per_day": 8, "per_week": 30}})
        self.make("other_clinician_id", "join_clinician", {"name": "ד״ר רות כהן", "zone": "Europe/Berlin"})
        hours = {"location_id": ids["location_id"], "weekly": WEEKLY}
        self.ask("set_hours", hours)
        self.ask("set_hours", hours, clinician_id=ids["other_clinician_id"])
        self.ask("import_busy_time", {"ics": BUSY})
        for operation in ("get_clinician", "get_hours", "list_clinicians"):
            self.ask(operation)
        self.ask("get_busy_time", query=JUNE)
        self.make("resource_id", "add_resource")
        room = {"location_id": ids["location_id"], "kind": "room"}
        # Closed again: where several are free, chance decides which one a visit takes.
        closed = self.make("closed_resource_id", "add_resource", room | {"name": "Room 2"})
        self.ask("change_resource", resource_id=closed)
        self.ask("get_resource")
        self.ask("list_resources")
        self.make("service_id", "offer_service")
        self.ask("change_service", {"clinician_ids": [ids["clinician_id"], ids["other_clinician_id"]]})
        self.ask("get_service")
        self.ask("list_services")

    def register(self) -> None:
        ids = self.ids
        self.make("patient_id", "register_patient")
        self.make("other_patient_id", "register_patient", {"given_name": "נועה", "family_name": "בן־דוד"})
        again = {"given_name": "Jurgen", "family_name": "Groß", "email": "juergen@example.org"}
        self.make("merged_patient_id", "register_patient", again)
        leaving = self.make("erased_patient_id", "register_patient", {"given_name": "Ada", "family_name": "Strauß"})
        self.ask("change_patient")
        self.ask("set_contacts")
        self.ask("get_contacts")
        self.ask("give_consent")
        self.ask("give_consent", {"kind": "marketing", "document_version": "2026-01", "how": "paper"})
        self.ask("withdraw_consent")
        self.ask("get_consents")
        self.ask("find_duplicates")
        self.ask("list_patients", query={"limit": 2})
        pair = {"other_id": ids["merged_patient_id"]}
        self.ask("merge_patients", pair)
        self.ask("get_patient")
        self.ask("unmerge_patients", pair)
        self.ask("erase_patient", patient_id=leaving)
        self.ask("patient_history", query={"limit": 2})

    def give_keys_away(self) -> None:
        self.make("api_key_id", "issue_api_key")
        self.ask("get_api_key")
        self.ask("list_api_keys")
        self.ask("revoke_api_key")
        self.make("feed_id", "open_feed_of_clinician")
        self.make("patient_feed_id", "open_feed_of_patient")
        self.ask("get_feed")
        self.ask("list_feeds")
        self.ask("revoke_feed")

    def visit(self, starts_at: str, **other: object) -> Json:
        """The body of a booking."""
        named = {name: self.ids[name] for name in ("patient_id", "service_id", "clinician_id")}
        return {**named, "starts_at": starts_at, **other}

    def book(self) -> None:
        morning = {"from": "2026-06-01T08:00:00+02:00", "to": "2026-06-01T09:30:00+02:00"}
        named = {name: self.ids[name] for name in ("service_id", "clinician_id")}
        self.ask("find_slots", query=morning | named)
        self.ask("explain_slot", query={"at": "2026-06-03T11:00:00+02:00", **named})
        self.make("hold_id", "place_hold")
        self.ask("get_hold")
        self.ask("release_hold")
        self.make("appointment_id", "book_appointment")
        self.ask("change_notes")
        self.ask("get_appointment")
        self.ask("list_appointments", query={"limit": 1})

    def keep_visits(self) -> None:
        self.ask("reschedule_appointment")
        self.ask("reassign_appointment")
        self.ask("undo_appointment")
        self.ask("cancel_appointment")
        self.ask("appointment_history", query={"limit": 2})
        for operation, starts_at in (("confirm", "2026-06-01T12:00+02:00"), ("decline", "2026-06-01T13:00+02:00")):
            asked = self.ask("book_appointment", self.visit(starts_at, status="requested"))["id"]
            self.ask(f"{operation}_appointment", appointment_id=asked)
        for starts_at, operations in (
            ("2026-05-05T09:00+02:00", ("check_in_appointment", "complete_appointment")),
            ("2026-05-05T10:00+02:00", ("record_no_show",)),
        ):
            visit = self.ask("book_appointment", self.visit(starts_at))["id"]
            with self._at(starts_at):
                for operation in operations:
                    self.ask(operation, appointment_id=visit)

    def come_again(self) -> None:
        series = self.visit("2026-06-02T10:00:00+02:00", rrule="FREQ=WEEKLY;COUNT=2")
        self.ask("book_series", series | {"dry_run": True})
        self.make("series_id", "book_series", series)
        moved = {"from_occurrence": 2, "scope": "following", "starts_at": "2026-06-09T14:00:00+02:00"}
        self.ask("change_series", moved)
        self.ask("get_series")
        self.ask("list_series")
        self.ask("series_history", query={"limit": 2})

    def given(self, starts_at: str, **other: object) -> Json:
        """The body of a session."""
        staff = [self.ids["clinician_id"]]
        return {"service_id": self.ids["service_id"], "staff_ids": staff, "starts_at": starts_at, **other}

    def come_together(self) -> None:
        starts_at = "2026-05-11T18:00:00+02:00"
        self.make("session_id", "plan_session", self.given(starts_at, seats=1))
        other = {"patient_id": self.ids["other_patient_id"]}
        self.ask("enrol")
        self.ask("enrol", other | {"if_full": "wait"})
        self.ask("get_roster")
        self.ask("withdraw")
        self.ask("change_session", {"seats": 2})
        self.ask("list_enrolments", patient_id=self.ids["other_patient_id"])
        for operation in ("get_session", "list_sessions"):
            self.ask(operation)
        with self._at(starts_at):
            self.ask("note_attendance", {"patient_ids": list(other.values()), "attended": True})
        self.ask("session_history", query={"limit": 2})
        called_off = self.ask("plan_session", self.given("2026-05-12T18:00:00+02:00", seats=2))["id"]
        version = self.ask("cancel_session", session_id=called_off)["version"]
        self.ask("undo_session", {"version": version}, session_id=called_off)

    def take_a_course(self) -> None:
        course = self.given("2026-06-02T18:00:00+02:00", rrule="FREQ=WEEKLY;COUNT=2", seats=12)
        self.ask("plan_course", course | {"dry_run": True})
        self.make("course_id", "plan_course", course)
        self.ask("enrol_in_course")
        self.ask("get_course")
        self.ask("list_courses")
        self.ask("withdraw_from_course", {"patient_id": self.ids["patient_id"], "from_occurrence": 2})
        self.ask("change_course", {"from_occurrence": 2, "scope": "this", "starts_at": "2026-06-09T19:00:00+02:00"})
        self.ask("cancel_course", {"from_occurrence": 2, "reason": "the studio moves"})
        self.ask("course_history", query={"limit": 2})
        self.ask("calendar", query={"from": "2026-06-02", "to": "2026-06-03"})

    def wait(self) -> None:
        ids = self.ids
        self.make("entry_id", "join_waitlist")
        other = {"patient_id": ids["other_patient_id"], "service_id": ids["service_id"]}
        self.make("other_entry_id", "join_waitlist", other)
        self.ask("change_waitlist_entry", {"notice_minutes": 60})
        self.ask("get_waitlist_entry")
        free = {"clinician_id": ids["clinician_id"], "minutes": 60}
        for operation in ("withdraw_offer", "decline_offer", "accept_offer"):
            # A round names the position that the list had come to.
            self.ask("list_waitlist")
            opening = free | {"entry_ids": [ids["entry_id"]], "starts_at": "2026-06-01T15:00:00+02:00"}
            opened = self.ask("offer_by_hand", opening)
            ids["opening_id"], ids["offer_id"] = opened["id"], opened["rounds"][0]["offers"][0]["offer_id"]
            if operation == "withdraw_offer":
                self.ask("get_offer")
                self.ask("list_offers")
            self.ask(operation)
        self.ask("get_opening")
        self.ask("list_openings", query={"limit": 1})
        self.ask("withdraw_waitlist_entry", entry_id=ids["other_entry_id"])

    def import_patients(self) -> None:
        self.ids["import_id"] = str(bring(self.studio))
        self.ask("get_import")
        self.ask("list_imports")
        self.ask("undo_import")

    def take_time_off(self) -> None:
        """Somebody has a visit then: it stays, and is told of."""
        self.ask("set_time_off", {"ranges": [{"first_date": "2026-06-09", "last_date": "2026-06-09", "note": "ill"}]})
        self.ask("get_time_off")
        self.ask("list_conflicts")

    def tell_others(self, receiver: Receiver) -> None:
        self.make(
            "webhook_endpoint_id", "register_webhook_endpoint", {"url": receiver.url, "events": ["appointment.booked"]}
        )
        self.ask("book_appointment", self.visit("2026-06-03T14:00:00+02:00"))
        self.ask("test_webhook_endpoint")
        receiver.until(2)
        # What is told of them from then on is the same each time.
        until(self._are_sent, "both are noted as sent")
        self.ask("rotate_webhook_secret")
        self.ask("get_webhook_endpoint")
        self.ask("list_webhook_endpoints")
        self.ask("list_webhook_deliveries")
        self.ask("replay_webhook_messages")
        self.ask("change_webhook_endpoint")
        self.ask("remove_webhook_endpoint")

    def _are_sent(self) -> bool:
        path = f"/v1/webhook-endpoints/{self.ids['webhook_endpoint_id']}/deliveries"
        return {each["status"] for each in self.studio.client.get(path).json()["deliveries"]} == {"delivered"}

    def look_back(self) -> None:
        self.ask("list_events", query={"after": 0, "limit": 2})
        self.ask("diff", query={"from": "0", "to": "4", "limit": 2})
