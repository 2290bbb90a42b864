"""The contract: each resource can be created, read, listed and changed under stable names."""

from typing import Any
from uuid import UUID

import pytest

from api.audit.schemas import HistoryPage
from api.http.schemas import Shown
from api.patients.schemas import PatientPage, PatientShown
from api.practice.hours_schemas import HoursShown
from api.practice.schemas import ClinicianShown, LocationShown, ResourceShown, ServiceShown
from api.scheduling.appointments.schemas import AppointmentInFull, AppointmentPage
from api.scheduling.availability.schemas import Slots
from api.scheduling.sessions.schemas import CalendarPage
from tests.api.api_server import ApiServer
from tests.api.practice_client import Json, PracticeClient


class TestResources:
    @pytest.mark.parametrize(
        ("path", "shown", "patch"),
        [
            ("locations", LocationShown, {"name": "Altstadt"}),
            ("resources", ResourceShown, {"name": "Raum 2", "active": False}),
            ("clinicians", ClinicianShown, {"name": "ד״ר נועה לוי", "email": None}),
            ("services", ServiceShown, {"price": {"amount_minor": 9000, "currency": "EUR"}, "requires": []}),
            ("patients", PatientShown, {"family_name": "Strauß", "tags": ["knee"], "date_of_birth": "1980-02-29"}),
        ],
    )
    def test_are_made_read_changed_and_listed(
        self, studio: PracticeClient, path: str, shown: type[Shown], patch: dict[str, object]
    ) -> None:
        made = studio.add_room() if path == "resources" else getattr(studio, path.removesuffix("s"))
        one = studio.client.get(f"/v1/{path}/{made}")

        changed = studio.client.patch(f"/v1/{path}/{made}", json=patch, headers={"If-Match": one.headers["etag"]})

        assert changed.status_code == 200, changed.text
        shown.model_validate(one.json())
        assert patch.items() <= changed.json().items()
        assert changed.headers["etag"] == f'"{changed.json()["version"]}"' != one.headers["etag"]
        after = {"after": changed.json()["position"]} if path == "patients" else {}
        listed = studio.client.get(f"/v1/{path}", params=after).json()[path]
        assert [_without(changed.json(), "position")] == [resource for resource in listed if resource["id"] == made]

    def test_that_are_made_tell_where_they_are(self, studio: PracticeClient) -> None:
        answer = studio.client.post("/v1/locations", json={"name": "Nord", "zone": "Asia/Jerusalem"})

        assert answer.status_code == 201
        assert studio.client.get(answer.headers["location"]).json()["name"] == "Nord"
        assert answer.headers["etag"] == '"1"'

    def test_that_stay_as_they_are_keep_their_version(self, studio: PracticeClient) -> None:
        answer = studio.client.patch(f"/v1/locations/{studio.location}", json={"name": "Mitte"})

        assert (answer.status_code, answer.json()["version"]) == (200, 1)


class TestPractice:
    def test_is_the_callers_own(self, studio: PracticeClient) -> None:
        assert studio.client.get("/v1/practice").json()["id"] == studio.practice_id

        changed = studio.client.patch("/v1/practice", json={"name": "Praxis am Park"}).json()

        assert (changed["name"], changed["zone"], changed["version"]) == ("Praxis am Park", "Europe/Berlin", 2)


class TestHours:
    def test_come_back_as_they_were_set(self, studio: PracticeClient) -> None:
        weekly_series = [
            {"weekday": "mon", "from": "09:00", "to": "12:00"},
            {"weekday": "fri", "from": "22:00", "to": "06:00"},
            {"weekday": "sun", "from": "00:00", "to": "24:00"},
        ]
        overrides: list[Json] = [
            {"on_date": "2026-12-24", "ranges": [{"from": "09:00", "to": "10:00"}, {"from": "11:00", "to": "12:00"}]},
            {"on_date": "2026-12-25", "ranges": []},
        ]

        studio.set_hours(studio.clinician, weekly_series, overrides)

        shown = studio.client.get(f"/v1/clinicians/{studio.clinician}/hours").json()
        HoursShown.model_validate(shown)
        assert shown["hours"] == [{"location_id": studio.location, "weekly": weekly_series, "overrides": overrides}]


class TestAppointments:
    def test_from_booking_to_history(self, studio: PracticeClient) -> None:
        offered = studio.client.get(
            "/v1/slots",
            params={
                "service_id": studio.service,
                "clinician_id": studio.clinician,
                "from": "2026-06-01T00:00:00+02:00",
                "to": "2026-06-02T00:00:00+02:00",
            },
        ).json()
        slot = offered["slots"][0]

        made = studio.book_appointment(slot["starts_at"])
        moved = studio.post_action(made["id"], "reschedule", starts_at="2026-06-01T11:00:00+02:00").json()
        cancelled = studio.post_action(made["id"], "cancel", reason="patient rang").json()

        Slots.model_validate(offered)
        AppointmentInFull.model_validate(made)
        assert {key: made[key] for key in ("starts_at", "ends_at", "clinician_id", "status", "version", "mode")} == {
            "starts_at": slot["starts_at"],
            "ends_at": slot["ends_at"],
            "clinician_id": studio.clinician,
            "status": "booked",
            "version": 1,
            "mode": "in_person",
        }
        assert made["price"] == {"amount_minor": 8000, "currency": "EUR"}
        assert (moved["starts_at"], moved["version"]) == ("2026-06-01T09:00:00Z", 2)
        assert (cancelled["status"], cancelled["cancellation_reason"]) == ("cancelled", "patient rang")
        history = studio.client.get(
            f"/v1/appointments/{made['id']}/history", params={"after": cancelled["position"]}
        ).json()
        HistoryPage.model_validate(history)
        assert [line["event_type"].rpartition(".")[2] for line in history["history"]] == [
            "booked",
            "rescheduled",
            "cancelled",
        ]
        assert history["history"][2]["personal"] == {"reason": "patient rang"}

    def test_are_found_by_what_they_concern(self, studio: PracticeClient) -> None:
        room = studio.add_room()
        visit = studio.book_appointment(resource_ids=[room])
        last = studio.book_appointment("2026-06-02T09:00:00+02:00")

        for query, found in (
            ({"resource_id": room}, [visit["id"]]),
            ({"clinician_id": studio.clinician}, [visit["id"], last["id"]]),
            ({"patient_id": studio.patient, "status": "booked"}, [visit["id"], last["id"]]),
            ({"status": "cancelled"}, []),
            ({"from": "2026-06-02", "to": "2026-06-03"}, [last["id"]]),
        ):
            answer = studio.client.get("/v1/appointments", params={**query, "after": last["position"]})
            AppointmentPage.model_validate(answer.json())
            assert [each["id"] for each in answer.json()["appointments"]] == found

    def test_appear_in_the_calendar_with_the_patients_name(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        query = {"from": "2026-06-01", "to": "2026-06-02", "after": visit["position"]}
        shown = studio.client.get("/v1/calendar", params=query).json()

        CalendarPage.model_validate(shown)
        assert shown["appointments"][0]["patient"] == {"given_name": "Ada", "family_name": "Groß"}
        shared = shown["appointments"][0].keys() - {"patient"}
        assert {key: shown["appointments"][0][key] for key in shared} == {key: visit[key] for key in shared}


class TestPatients:
    def test_are_found_by_name_phone_and_email(self, studio: PracticeClient) -> None:
        studio.add_patient(given_name="Jürgen", family_name="Groß", phone="030 123456", email="j@example.org")
        last = studio.create("/v1/patients", given_name="נועה", family_name="בן־דוד")

        for text, found in (("gross", 2), ("jürgen gros", 1), ("030123456", 1), ("J@example.org", 1), ("בן", 1)):
            answer = studio.client.get("/v1/patients", params={"search": text, "after": last["position"]})
            PatientPage.model_validate(answer.json())
            assert len(answer.json()["patients"]) == found, text

    def test_keep_a_national_number_in_the_international_form(self, studio: PracticeClient) -> None:
        patient = studio.create("/v1/patients", given_name="A", family_name="B", phone="(030) 12 34-56")

        assert patient["phone"] == "+4930123456"

    def test_that_are_erased_leave_their_visits_without_a_name(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        erased = studio.client.delete(f"/v1/patients/{studio.patient}").json()

        assert (erased["erased"], erased["given_name"], erased["tags"]) == (True, None, [])
        assert studio.client.get(f"/v1/patients/{studio.patient}").json()["family_name"] is None
        after = {"after": erased["position"]}
        query = {"from": "2026-06-01", "to": "2026-06-02", **after}
        assert studio.client.get("/v1/calendar", params=query).json()["appointments"][0]["patient"] is None
        assert studio.client.get("/v1/patients", params=after).json()["patients"] == []
        history = studio.client.get(f"/v1/patients/{studio.patient}/history", params=after).json()["history"]
        assert [line["erased"] for line in history] == [True, False, False]
        assert studio.client.get(f"/v1/appointments/{visit['id']}").status_code == 200
        assert studio.post_booking("2026-06-03T09:00:00+02:00").status_code == 404

    def test_that_are_erased_can_have_their_visits_cancelled(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        studio.client.delete(f"/v1/patients/{studio.patient}")

        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-06-01T11:00:00+02:00")
        cancelled = studio.post_action(visit["id"], "cancel", reason="patient rang")

        assert (moved.status_code, cancelled.status_code) == (200, 200), cancelled.text
        kept = studio.client.get(f"/v1/appointments/{visit['id']}").json()
        assert (kept["status"], kept["cancellation_reason"]) == ("cancelled", None)
        assert studio.post_booking().status_code == 404


class TestPages:
    def test_follow_one_another_without_a_gap(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(f"2026-06-0{day}T09:00:00+02:00") for day in (1, 2, 3, 4, 5)]

        seen, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            query: dict[str, Any] = {"limit": 2, "after": visits[-1]["position"]} | (
                {"cursor": cursor} if cursor else {}
            )
            page = studio.client.get("/v1/appointments", params=query).json()
            seen += [each["id"] for each in page["appointments"]]
            cursor, pages = page["next_cursor"], pages + 1

        assert seen == [visit["id"] for visit in visits]
        assert pages == 3


class TestHead:
    """What monitors, proxies and calendar programs ask before they read."""

    def test_is_answered_as_the_reading_would_be_without_what_is_read(self, studio: PracticeClient) -> None:
        for path, status in (
            (f"patients/{studio.patient}", 200),
            ("patients?form=x", 422),
            (f"patients/{UUID(int=0)}", 404),
        ):
            asked, read = studio.client.head(f"/v1/{path}"), studio.client.get(f"/v1/{path}")

            assert (asked.status_code, read.status_code, asked.content) == (status, status, b"")
            assert asked.headers["content-type"] == read.headers["content-type"]
            assert asked.headers.get("etag") == read.headers.get("etag")

    def test_needs_a_key_too(self, studio: PracticeClient) -> None:
        feed = studio.create(f"/v1/clinicians/{studio.clinician}/feeds")["url"]
        nobody = studio.server.client(None)

        answers = [nobody.head(path).status_code for path in (feed, "/v1/feeds/feed_none.ics", "/v1/patients")]

        assert answers == [200, 404, 401]


class TestQueries:
    def test_all_take_the_position_that_they_are_to_hold(self, studio: PracticeClient) -> None:
        spec = studio.client.get("/openapi.json").json()
        taken = {
            path: {each["name"] for each in operations["get"]["parameters"] if each["in"] == "query"}
            for path, operations in spec["paths"].items()
            if path.startswith("/v1/") and not path.endswith(".ics") and "get" in operations
        }
        place = studio.create("/v1/locations", name="North", zone="Europe/Berlin")

        assert [path for path, names in taken.items() if "after" not in names] == []
        read = studio.client.get("/v1/locations", params={"after": place["position"]})
        assert place["id"] in [each["id"] for each in read.json()["locations"]]
        assert studio.client.get("/v1/locations?after=yesterday").status_code == 422


class TestOperations:
    def test_are_public_and_show_nothing_of_a_practice(self, server: ApiServer, studio: PracticeClient) -> None:
        nobody = server.client(None)

        assert nobody.get("/healthz").status_code == 200
        assert nobody.get("/readyz").json() == {
            "status": "ready",
            "checks": {"log": True, "keys": True, "logs": True, "read_models": True},
        }
        numbers = server.metrics.exposition().decode()
        assert 'route="/v1/locations"' in numbers
        assert studio.practice_id not in numbers
        assert studio.location not in numbers

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
    def test_answer_health_checks_without_a_key(self, server: ApiServer, path: str) -> None:
        answer = server.client(None).head(path)

        assert (answer.status_code, answer.content) == (200, b"")

    def test_the_reference_is_one_page_that_loads_nothing(self, server: ApiServer) -> None:
        page = server.client(None).get("/docs")

        assert page.status_code == 200
        assert "POST" in page.text
        assert "/v1/appointments/{appointment_id}/reschedule" in page.text
        assert "<script" not in page.text
        assert "//" not in page.text.replace("http://", "", 0).split("<h2>")[0]

    def test_every_answer_is_marked(self, studio: PracticeClient) -> None:
        answer = studio.client.get("/v1/practice", headers={"X-Request-Id": "abc-1"})

        assert answer.headers["x-request-id"] == "abc-1"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"

    def test_the_description_is_whole(self, server: ApiServer) -> None:
        spec = server.client(None).get("/openapi.json").json()

        assert spec["openapi"].startswith("3.1")
        for path, operations in spec["paths"].items():
            for verb, operation in operations.items():
                assert operation["description"], (verb, path)
                if path.startswith("/v1/"):
                    # A feed is read by those who have its token, and no key.
                    is_open = path == "/v1/feeds/{token}.ics"
                    assert operation["security"] == ([] if is_open else [{"key": []}])
                    assert {"401", "503"} <= operation["responses"].keys() | ({"401"} if is_open else set())
                if body := operation.get("requestBody"):
                    schema = body["content"]["application/json"]["schema"]
                    name = (schema.get("$ref") or schema["anyOf"][0]["$ref"]).rpartition("/")[2]
                    assert name == "Empty" or spec["components"]["schemas"][name]["examples"], name


def _without(resource: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != name}
