"""One Idempotency-Key, one command, one answer."""

import httpx2
import pytest

from tests.api.practice_client import PracticeClient, codes
from tests.support.concurrency import map_concurrently


def send(studio: PracticeClient, key: str, path: str, body: dict[str, object]) -> httpx2.Response:
    return studio.client.post(path, json=body, headers={"Idempotency-Key": key})


class TestRepeat:
    def test_in_parallel_gives_one_event_and_one_answer(self, studio: PracticeClient) -> None:
        answers = map_concurrently(3, lambda _: send(studio, "k", "/v1/appointments", studio.booking_body()))

        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.content for answer in answers}) == 1
        first = answers[0].json()
        history = studio.client.get(f"/v1/appointments/{first['id']}/history", params={"after": first["position"]})
        assert len(history.json()["history"]) == 1

    def test_answers_what_was_answered_first_whatever_happened_since(self, studio: PracticeClient) -> None:
        first = send(studio, "k", "/v1/appointments", studio.booking_body())
        studio.post_action(first.json()["id"], "cancel", reason="patient rang")

        again = send(studio, "k", "/v1/appointments", studio.booking_body())

        assert (again.status_code, again.json()["status"]) == (201, "booked")
        assert again.content == first.content

    def test_with_reordered_fields_is_the_same_command(self, studio: PracticeClient) -> None:
        first = send(studio, "k", "/v1/locations", {"name": "Nord", "zone": "Europe/Berlin"})
        again = studio.client.post(
            "/v1/locations",
            content=b'{ "zone": "Europe/Berlin",  "name": "Nord" }',
            headers={"Idempotency-Key": "k", "Content-Type": "application/json"},
        )

        assert again.json() == first.json()

    def test_with_another_body_is_refused(self, studio: PracticeClient) -> None:
        send(studio, "k", "/v1/appointments", studio.booking_body())

        other = send(studio, "k", "/v1/appointments", studio.booking_body("2026-06-01T11:00:00+02:00"))

        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")

    def test_on_another_route_or_thing_is_refused(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(f"2026-06-01T{hour}:00:00+02:00")["id"] for hour in ("09", "11")]
        body: dict[str, object] = {"reason": "patient rang"}
        assert send(studio, "k", f"/v1/appointments/{visits[0]}/cancel", body).status_code == 200

        other = send(studio, "k", f"/v1/appointments/{visits[1]}/cancel", body)

        assert other.json()["code"] == "idempotency_mismatch"
        assert studio.client.get(f"/v1/appointments/{visits[1]}").json()["status"] == "booked"

    def test_of_a_refused_command_is_decided_anew(self, studio: PracticeClient) -> None:
        blocking = studio.book_appointment()
        assert send(studio, "k", "/v1/appointments", studio.booking_body()).status_code == 409

        studio.post_action(blocking["id"], "cancel", reason="patient rang")

        assert send(studio, "k", "/v1/appointments", studio.booking_body()).status_code == 201

    def test_under_another_key_of_the_practice_is_another_command(self, studio: PracticeClient) -> None:
        desk = studio.client_with_role("front_desk")
        body = {"given_name": "Ada", "family_name": "Groß"}

        answers = [
            client.post("/v1/patients", json=body, headers={"Idempotency-Key": "k"}) for client in (studio.client, desk)
        ]

        assert codes(answers) == [(201, None), (201, None)]
        assert answers[0].json()["id"] != answers[1].json()["id"]

    def test_of_an_issued_key_does_not_show_the_secret_again(self, studio: PracticeClient) -> None:
        body: dict[str, object] = {"role": "auditor", "label": "audit"}

        first, again = (send(studio, "k", "/v1/api-keys", body).json() for _ in range(2))

        assert first["key"].startswith("sk_")
        assert again == {**first, "key": None}


class TestKey:
    @pytest.mark.parametrize("verb", ["POST", "PATCH"])
    def test_is_one(self, studio: PracticeClient, verb: str) -> None:
        path = "/v1/locations" if verb == "POST" else f"/v1/locations/{studio.location}"
        keys = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]

        answer = studio.client.request(verb, path, json={"name": "Nord", "zone": "Europe/Berlin"}, headers=keys)

        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"] == [{"field": "Idempotency-Key", "message": "this may be sent only once"}]

    @pytest.mark.parametrize("key", ["", "x" * 201, "tab\tbed", "Schlüssel".encode("latin-1")])
    def test_of_another_form_is_refused(self, studio: PracticeClient, key: str | bytes) -> None:
        headers = {b"Idempotency-Key": key if isinstance(key, bytes) else key.encode()}

        answer = studio.client.post("/v1/locations", json={"name": "Nord", "zone": "UTC"}, headers=headers)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
