"""Who may do what, and what becomes of keys."""

import hashlib
import re
from datetime import UTC, datetime

import httpx2
import pytest

from application.kernel.permissions import ALLOWED, Permission
from domain.access.api_key import Role
from tests.api.api_server import ApiServer
from tests.api.importing.import_requests import import_patients, upload
from tests.api.practice_client import PracticeClient
from tests.application.importing.patients.patient_file import csv_of, people
from tests.support.concurrency import map_concurrently
from tests.support.paths import DOCS

ROLES = [role.value for role in Role]
WINDOW = "from=2026-06-01&to=2026-06-02"

SEES_PATIENTS = ("owner", "admin", "front_desk", "clinician")
MAY = {
    Permission.READ_PRACTICE: (*SEES_PATIENTS, "biller", "auditor", "analyst"),
    Permission.CHANGE_PRACTICE: ("owner", "admin"),
    Permission.MANAGE_KEYS: ("owner", "admin"),
    Permission.MANAGE_WEBHOOKS: ("owner", "admin"),
    Permission.READ_PATIENTS: (*SEES_PATIENTS, "biller", "auditor"),
    Permission.CHANGE_PATIENTS: SEES_PATIENTS,
    Permission.READ_REMARKS: (*SEES_PATIENTS, "auditor"),
    Permission.MERGE_PATIENTS: ("owner", "admin", "front_desk"),
    Permission.ERASE_PATIENTS: ("owner", "admin"),
    Permission.IMPORT: ("owner", "admin"),
    Permission.UNDO_IMPORTS: ("owner", "admin"),
    Permission.READ_VISITS: (*SEES_PATIENTS, "biller", "auditor", "analyst"),
    Permission.CHANGE_VISITS: SEES_PATIENTS,
    Permission.ENROL: SEES_PATIENTS,
    Permission.NOTE_ATTENDANCE: SEES_PATIENTS,
    Permission.DOUBLE_BOOK: SEES_PATIENTS,
    Permission.SHARE_CALENDARS: SEES_PATIENTS,
    Permission.READ_HISTORY: (*SEES_PATIENTS, "auditor"),
    Permission.READ_LOG: ("owner", "auditor"),
}
"""Written down a second time: a right that is given by mistake fails here, not only on a page."""


def status_of(studio: PracticeClient, client: httpx2.Client, action: Permission) -> int:
    """Ask for something that takes the action."""
    if action is Permission.READ_REMARKS:
        studio.client.patch(f"/v1/patients/{studio.patient}", json={"alert": "Penicillin"})
        return 200 if "Penicillin" in client.get(f"/v1/patients/{studio.patient}").text else 403
    asked = {
        Permission.READ_PRACTICE: lambda: client.get("/v1/services"),
        Permission.CHANGE_PRACTICE: lambda: client.patch("/v1/practice", json={}),
        Permission.MANAGE_KEYS: lambda: client.get("/v1/api-keys"),
        Permission.MANAGE_WEBHOOKS: lambda: client.get("/v1/webhook-endpoints"),
        Permission.READ_PATIENTS: lambda: client.get(f"/v1/patients/{studio.patient}"),
        Permission.CHANGE_PATIENTS: lambda: client.patch(f"/v1/patients/{studio.patient}", json={}),
        Permission.MERGE_PATIENTS: lambda: client.post(
            f"/v1/patients/{studio.add_patient()}/merge", json={"other_id": studio.add_patient()}
        ),
        Permission.ERASE_PATIENTS: lambda: client.delete(f"/v1/patients/{studio.add_patient()}"),
        Permission.IMPORT: lambda: upload(studio, csv_of(people(1)), client=client, dry_run=True),
        Permission.UNDO_IMPORTS: lambda: client.post(f"/v1/imports/{import_patients(studio)}/undo"),
        Permission.READ_VISITS: lambda: client.get(f"/v1/calendar?{WINDOW}"),
        Permission.CHANGE_VISITS: lambda: client.post("/v1/appointments", json=studio.booking_body()),
        Permission.ENROL: lambda: client.post(
            f"/v1/sessions/{_session(studio)}/enrol", json={"patient_id": studio.patient}
        ),
        Permission.NOTE_ATTENDANCE: lambda: _note_attendance(studio, client),
        Permission.READ_LOG: lambda: client.get("/v1/events"),
        Permission.DOUBLE_BOOK: lambda: client.post(
            "/v1/appointments", json=studio.booking_body(override={"reason": "x"})
        ),
        Permission.SHARE_CALENDARS: lambda: client.get("/v1/feeds"),
        Permission.READ_HISTORY: lambda: client.get(f"/v1/patients/{studio.patient}/history"),
    }
    return asked[action]().status_code


def _session(studio: PracticeClient) -> str:
    """Plan a session at a time that nothing else takes; return its id."""
    leader = studio.add_clinician()
    studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, leader]})
    body = {"service_id": studio.service, "staff_ids": [leader], "seats": 1, "starts_at": "2026-06-01T15:00:00+02:00"}
    return str(studio.create("/v1/sessions", **body)["id"])


def _note_attendance(studio: PracticeClient, client: httpx2.Client) -> httpx2.Response:
    path, patient = f"/v1/sessions/{_session(studio)}", studio.add_patient()
    studio.client.post(f"{path}/enrol", json={"patient_id": patient})
    with studio.server.at_time(datetime(2026, 6, 1, 13, tzinfo=UTC)):
        return client.post(f"{path}/attendance", json={"patient_ids": [patient], "attended": True})


class TestRoles:
    @pytest.mark.parametrize("role", ROLES)
    def test_may_do_exactly_what_the_table_allows(self, studio: PracticeClient, role: str) -> None:
        client = studio.client_with_role(role)

        statuses = {action: status_of(studio, client, action) for action in Permission}

        assert set(statuses.values()) <= {200, 201, 403}
        assert {action for action, status in statuses.items() if status != 403} == {
            action for action, roles in MAY.items() if role in roles
        }

    def test_that_do_not_see_patients_count_visits_without_names(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        studio.post_action(visit["id"], "cancel", reason="secret reason")
        analyst = studio.client_with_role("analyst")

        shown = analyst.get(f"/v1/calendar?{WINDOW}&after={visit['position']}")

        assert shown.json()["appointments"][0]["patient"] is None
        assert "Groß" not in shown.text
        assert "secret reason" not in analyst.get(f"/v1/appointments/{visit['id']}").text

    def test_an_admin_makes_and_ends_no_owner(self, studio: PracticeClient) -> None:
        admin = studio.client_with_role("admin")
        owner = studio.client.get("/v1/api-keys").json()["api_keys"][0]

        assert admin.post("/v1/api-keys", json={"role": "owner", "label": "mine"}).status_code == 403
        assert admin.delete(f"/v1/api-keys/{owner['id']}").status_code == 403
        assert admin.post("/v1/api-keys", json={"role": "admin", "label": "second"}).status_code == 201


class TestGranting:
    @pytest.mark.parametrize("role", ROLES)
    def test_gives_no_permission_that_the_grantor_lacks(self, studio: PracticeClient, role: str) -> None:
        admin = studio.client_with_role("admin")
        exceeds = any(Role(role) in roles and Role.ADMIN not in roles for roles in ALLOWED.values())

        issued = admin.post("/v1/api-keys", json={"role": role, "label": "x"})

        assert exceeds == (role in ("owner", "auditor"))
        assert (issued.status_code, issued.json().get("code")) == ((403, "not_permitted") if exceeds else (201, None))

    def test_takes_no_key_from_a_role_that_it_could_not_give(self, studio: PracticeClient) -> None:
        admin, auditor = studio.client_with_role("admin"), studio.client_with_role("auditor")
        key_id = studio.client.get("/v1/api-keys").json()["api_keys"][-1]["id"]

        assert admin.delete(f"/v1/api-keys/{key_id}").status_code == 403
        assert auditor.get("/v1/events").status_code == 200


class TestLastOwner:
    def test_is_not_revoked(self, studio: PracticeClient) -> None:
        [owner] = studio.client.get("/v1/api-keys").json()["api_keys"]
        studio.client_with_role("admin")

        refused = studio.client.delete(f"/v1/api-keys/{owner['id']}")

        assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
        assert studio.client.get(f"/v1/api-keys/{owner['id']}").json()["version"] == 1

    def test_is_the_one_who_is_left(self, studio: PracticeClient) -> None:
        second = studio.client_with_role("owner")
        first_id, second_id = (key["id"] for key in studio.client.get("/v1/api-keys").json()["api_keys"])

        assert second.delete(f"/v1/api-keys/{first_id}").status_code == 200
        assert second.delete(f"/v1/api-keys/{first_id}").status_code == 200
        assert second.delete(f"/v1/api-keys/{second_id}").json()["code"] == "last_owner"

    @pytest.mark.parametrize("round_", range(5))
    def test_is_left_by_owners_who_revoke_each_other(self, studio: PracticeClient, round_: int) -> None:
        owners = [studio.client, studio.client_with_role("owner")]
        ids = [key["id"] for key in studio.client.get("/v1/api-keys").json()["api_keys"]]

        revoked = map_concurrently(2, lambda n: owners[n].delete(f"/v1/api-keys/{ids[1 - n]}"))

        first, second = sorted(answer.status_code for answer in revoked)
        assert (first, second in (401, 409)) == (200, True)
        assert sorted(owner.get("/v1/practice").status_code for owner in owners) == [200, 401]


class TestBoundClinician:
    """R10: a clinician acting on another's visit."""

    def test_changes_their_own_visits_alone(self, studio: PracticeClient) -> None:
        mine, other = studio.clinician, studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[mine, other])
        theirs = studio.book_appointment(clinician_id=other)
        bound = studio.client_with_role("clinician", clinician_id=mine)
        unknown = bound.post("/v1/appointments/01980c5a-0000-7000-8000-000000000000/cancel", json={"reason": "x"})

        refused = bound.post(f"/v1/appointments/{theirs['id']}/cancel", json={"reason": "x"})

        assert refused.status_code == 404
        assert {**refused.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert any(
            "refused OutOfReachError" in line and refused.json()["request_id"] in line
            for line in studio.server.log.lines
        )
        assert studio.client.get(f"/v1/appointments/{theirs['id']}").json()["version"] == 1
        booking = studio.booking_body("2026-06-01T11:00:00+02:00")
        assert bound.post("/v1/appointments", json=booking | {"clinician_id": other}).status_code == 404
        assert bound.post("/v1/appointments", json=booking).status_code == 201

    def test_belongs_to_no_other_role(self, studio: PracticeClient) -> None:
        body = {"role": "biller", "label": "x", "clinician_id": studio.clinician}

        assert studio.client.post("/v1/api-keys", json=body).json()["errors"][0]["field"] == "clinician_id"


class TestRefusals:
    def test_are_all_counted(self, studio: PracticeClient) -> None:
        before = {reason: refusals(studio, reason) for reason in ("invalid_key", "not_permitted", "out_of_reach")}
        mine = studio.client_with_role("clinician", clinician_id=studio.clinician)
        other, nobody = studio.add_clinician(), studio.server.client(None)

        for _ in range(3):
            assert nobody.get("/v1/practice").status_code == 401
            assert mine.get("/v1/events").status_code == 403
            assert mine.get(f"/v1/feeds?clinician_id={other}").status_code == 404

        assert {reason: refusals(studio, reason) - count for reason, count in before.items()} == {
            "invalid_key": 3,
            "not_permitted": 3,
            "out_of_reach": 3,
        }


def refusals(studio: PracticeClient, reason: str) -> float:
    """Return how many refusals the metrics count."""
    text = studio.server.app.state.metrics.exposition().decode()
    found = re.search(rf'^scheduler_http_refusals_total{{reason="{reason}"}} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0


class TestKeys:
    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            "Bearer",
            "Bearer sk_short",
            "Basic c2s6",
            f"Bearer sk_{'A' * 43}",
            "Bearer sk_" + "ä" * 43,
        ],
    )
    def test_that_are_unknown_open_nothing(self, server: ApiServer, header: str | None) -> None:
        nobody = server.client(None)
        headers = {b"Authorization": header.encode("latin-1")} if header is not None else {}

        for verb, path in (("GET", "/v1/practice"), ("POST", "/v1/patients"), ("GET", "/v1/nothing")):
            answer = nobody.request(verb, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_end_with_the_answer_that_revokes_them(self, studio: PracticeClient) -> None:
        desk = studio.client_with_role("front_desk")
        assert desk.get("/v1/practice").status_code == 200
        key_id = studio.client.get("/v1/api-keys").json()["api_keys"][-1]["id"]

        revoked = studio.client.delete(f"/v1/api-keys/{key_id}")

        assert (revoked.status_code, revoked.json()["revoked"]) == (200, True)
        assert desk.get("/v1/practice").status_code == 401
        assert studio.client.delete(f"/v1/api-keys/{key_id}").json()["version"] == 2

    def test_are_kept_as_hashes(self, studio: PracticeClient) -> None:
        made = studio.create("/v1/api-keys", role="auditor", label="audit")

        container = studio.server.container
        actor = container.access.find_actor(_hash(studio.key))
        assert actor is not None
        with container.storage.transaction(actor.tenant_id) as cursor:
            rows = cursor.execute("select body::text, encode(sealed, 'escape') from log.event").fetchall()

        assert made["key"] not in str(rows)
        assert _hash(made["key"]).hex() in str(rows)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


class TestPage:
    def test_says_what_the_table_says(self) -> None:
        page = (DOCS / "how-to" / "roles.md").read_text("utf-8")
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]

        documented = {
            row[0]: {role for role, cell in zip(rows[0][1:], row[1:], strict=True) if cell} for row in rows[2:]
        }

        assert documented == {action.value: {role.value for role in ALLOWED[action]} for action in Permission}
