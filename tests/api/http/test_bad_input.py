"""Input that can never be right: refused by name, stored nowhere, repeated nowhere."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import pytest

from tests.api.practice_client import Json, PracticeClient

PRICE = {"amount_minor": 8000, "currency": "EUR"}


class TestBodies:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("duration_minutes", 0),
            ("duration_minutes", -30),
            ("duration_minutes", 1441),
            ("duration_minutes", 30.5),
            ("duration_minutes", "30"),
            ("duration_minutes", True),
            ("duration_minutes", 10**30),
            ("buffer_before_minutes", -1),
            ("buffer_after_minutes", 481),
            ("step_minutes", 0),
            ("minimum_notice_minutes", -1),
            ("horizon_days", 0),
            ("mode", "by_post"),
            ("name", ""),
            ("name", "x" * 201),
            ("name", "\u202e\u200b"),
            ("name", "a\0b"),
            ("requires", [{"kind": "spaceship"}]),
            ("clinician_ids", ["not-an-id"]),
        ],
    )
    def test_a_service_that_cannot_be(self, studio: PracticeClient, field: str, value: object) -> None:
        body = {"name": "x", "duration_minutes": 30, "price": PRICE, field: value}

        answer = studio.client.post("/v1/services", json=body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
        assert answer.json()["errors"][0]["field"].split(".")[0] == field

    @pytest.mark.parametrize(
        "price",
        [
            {"amount_minor": -1, "currency": "EUR"},
            {"amount_minor": 1, "currency": "XXX"},
            {"amount_minor": 1.5, "currency": "EUR"},
            {"amount_minor": 10**16, "currency": "EUR"},
            {},
            80,
        ],
    )
    def test_a_price_that_cannot_be(self, studio: PracticeClient, price: object) -> None:
        answer = studio.client.post("/v1/services", json={"name": "x", "duration_minutes": 30, "price": price})

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")

    def test_a_negative_price_is_told_the_bounds_of_prices(self, studio: PracticeClient) -> None:
        price = {"amount_minor": -1, "currency": "EUR"}

        answer = studio.client.post("/v1/services", json={"name": "x", "duration_minutes": 30, "price": price})

        message = f"price.amount_minor is at least 0 and at most {10**15}"
        assert answer.json()["errors"] == [{"field": "price.amount_minor", "message": message}]

    @pytest.mark.parametrize(
        ("starts", "ends"), [("17:00", "17:00"), ("25:00", "26:00"), ("9:00", "17:00"), ("09:00", "24:30"), ("", "")]
    )
    def test_hours_that_cannot_be(self, studio: PracticeClient, starts: str, ends: str) -> None:
        body = {"location_id": studio.location, "weekly": [{"weekday": "mon", "from": starts, "to": ends}]}

        answer = studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=body)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "weekly")

    def test_hours_that_overlap(self, studio: PracticeClient) -> None:
        weekly_series = [
            {"weekday": "mon", "from": "09:00", "to": "12:00"},
            {"weekday": "mon", "from": "11:00", "to": "13:00"},
        ]

        answer = studio.client.put(
            f"/v1/clinicians/{studio.clinician}/hours", json={"location_id": studio.location, "weekly": weekly_series}
        )

        assert answer.status_code == 422

    @pytest.mark.parametrize(
        ("path", "field", "value"),
        [
            ("appointments", "price_cents", 1),
            ("appointments", "payment_status", "paid"),
            ("appointments", "tenant_id", "x"),
            ("appointments", "ends_at", "2026-06-01T09:01:00Z"),
            ("patients", "id", "01980c5a-0000-7000-8000-000000000000"),
            ("patients", "erased", False),
            ("locations", "version", 7),
        ],
    )
    def test_a_field_that_is_not_the_callers_is_refused_not_ignored(
        self, studio: PracticeClient, path: str, field: str, value: object
    ) -> None:
        bodies: dict[str, Json] = {
            "appointments": studio.booking_body(),
            "patients": {"given_name": "A", "family_name": "B"},
            "locations": {"name": "Nord", "zone": "UTC"},
        }

        answer = studio.client.post(f"/v1/{path}", json=bodies[path] | {field: value})

        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"field": field, "message": "there is no such field"}]

    @pytest.mark.parametrize("status", ["completed", "booked", "", None, 1])
    def test_a_visit_begins_requested_or_confirmed(self, studio: PracticeClient, status: object) -> None:
        answer = studio.post_booking(status=status)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "status")

    def test_an_action_takes_no_field(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        assert studio.post_action(visit["id"], "check-in", status="completed").status_code == 422
        assert studio.client.post(f"/v1/appointments/{visit['id']}/check-in").json()["code"] == "not_started"
        with studio.server.at_time(datetime(2026, 6, 1, 6, tzinfo=UTC)):
            assert studio.client.post(f"/v1/appointments/{visit['id']}/check-in").status_code == 200

    @pytest.mark.parametrize(
        ("content", "kind", "status"),
        [
            (b"{", "application/json", 422),
            (b"", "application/json", 422),
            (b"[]", "application/json", 422),
            (b"null", "application/json", 422),
            (b'{"name": "x", "zone": NaN}', "application/json", 422),
            (b'{"name": "\xff", "zone": "UTC"}', "application/json", 400),
            (b'{"name": "\\ud800", "zone": "UTC"}', "application/json", 422),
            (b'{"name": "x", "zone": "UTC"}', "text/plain", 415),
            (b"name=x&zone=UTC", "application/x-www-form-urlencoded", 415),
            (b'{"name": "x", "zone": "UTC"}', "application/xml; charset=utf-8", 415),
            (b'{"name": "x", "zone": 1}', "application/merge-patch+json", 422),
            (b"[" * 60_000, "application/json", 400),
            (b'{"name": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        ],
    )
    def test_with_invalid_json_return_a_problem(
        self, studio: PracticeClient, content: bytes, kind: str, status: int
    ) -> None:
        answer = studio.client.post("/v1/locations", content=content, headers={"Content-Type": kind})

        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "latin-1"])
    def test_in_another_encoding_than_utf_8_are_refused(self, studio: PracticeClient, encoding: str) -> None:
        before = studio.client.get("/v1/locations").json()
        content = '{"name": "Süd", "zone": "UTC"}'.encode(encoding)

        for kind in ("application/json", "application/json; charset=utf-16"):
            answer = studio.client.post("/v1/locations", content=content, headers={"Content-Type": kind})

            assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), answer.text
            assert "UTF-8" in answer.json()["detail"]
        assert studio.client.get("/v1/locations").json() == before

    def test_in_another_encoding_are_refused_in_a_dry_run_too(self, studio: PracticeClient) -> None:
        body = studio.booking_body(rrule="FREQ=WEEKLY;COUNT=2", dry_run=True)
        kind = {"Content-Type": "application/json"}

        answer = studio.client.post("/v1/series", content=json.dumps(body).encode("utf-16"), headers=kind)

        assert studio.client.post("/v1/series", json=body).status_code == 200
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")

    def test_with_a_byte_order_mark_are_read(self, studio: PracticeClient) -> None:
        content = '\ufeff{"name": "Süd", "zone": "UTC"}'.encode()

        answer = studio.client.post("/v1/locations", content=content, headers={"Content-Type": "application/json"})

        assert (answer.status_code, answer.json()["name"]) == (201, "Süd")

    def test_with_a_byte_order_mark_may_not_repeat_a_field(self, studio: PracticeClient) -> None:
        content = '\ufeff{"name": "Süd", "name": "Nord", "zone": "UTC"}'.encode()

        answer = studio.client.post("/v1/locations", content=content, headers={"Content-Type": "application/json"})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name")

    def test_with_invalid_json_name_the_body(self, studio: PracticeClient) -> None:
        answer = studio.client.post(
            "/v1/locations", content=b'{"name": x}', headers={"Content-Type": "application/json"}
        )

        assert answer.json()["errors"] == [{"field": "body", "message": "the body is not JSON"}]

    def test_of_another_kind_are_refused_where_a_body_may_be_left_out_too(self, studio: PracticeClient) -> None:
        path = f"/v1/appointments/{studio.book_appointment()['id']}/check-in"

        answer = studio.client.post(path, content=b"{}", headers={"Content-Type": "text/plain"})

        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    def test_without_an_end_are_cut_off(self, studio: PracticeClient) -> None:
        def endless() -> Iterator[bytes]:
            for _ in range(100):
                yield b" " * 1024

        answer = studio.client.post("/v1/locations", content=endless(), headers={"Content-Type": "application/json"})

        assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")

    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("locations", b'{"name": "Mitte", "zone": "Europe/Berlin", "zone": "Asia/Tokyo"}', "zone"),
            ("locations", b'{"name": "Mitte", "\\u006eame": "Nord", "zone": "Europe/Berlin"}', "name"),
            ("patients", b'{"given_name": "Dana", "family_name": "Levi", "given_name": "Dana"}', "given_name"),
            (
                "services",
                b'{"name": "x", "duration_minutes": 30, "price": {"currency": "EUR", "amount_minor": 1, "amount_minor": 9}}',
                "amount_minor",
            ),
        ],
    )
    def test_with_a_duplicate_key_are_refused(self, studio: PracticeClient, path: str, body: bytes, field: str) -> None:
        before = studio.client.get("/v1/events").json()

        for content_type in ("application/json", "application/json; charset=utf-8"):
            answer = studio.client.post(f"/v1/{path}", content=body, headers={"Content-Type": content_type})

            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value"), answer.text
            assert answer.json()["errors"] == [{"field": field, "message": "this may be sent only once"}]
        assert studio.client.get("/v1/events").json() == before


class TestNames:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("Cohen\u202eyad", "Cohenyad"),
            ("Da\u200bna", "Dana"),
            ("Jose\u0301", "José"),
            ("  Anna   Maria ", "Anna Maria"),
            ("נועה Levi", "נועה Levi"),
            ("שָׁלוֹם", "שָׁלוֹם"),
            ("o" + "\u0301" * 5_000, None),
            ("{{7*7}}", "{{7*7}}"),
            ("'; drop table log.event; --", "'; drop table log.event; --"),
        ],
    )
    def test_are_kept_as_written(self, studio: PracticeClient, sent: str, kept: str | None) -> None:
        made = studio.create("/v1/patients", given_name=sent, family_name="B")["given_name"]

        if kept is None:
            assert len(made) < 20
        else:
            assert made == normalize("NFC", kept)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("given_name", ""),
            ("family_name", "\u200b"),
            ("email", "nobody"),
            ("email", "a@b\r\nBcc: x@y.z"),
            ("phone", "call me"),
            ("phone", "+1"),
            ("date_of_birth", "2050-01-01"),
            ("date_of_birth", "1980-02-30"),
            ("date_of_birth", 1234),
            ("date_of_birth", "86400"),
            ("date_of_birth", "19800229"),
            ("date_of_birth", "1980-W09-5"),
            ("date_of_birth", "1980-02-29T00:00:00+14:00"),
            ("locale", "klingon!"),
            ("tags", ["x" * 51]),
            ("tags", "knee"),
        ],
    )
    def test_and_contacts_that_cannot_be(self, studio: PracticeClient, field: str, value: object) -> None:
        body = {"given_name": "A", "family_name": "B", field: value}

        answer = studio.client.post("/v1/patients", json=body)

        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, field), answer.text


class TestQueries:
    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("patients?limit=0", "limit"),
            ("patients?limit=201", "limit"),
            ("patients?limit=x", "limit"),
            ("patients?cursor=%00", "cursor"),
            ("patients?cursor=bm9uc2Vuc2U", "cursor"),
            ("appointments?cursor=MjAyNi0wNi0wMSB4", "cursor"),
            ("patients?after=-1", "after"),
            ("patients?after=99999999999999999999", "after"),
            ("appointments?from=2026-06-01", "to"),
            ("calendar?from=2026-W23-1&to=2026-06-02", "from"),
            ("appointments?status=lost", "status"),
            ("slots?from=2026-06-01&to=2026-06-02", "service_id"),
        ],
    )
    def test_that_cannot_be_answered(self, studio: PracticeClient, path: str, field: str) -> None:
        answer = studio.client.get(f"/v1/{path}")

        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, field)

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("appointments?form=2026-06-01T00:00:00Z", "form"),
            ("appointments?limit=2&patient=01980c5a-0000-7000-8000-000000000000", "patient"),
            ("calendar?from=2026-06-01&to=2026-06-02&clinicianId=1", "(unknown)"),
            ("practice?asof=2026-06-01T00:00:00Z", "asof"),
            ("events?since=4", "since"),
            ("slots?from=2026-06-01&to=2026-06-02&service_id=x&zone=UTC", "zone"),
            ("practice?api_key", "api_key"),
        ],
    )
    def test_with_an_unknown_parameter_are_refused(self, studio: PracticeClient, path: str, field: str) -> None:
        answer = studio.client.get(f"/v1/{path}")

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value"), answer.text
        assert answer.json()["errors"] == [{"field": field, "message": "there is no such parameter"}]

    def test_with_a_repeated_parameter_are_refused(self, studio: PracticeClient) -> None:
        answer = studio.client.get("/v1/calendar?from=2026-06-01&to=2026-06-02&to=2026-06-05")

        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"] == [{"field": "to", "message": "this may be sent only once"}]

    def test_may_name_several_of_what_is_a_list(self, studio: PracticeClient) -> None:
        answer = studio.client.get("/v1/appointments?status=booked&status=cancelled")

        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize("verb", ["POST", "PATCH"])
    def test_are_refused_in_commands(self, studio: PracticeClient, verb: str) -> None:
        path = "/v1/locations" if verb == "POST" else f"/v1/locations/{studio.location}"
        before = studio.client.get("/v1/locations").json()

        answer = studio.client.request(verb, f"{path}?dry_run=true", json={"name": "Nord", "zone": "Europe/Berlin"})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "dry_run"), answer.text
        assert studio.client.get("/v1/locations").json() == before

    @pytest.mark.parametrize("text", ["'", "%", "\\", "\u202e", "a" * 200, "@", "0", "()", "\u0591"])
    def test_with_unusual_text_find_nobody(self, studio: PracticeClient, text: str) -> None:
        answer = studio.client.get("/v1/patients", params={"search": text})

        assert (answer.status_code, answer.json()["patients"]) == (200, [])

    def test_on_unknown_paths_and_verbs(self, studio: PracticeClient) -> None:
        for verb, path, status in (
            ("GET", "/v1/nothing", 404),
            ("DELETE", "/v1/practice", 405),
            ("GET", "/v1/practice/", 404),
        ):
            answer: Any = studio.client.request(verb, path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")

    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("appointments", "GET, HEAD, POST"),
            ("clinicians/01980c5a-0000-7000-8000-000000000000/hours", "GET, HEAD, PUT"),
            ("patients/01980c5a-0000-7000-8000-000000000000", "DELETE, GET, HEAD, PATCH"),
            ("slots", "GET, HEAD"),
        ],
    )
    def test_another_verb_is_told_all_that_the_path_takes(
        self, studio: PracticeClient, path: str, methods: str
    ) -> None:
        answer = studio.client.request("TRACE", f"/v1/{path}")

        assert (answer.status_code, answer.headers["allow"]) == (405, methods)
