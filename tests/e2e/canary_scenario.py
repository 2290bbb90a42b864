"""A scenario that writes canaries to each personal field: all routes, refusals, faults, imports."""

import csv
import json
import shutil
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from tests.e2e.canaries import Canary
from tests.e2e.http_practice import WEEKDAYS, ApiConnection, ApiResponse
from tests.e2e.scheduler_process import SchedulerProcess
from tests.support.paths import ROOT

MAPPING = """
loader = "no_shows"
source = "canaries"
columns = {practice = "Practice", patient = "Number", appointment = "Visit", booked_at = "Asked", on_date = "Day"}
outcomes = {}
practice = {zone = "Europe/Berlin", currency = "EUR", locale = "de-DE"}
clinicians = {name = "Clinician {number}", weekly = ["mon 07:00-19:00", "tue 07:00-19:00"]}
service = {name = "Examination", duration_minutes = 20}

[patient]
given_name = "{Given}"
family_name = "{Family}"
email = "{Mail}"
phone = "{Phone}"
date_of_birth = "{Born}"
"""
MONDAY = "2026-06-08"


@dataclass
class CanaryScenario:
    """``refusals``: responses of failed requests; ``written``: routes that succeeded."""

    program: SchedulerProcess
    canary: Canary
    practice_id: UUID
    owner: ApiConnection
    now: datetime
    written: set[tuple[str, str]] = field(default_factory=set)
    refusals: list[ApiResponse] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    minutes: "count[int]" = field(default_factory=lambda: count(10, 10))

    @classmethod
    def start(cls, program: SchedulerProcess, canary: Canary, now: datetime) -> "CanaryScenario":
        founded = json.loads(
            program.command(
                "practice", "create", "--name", "Praxis", "--zone", "Europe/Berlin", "--currency", "EUR", "--json"
            )
        )
        return cls(program, canary, UUID(founded["practice_id"]), ApiConnection(program.port, founded["api_key"]), now)

    def write(self, method: str, route: str, body: object = None, **ids: str) -> dict[str, Any]:
        """Send a write that must succeed; its Idempotency-Key is a canary too."""
        answer = self.owner.send(method, route.format(**ids), body, Idempotency_Key=f"{self.canary.latin} {uuid4()}")
        assert answer.succeeded, f"{method} {route}: {answer.text}"
        self.written.add((method, route))
        return dict(answer.body)

    def fail(self, status: int, method: str, path: str, body: object = None, **headers: str) -> None:
        """Send what must be refused, and keep the answer."""
        answer = self.owner.send(method, path, body, **headers)
        assert answer.status == status, f"{method} {path}: {answer.text}"
        self.refusals.append(answer)

    def set_up_practice(self) -> None:
        canary, ids = self.canary, self.ids
        self.write("PATCH", "/v1/practice", {"name": "Praxis am Park"})
        ids["location_id"] = self.write("POST", "/v1/locations", {"name": "Mitte", "zone": "Europe/Berlin"})["id"]
        self.write("PATCH", "/v1/locations/{location_id}", {"name": "Altstadt"}, **ids)
        room = {"location_id": ids["location_id"], "kind": "room", "name": "1"}
        ids["resource_id"] = self.write("POST", "/v1/resources", room)["id"]
        self.write("PATCH", "/v1/resources/{resource_id}", {"name": "2"}, **ids)
        repair = {"first_date": "2040-06-01", "last_date": "2040-06-02"}
        self.write("PUT", "/v1/resources/{resource_id}/out-of-service", {"ranges": [repair]}, **ids)
        hours = {
            "location_id": ids["location_id"],
            "weekly": [{"weekday": day, "from": "00:00", "to": "24:00"} for day in WEEKDAYS],
        }
        for which, name in (("clinician_id", canary.hebrew), ("other_clinician_id", canary.latin)):
            clinician = {"name": f"Dr. {name}", "email": canary.email, "zone": "Europe/Berlin"}
            id_ = ids[which] = self.write("POST", "/v1/clinicians", clinician)["id"]
            renamed = {"name": f"Dr. {canary.german} {name}"}
            self.write("PATCH", "/v1/clinicians/{clinician_id}", renamed, clinician_id=id_)
            self.write("PUT", "/v1/clinicians/{clinician_id}/hours", hours, clinician_id=id_)
            off = {"first_date": "2040-06-01", "last_date": "2040-06-02", "note": canary.reason}
            self.write("PUT", "/v1/clinicians/{clinician_id}/time-off", {"ranges": [off]}, clinician_id=id_)
        service = {
            "name": "Talk",
            "duration_minutes": 10,
            "step_minutes": 10,
            "price": {"amount_minor": 1000, "currency": "EUR"},
            "clinician_ids": [ids["clinician_id"], ids["other_clinician_id"]],
        }
        ids["service_id"] = self.write("POST", "/v1/services", service)["id"]
        self.write("PATCH", "/v1/services/{service_id}", {"name": "Gespräch"}, **ids)
        event = f"UID:{canary.email}\nSUMMARY:{canary.reason}\nDTSTART:20400601T080000Z\nDURATION:PT1H"
        busy = {"ics": f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"}
        self.write("PUT", "/v1/clinicians/{clinician_id}/busy-time", busy, **ids)
        feed = self.write("POST", "/v1/clinicians/{clinician_id}/feeds", {"detail": "name"}, **ids)
        self.write("DELETE", "/v1/feeds/{feed_id}", feed_id=feed["id"])
        key = self.write("POST", "/v1/api-keys", {"role": "front_desk", "label": "Empfang"})
        self.write("DELETE", "/v1/api-keys/{api_key_id}", api_key_id=key["id"])
        self.register_webhook()

    def register_webhook(self) -> None:
        """Register a webhook for all events. No receiver runs: queued messages are inspected."""
        route = "/v1/webhook-endpoints"
        hook = {
            "url": "https://hooks.invalid/",
            "events": ["patient.registered", "patient.details_changed", "appointment.booked", "appointment.cancelled"],
        }
        one = f"{route}/{{webhook_endpoint_id}}"
        endpoints = [str(self.write("POST", route, hook)["id"]) for _ in range(2)]
        for number, id_ in enumerate(endpoints):
            self.write("PATCH", one, {"url": f"https://hooks.invalid/{number}"}, webhook_endpoint_id=id_)
            self.write("POST", f"{one}/rotate-secret", {"overlap_hours": 1}, webhook_endpoint_id=id_)
            self.write("POST", f"{one}/test", webhook_endpoint_id=id_)
            self.write("POST", f"{one}/replay", {"from_position": 1}, webhook_endpoint_id=id_)
        self.write("DELETE", one, webhook_endpoint_id=endpoints[1])

    def use_patients(self) -> None:
        """Register, book, move, cancel, close, erase. A test erases ``patient_id`` later."""
        ids, canary = self.ids, self.canary
        patients = [self.write("POST", "/v1/patients", canary.patient(number))["id"] for number in range(4)]
        for number, patient in enumerate(patients):
            self.write("PATCH", "/v1/patients/{patient_id}", canary.patient(number + 1), patient_id=patient)
            self.change_patient_records(patient, number)
            visit = self.book(patient)
            self.write("PATCH", "/v1/appointments/{appointment_id}", {"notes": canary.reason}, appointment_id=visit)
            moved = {"starts_at": self.starts_at()}
            self.write("POST", "/v1/appointments/{appointment_id}/reschedule", moved, appointment_id=visit)
            self.cancel(visit)
            ids.setdefault("first_cancelled_id", visit)
        ids["patient_id"], ids["other_patient_id"] = patients[:2]
        pair = {"other_id": patients[2]}
        for verb in ("merge", "unmerge", "merge"):
            self.write("POST", f"/v1/patients/{{patient_id}}/{verb}", pair, patient_id=patients[0])
        ids["merged_id"] = patients[2]
        # What begins now can be closed now.
        closed = (
            (patients[0], "clinician_id", ("check-in", "complete")),
            (patients[1], "other_clinician_id", ("no-show",)),
        )
        for patient, which, acts in closed:
            ids["closed_id"] = self.book(patient, which, self.now.isoformat())
            for act in acts:
                self.write("POST", f"/v1/appointments/{{appointment_id}}/{act}", appointment_id=ids["closed_id"])
        self.book_series(patients[0])
        ids["appointment_id"] = self.book(patients[0])
        self.use_requests_and_undo(patients[1])
        self.run_sessions(*patients[:2])
        self.use_waitlist(patients[1])
        self.hand_over_visits(patients[1])
        self.send_files()
        self.write("DELETE", "/v1/patients/{patient_id}", patient_id=patients[-1])
        ids["erased_id"] = patients[-1]

    def change_patient_records(self, patient_id: str, number: int) -> None:
        """Set contacts, remarks and a consent that another person gave and withdrew."""
        canary, path = self.canary, "/v1/patients/{patient_id}"
        self.write("POST", f"{path}/feeds", {"detail": "visit"}, patient_id=patient_id)
        person = canary.patient(number)
        contact = {
            "kind": "guardian",
            "relation": canary.german,
            "name": f"{person['given_name']} {person['family_name']}",
            "phone": person["phone"],
            "email": person["email"],
            "may_book": True,
        }
        self.write("PUT", f"{path}/contacts", {"contacts": [contact]}, patient_id=patient_id)
        self.write("PATCH", path, {"notes": canary.reason, "alert": canary.latin}, patient_id=patient_id)
        decision = {"kind": "marketing", "how": "paper", "by_whom": canary.hebrew}
        self.write("POST", f"{path}/consents", decision | {"document_version": "1"}, patient_id=patient_id)
        self.write("POST", f"{path}/consents/withdraw", decision, patient_id=patient_id)

    def book_series(self, patient_id: str) -> None:
        """Book a series of visits and cancel one of them."""
        planned = self.booking_body(patient_id) | {"rrule": "FREQ=DAILY;COUNT=2", "notes": self.canary.latin}
        series = self.write("POST", "/v1/series", planned)["id"]
        history = self.program.command("history", series, "--practice", str(self.practice_id), "--json")
        assert history.count('"scheduling.appointment.booked"') > 1, (
            "the history of a series has the events of its visits"
        )
        for result in ({"cancel": {"reason": self.canary.reason}}, {"notes": self.canary.hebrew}):
            change = {"from_occurrence": 2, "scope": "this", **result}
            self.write("POST", "/v1/series/{series_id}/change", change, series_id=series)

    def run_sessions(self, patient_id: str, other_id: str) -> None:
        """Run a class: enrol, withdraw, wait, move up, attend. A second class is cancelled."""
        path = "/v1/sessions/{session_id}"
        planned = {
            "service_id": self.ids["service_id"],
            "staff_ids": [self.ids["other_clinician_id"]],
            "starts_at": self.starts_at(),
            "seats": 1,
        }
        of = {"session_id": self.write("POST", "/v1/sessions", planned)["id"]}
        for id_ in (patient_id, other_id):
            self.write("POST", f"{path}/enrol", {"patient_id": id_, "if_full": "wait"}, **of)
        self.write("POST", f"{path}/withdraw", {"patient_id": patient_id}, **of)
        # Moved to this moment, it begins.
        self.write("PATCH", path, {"starts_at": self.now.isoformat(), "seats": 2}, **of)
        self.write("POST", f"{path}/attendance", {"patient_ids": [other_id], "attended": True}, **of)
        of = {"session_id": self.write("POST", "/v1/sessions", planned | {"starts_at": self.starts_at()})["id"]}
        version = self.write("POST", f"{path}/cancel", {"reason": self.canary.reason}, **of)["version"]
        self.write("POST", f"{path}/undo", {"version": version}, **of)
        self.write("POST", f"{path}/cancel", {"reason": self.canary.reason}, **of)
        course = planned | {"starts_at": self.starts_at(), "rrule": "FREQ=DAILY;COUNT=2"}
        of = {"course_id": self.write("POST", "/v1/courses", course)["id"]}
        path = "/v1/courses/{course_id}"
        self.write("POST", f"{path}/enrol", {"patient_id": other_id}, **of)
        self.write("POST", f"{path}/withdraw", {"patient_id": other_id, "from_occurrence": 2}, **of)
        given = {"from_occurrence": 2, "scope": "this", "staff_ids": [self.ids["clinician_id"]]}
        self.write("POST", f"{path}/change", given, **of)
        self.write("POST", f"{path}/cancel", {"from_occurrence": 2, "reason": self.canary.reason}, **of)

    def use_requests_and_undo(self, patient_id: str) -> None:
        """Ask, agree, decline, hold, book against the rules, give to a colleague, undo."""
        ids, reason = self.ids, {"reason": self.canary.reason}
        asked = {**self.booking_body(patient_id), "status": "requested"}
        of: dict[str, str] = {}
        for verb, body in (("decline", reason), ("undo", None), ("confirm", None), ("reassign", {"resource_ids": []})):
            of = of or {"appointment_id": self.write("POST", "/v1/appointments", asked)["id"]}
            self.write("POST", f"/v1/appointments/{{appointment_id}}/{verb}", body, **of)
        self.write("POST", "/v1/appointments", {**asked, "status": "confirmed", "override": reason})
        held = {name: asked[name] for name in ("service_id", "clinician_id")} | {
            "starts_at": self.starts_at(),
            "minutes": 1,
            "contact": self.canary.email,
        }
        hold = {"hold_id": self.write("POST", "/v1/holds", held)["id"]}
        self.write("DELETE", "/v1/holds/{hold_id}", **hold)
        ids["declined_id"] = of["appointment_id"]

    def use_waitlist(self, patient_id: str) -> None:
        """Join the wait list, be offered times, say no, say yes, be passed over, leave."""
        who = {"patient_id": patient_id, "service_id": self.ids["service_id"]}
        entries = [self.write("POST", "/v1/waitlist", who)["id"] for _ in range(2)]
        self.write("PATCH", "/v1/waitlist/{entry_id}", {"notice_minutes": 5}, entry_id=entries[0])
        for method, verb in (("POST", "/decline"), ("DELETE", ""), ("POST", "/accept")):
            time = {"clinician_id": self.ids["clinician_id"], "starts_at": self.starts_at(), "minutes": 1}
            opening = self.write("POST", "/v1/openings", {**time, "entry_ids": entries[:1]})
            offer = opening["rounds"][0]["offers"][0]["offer_id"]
            self.write(method, f"/v1/offers/{{offer_id}}{verb}", offer_id=offer)
        self.write("DELETE", "/v1/waitlist/{entry_id}", entry_id=entries[1])

    def hand_over_visits(self, patient_id: str) -> None:
        """Give the one visit of a day to a colleague."""
        self.book(patient_id, starts_at="2026-07-31T08:00:00+00:00")
        day = {"from_date": "2026-07-31", "until_date": "2026-07-31"}
        self.write("POST", "/v1/clinicians/{clinician_id}/hand-over", day, **self.ids)

    def send_files(self) -> None:
        """Import a patient and a visit over HTTP, each with a row that is refused."""
        canary = self.canary
        people = [["1", canary.latin, canary.hebrew, canary.email], ["2", "", "", canary.reason]]
        file = _in_base64(["Patient Number", "First Name", "Last Name", "Email"], *people)
        self.write("POST", "/v1/imports/patients", {"format": "jane", "file": file})
        clinician = f"Dr. {canary.german} {canary.hebrew}"
        visits = [["2026-07-30 08:00", canary.latin, clinician, "Gespräch"], [canary.reason] * 4]
        mapping = {
            "source": "list",
            "starts_at": "{When}",
            "clinician": "{With}",
            "service": "{What}",
            "patient": {"full_name": "{Who}"},
        }
        file = _in_base64(["When", "Who", "With", "What"], *visits)
        self.write("POST", "/v1/imports/appointments", {"mapping": mapping, "file": file})

    def book(self, patient_id: str, which: str = "clinician_id", starts_at: str | None = None) -> str:
        noted = self.booking_body(patient_id, which, starts_at) | {"notes": self.canary.german}
        return str(self.write("POST", "/v1/appointments", noted)["id"])

    def booking_body(
        self, patient_id: str, which: str = "clinician_id", starts_at: str | None = None
    ) -> dict[str, object]:
        return {
            "patient_id": patient_id,
            "service_id": self.ids["service_id"],
            "clinician_id": self.ids[which],
            "starts_at": starts_at or self.starts_at(),
        }

    def starts_at(self) -> str:
        """A time that nothing else takes."""
        return (self.now + timedelta(minutes=next(self.minutes))).isoformat()

    def cancel(self, appointment_id: str) -> None:
        route = "/v1/appointments/{appointment_id}/cancel"
        self.write("POST", route, {"reason": self.canary.reason}, appointment_id=appointment_id)

    def send_refused_requests(self) -> None:
        """Fail in the ways that callers fail, with canaries in the request."""
        canary, ids = self.canary, self.ids
        person, reason = canary.patient(0), {"reason": canary.reason}
        taken = self.owner.send("GET", f"/v1/appointments/{ids['appointment_id']}").body["starts_at"]
        self.fail(409, "POST", "/v1/appointments", self.booking_body(ids["other_patient_id"], starts_at=taken))
        self.fail(409, "POST", f"/v1/appointments/{ids['closed_id']}/cancel", reason)
        self.fail(409, "PATCH", f"/v1/patients/{ids['erased_id']}", person)
        self.fail(404, "PATCH", f"/v1/patients/{uuid4()}", person)
        self.fail(404, "POST", f"/v1/appointments/{uuid4()}/cancel", reason)
        self.fail(412, "PATCH", f"/v1/patients/{ids['patient_id']}", person, If_Match=canary.latin)
        for name in person:
            self.fail(422, "POST", "/v1/patients", {**person, name: {canary.latin: canary.reason}})
            self.fail(422, "POST", "/v1/patients", {**person, name: f"{canary.reason}\0"})
        self.fail(422, "POST", "/v1/patients", f'{{"given_name": "{canary.reason}'.encode())
        self.fail(422, "POST", "/v1/patients", {**person, "given_name": canary.latin * 100})
        self.fail(401, "GET", "/v1/patients", Authorization=f"Bearer {canary.latin}")

    def send_canaries_everywhere(self) -> None:
        """Send canaries for each parameter and each body that the description names."""
        result = quote(self.canary.reason)
        for route, operations in self.description().items():
            for method, operation in operations.items():
                unknown = route.replace("{", f"{self.canary.latin}-").replace("}", "")
                self._may_fail(method, unknown, {})
                for parameter in operation.get("parameters", ()):
                    if parameter["in"] == "query" and method == "get":
                        self._may_fail(method, f"{_some(route)}?{parameter['name']}={result}", None)
                if method != "get":
                    self._may_fail(method, _some(route), {self.canary.latin: self.canary.reason})
                    self._may_fail(method, _some(route), f'["{self.canary.reason}"'.encode())

    def description(self) -> dict[str, dict[str, Any]]:
        return dict(self.owner.send("GET", "/openapi.json").body["paths"])

    def cause_internal_errors(self) -> None:
        """Let the database refuse rows of canaries, and damage an envelope."""
        visit = self.book(self.ids["other_patient_id"])
        with self._trap("log.event", "event_type <> 'scheduling.appointment.cancelled'"):
            self.fail(500, "POST", f"/v1/appointments/{visit}/cancel", {"reason": self.canary.reason})
        with self._trap("log.event", "event_type not like 'patients.%'"):
            self.fail(500, "POST", "/v1/patients", self.canary.patient(2))
        damaged = self.write("POST", "/v1/patients", self.canary.patient(1))["id"]
        with self.program.superuser() as connection:
            connection.execute(
                "update log.event set sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)"
                " where stream_id = %s",
                (damaged,),
            )
        self.fail(503, "GET", f"/v1/patients/{damaged}")

    def import_a_file(self, folder: Path, report: Path) -> dict[str, Any]:
        """Import rows of canaries, some of which cannot be kept."""
        canary = self.canary
        mapping, file = folder / "mapping.toml", folder / "visits.csv"
        shutil.copytree(ROOT / "examples/no_shows", folder / "no_shows")
        mapping.write_text(MAPPING, "utf-8")
        stems = (canary.latin, canary.hebrew, canary.german)
        rows = [[stem, stem, canary.email, canary.phone, canary.birthday] for stem in stems]
        rows += [[stems[0], stems[1], canary.reason, canary.phone, canary.birthday]]
        rows += [[stems[1], stems[2], canary.email, canary.reason, canary.birthday]]
        rows += [[stems[2], stems[0], canary.email, canary.phone, canary.reason]]
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(["Practice", "Number", "Visit", "Asked", "Day", "Given", "Family", "Mail", "Phone", "Born"])
            writer.writerows(["Old town", n, n, f"{MONDAY}T06:00:00Z", MONDAY, *row] for n, row in enumerate(rows))
        result = self.program.command(
            "import", "appointments", str(file), "--mapping", str(mapping), "--report", str(report), "--json"
        )
        return dict(json.loads(result))

    def import_patients(self, folder: Path, report: Path) -> dict[str, Any]:
        """Import patients with canaries in each cell, and undo it; return the output."""
        canary, file = self.canary, folder / "patients.csv"
        whole = [canary.latin, canary.hebrew, canary.email, canary.phone, canary.birthday, canary.reason, canary.german]
        rows = [
            whole,
            *([*whole[:at], canary.reason * 9, *whole[at + 1 :]] for at in range(len(whole))),
            ["", "", *whole[2:]],
        ]
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(
                [
                    "First Name",
                    "Last Name",
                    "Email",
                    "Mobile Phone",
                    "Birth Date",
                    "Medical Alert",
                    "Guardian Name",
                    "Patient Number",
                ]
            )
            # A letter makes each of them somebody else.
            writer.writerows([row[0] and f"{row[0]} {'abcdefghij'[n]}", *row[1:], n] for n, row in enumerate(rows))
        practice = ("--practice", str(self.practice_id))
        command = ("import", "patients", str(file), "--format", "jane", "--report", str(report), "--json", *practice)
        done = json.loads(self.program.command(*command))
        undone = self.program.command("import", "undo", done["import_id"], *practice, "--json")
        self.program.command(*command)
        self.write("POST", "/v1/imports/{import_id}/undo", {"what_can_be": True}, import_id=done["import_id"])
        return {**done, "withdrawn": json.loads(undone)["withdrawn"], "output": json.dumps(done) + undone}

    def _may_fail(self, method: str, path: str, body: object) -> None:
        answer = self.owner.send(method.upper(), path, body)
        if not answer.succeeded:
            self.refusals.append(answer)

    @contextmanager
    def _trap(self, table: str, condition: str) -> Iterator[None]:
        with self.program.superuser() as connection:
            connection.execute(f"alter table {table} add constraint trap check ({condition}) not valid".encode())
            try:
                yield
            finally:
                connection.execute(f"alter table {table} drop constraint trap".encode())


def _in_base64(*rows: list[str]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return b64encode(text.getvalue().encode()).decode()


def _some(route: str) -> str:
    """The route with an id in each place that is nobody's."""
    while "{" in route:
        before, _, rest = route.partition("{")
        route = f"{before}{uuid4()}{rest.partition('}')[2]}"
    return route
