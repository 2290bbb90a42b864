"""Personal data appears in no log, refusal or metric. Seeded canaries prove it."""

from pathlib import Path

from tests.api.api_server import ApiServer
from tests.api.practice_client import PracticeClient

CANARY = "Kanarienvogel"
EMAIL = "kanarienvogel@example.org"
PHONE = "+493012345678"
REASON = "Kanarienvogel erzählt ein Geheimnis"
SECRETS = ("kanarienvogel", PHONE, PHONE[3:], "geheimnis")


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text.lower()]


class TestCanaries:
    def test_are_in_no_refusal_log_line_or_metric(self, studio: PracticeClient) -> None:
        server, client = studio.server, studio.client
        person = {"given_name": CANARY, "family_name": CANARY, "email": EMAIL, "phone": PHONE}
        patient = studio.create("/v1/patients", **person)["id"]
        visit = studio.book_appointment(patient_id=patient)
        studio.post_action(visit["id"], "cancel", reason=REASON)

        torn = f'{{"given_name": "{CANARY}'.encode()

        refusals = [
            client.post("/v1/patients", json=person | {CANARY: CANARY}),
            client.post("/v1/patients", json=person | {"email": f"{CANARY} at home"}),
            client.post("/v1/patients", json=person | {"phone": CANARY}),
            client.post("/v1/patients", json=person | {"date_of_birth": CANARY}),
            client.post("/v1/patients", json=person | {"tags": CANARY}),
            client.post("/v1/patients", json=person | {"zone": CANARY}),
            client.post("/v1/patients", content=torn),
            client.post("/v1/patients", content=torn, headers={"Content-Type": "application/json"}),
            client.post("/v1/patients", json=[CANARY]),
            client.patch(f"/v1/patients/{patient}", json={"given_name": CANARY * 100}),
            client.post("/v1/appointments", json=studio.booking_body(CANARY)),
            client.post("/v1/appointments", json=studio.booking_body({"local": CANARY, "zone": CANARY})),
            client.post(f"/v1/appointments/{visit['id']}/cancel", json={"reason": REASON, "name": CANARY}),
            client.post(f"/v1/appointments/{visit['id']}/reschedule", json={"starts_at": REASON}),
            client.patch(f"/v1/appointments/{visit['id']}", json={"notes": REASON * 200}),
            client.patch(f"/v1/appointments/{visit['id']}", json={"notes": [REASON]}),
            client.get(f"/v1/patients/{CANARY}"),
            client.get(f"/v1/{CANARY}"),
            client.get("/v1/patients", params={"cursor": CANARY}),
            client.get("/v1/appointments", params={"status": CANARY}),
            client.get("/v1/calendar", params={"from": CANARY, "to": CANARY}),
            client.post("/v1/locations", json={"name": "x", "zone": "UTC"}, headers={"Idempotency-Key": CANARY * 20}),
            client.get("/v1/practice", headers={"Authorization": f"Bearer {CANARY}"}),
        ]

        for refusal in refusals:
            assert refusal.status_code in (401, 404, 409, 415, 422), refusal.text
            assert leaks(refusal.text) == []
            assert leaks(str(refusal.headers)) == []
        assert leaks(server.metrics.exposition().decode()) == []
        assert leaks("\n".join(server.log.lines)) == []
        assert leaks(_logged_by_postgres(server)) == []

    def test_are_not_in_unexpected_errors(self, server: ApiServer, studio: PracticeClient) -> None:
        async def fails() -> None:
            raise RuntimeError(f"{CANARY} {PHONE}")

        server.app.add_api_route("/boom", fails, include_in_schema=False)
        said_before = len(server.log.lines)

        answer = server.client(None).get("/boom")

        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert leaks(answer.text) == []
        [line] = server.log.lines[said_before:]
        assert answer.json()["request_id"] in line
        assert "RuntimeError" in line
        assert "test_leaks.py" in line
        assert leaks(line) == []


def _logged_by_postgres(server: ApiServer) -> str:
    folder: Path = server.container.settings.data
    return "\n".join(path.read_text(errors="replace") for path in folder.glob("postgres.log*"))
