"""Times: what the clinic's wall clock says, never the machine's."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.api.practice_client import PracticeClient


def open_all_night(studio: PracticeClient) -> None:
    studio.set_hours(studio.clinician, [{"weekday": "sun", "from": "01:00", "to": "05:00"}])
    studio.service = studio.add_service(duration_minutes=30, step_minutes=30)


class TestLocalStart:
    @pytest.mark.parametrize(
        ("local", "code"),
        [("2026-11-01T01:30", "ambiguous_local_time"), ("2027-03-14T02:30", "nonexistent_local_time")],
    )
    def test_is_refused_where_the_clocks_change(self, open_practice: Any, local: str, code: str) -> None:
        studio = open_practice("America/New_York")
        open_all_night(studio)

        refused = studio.post_booking({"local": local, "zone": "America/New_York"})

        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert refused.json()["errors"][0]["field"] == "starts_at"

    def test_is_booked_where_it_is_plain_or_has_its_offset(self, open_practice: Any) -> None:
        studio = open_practice("America/New_York")
        open_all_night(studio)

        local = studio.book_appointment({"local": "2026-11-01T03:00", "zone": "America/New_York"})
        offset = studio.book_appointment("2026-11-01T01:30:00-05:00")

        assert (local["starts_at"], offset["starts_at"]) == ("2026-11-01T08:00:00Z", "2026-11-01T06:30:00Z")

    @pytest.mark.parametrize(
        "starts_at",
        [
            "2026-06-01T09:00:00",
            "2026-06-01",
            "20260601T090000Z",
            "2026-06-31T09:00:00Z",
            "2026-06-01T25:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "now",
            "",
            1780297200,
            None,
            [],
            {"local": "2026-06-01T09:00"},
            {"local": "2026-06-01T09:00", "zone": "Europe/Berlin", "fold": 1},
            {"local": "2026-06-01T09:00Z", "zone": "Europe/Berlin"},
            {"local": 5, "zone": []},
        ],
    )
    def test_of_another_form_is_refused(self, studio: PracticeClient, starts_at: object) -> None:
        refused = studio.post_booking(starts_at)

        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_value")
        assert refused.json()["errors"][0]["field"] == "starts_at"

    @pytest.mark.parametrize(
        "zone", ["../../etc/passwd", "EST5EDT", "Mars/Olympus", "", "posix/Europe/Berlin", "Europe/Berlin\0"]
    )
    def test_in_an_unknown_zone_is_refused(self, studio: PracticeClient, zone: str) -> None:
        refused = studio.post_booking({"local": "2026-06-01T09:00", "zone": zone})

        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_zone")
        for path, body in (
            ("/v1/locations", {"name": "x", "zone": zone}),
            ("/v1/clinicians", {"name": "x", "zone": zone}),
            ("/v1/patients", {"given_name": "x", "family_name": "y", "zone": zone}),
        ):
            answer = studio.client.post(path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_zone")

    def test_in_a_zone_by_another_name_is_told_the_right_one(self, studio: PracticeClient) -> None:
        refused = studio.client.post("/v1/locations", json={"name": "x", "zone": "US/Eastern"}).json()

        assert (refused["code"], refused["errors"][0]["field"]) == ("unknown_zone", "zone")
        assert refused["detail"].endswith("this one is called America/New_York")

    @pytest.mark.parametrize("zone", ["EST5EDT", "Etc/GMT+5"])
    def test_in_a_zone_that_is_no_place_is_told_to_choose_one(self, studio: PracticeClient, zone: str) -> None:
        refused = studio.client.post("/v1/locations", json={"name": "x", "zone": zone}).json()

        assert (refused["code"], refused["errors"][0]["field"]) == ("unknown_zone", "zone")
        assert refused["detail"].endswith("its clocks are those of none: choose one, such as America/New_York")


class TestClientClock:
    @pytest.mark.parametrize("days", [-3, 3])
    def test_is_never_used(self, studio: PracticeClient, days: int) -> None:
        """TZ8: the server's time wins."""
        wrong = {"Date": format_datetime(studio.server.clock.now() + timedelta(days=days), usegmt=True)}
        hold = {"service_id": studio.service, "clinician_id": studio.clinician, "minutes": 5}
        hold |= {"starts_at": "2026-06-02T09:00:00+02:00"}

        booked = studio.client.post("/v1/appointments", json=studio.booking_body(), headers=wrong).json()
        held = studio.client.post("/v1/holds", json=hold, headers=wrong).json()

        now = studio.server.clock.now()
        assert datetime.fromisoformat(held["expires_at"]) == now + timedelta(minutes=5)
        assert datetime.fromisoformat(booked["grace_until"]) == now + timedelta(minutes=3)
        with studio.server.at_time(datetime(2026, 6, 1, 7, tzinfo=UTC)):
            path = f"/v1/appointments/{booked['id']}/cancel"
            late = studio.client.post(path, json={"reason": "x"}, headers=wrong)
        assert late.json()["code"] == "already_started"


class TestDisplay:
    """EC-15: staff-booked visits tell the patient the right time."""

    def test_names_the_clinics_zone_for_a_patient_without_one(self, studio: PracticeClient) -> None:
        with studio.server.at_time(datetime(2024, 5, 2, 8, 0, tzinfo=UTC)):
            visit = studio.book_appointment({"local": "2024-05-13T10:00", "zone": "Europe/Berlin"})

        assert visit["starts_at"] == "2024-05-13T08:00:00Z"
        assert visit["display"] == {
            "clinic": "10:00 CEST",
            "clinic_date": "2024-05-13",
            "patient": "10:00 CEST",
            "patient_date": "2024-05-13",
        }

    def test_names_both_zones_everywhere(self, studio: PracticeClient) -> None:
        studio.patient = studio.add_patient(zone="America/New_York")
        with studio.server.at_time(datetime(2024, 5, 2, 8, 0, tzinfo=UTC)):
            visit = studio.book_appointment("2024-05-13T10:00:00+02:00")

        shown = [
            visit,
            studio.client.get(f"/v1/appointments/{visit['id']}").json(),
            studio.client.get("/v1/appointments", params={"after": visit["position"]}).json()["appointments"][0],
        ]

        assert {each["display"]["patient"] for each in shown} == {"04:00 EDT (10:00 CEST at the clinic)"}
        assert {each["display"]["clinic"] for each in shown} == {"10:00 CEST"}

    def test_follows_a_patient_who_moves(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        studio.client.patch(f"/v1/patients/{studio.patient}", json={"zone": "Asia/Kathmandu"})

        shown = studio.client.get(f"/v1/appointments/{visit['id']}").json()["display"]
        assert shown["patient"] == "12:45 UTC+05:45 (09:00 CEST at the clinic)"


class TestWindow:
    @pytest.mark.parametrize(
        ("from_", "to"),
        [
            ("2026-06-01", "2026-06-02"),
            ("2026-06-01T00:00:00+02:00", "2026-06-02T00:00:00+02:00"),
            ("2026-05-31T22:00:00Z", "2026-06-01T22:00:00Z"),
        ],
    )
    def test_of_dates_is_on_the_practices_wall_clock(self, studio: PracticeClient, from_: str, to: str) -> None:
        starts = studio.slots(from_, to)

        assert (starts[0], starts[-1]) == ("2026-06-01T07:00:00Z", "2026-06-01T14:10:00Z")

    def test_accepts_an_unescaped_plus(self, studio: PracticeClient) -> None:
        query = f"service_id={studio.service}&from=2026-06-01T09:00:00+02:00&to=2026-06-01T09:05:00+02:00"

        answer = studio.client.get(f"/v1/slots?{query}")

        assert [slot["starts_at"] for slot in answer.json()["slots"]] == ["2026-06-01T07:00:00Z"]

    @pytest.mark.parametrize(
        ("from_", "to", "field"),
        [
            ("2026-06-02", "2026-06-01", "to"),
            ("2026-06-01", "2026-06-01", "to"),
            ("2026-06-01", "2028-06-01", "to"),
            ("soon", "2026-06-01", "from"),
            ("2026-06-01T09:00:00", "2026-06-02", "from"),
        ],
    )
    def test_that_is_none_is_refused(self, studio: PracticeClient, from_: str, to: str, field: str) -> None:
        for path in (f"/v1/slots?service_id={studio.service}&", "/v1/calendar?"):
            answer = studio.client.get(f"{path}from={from_}&to={to}")

            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    def test_is_cut_anywhere_without_losing_a_slot(self, studio: PracticeClient) -> None:
        whole = studio.slots("2026-06-01", "2026-06-04")

        parts = [
            start
            for begins, ends in (
                ("2026-06-01", "2026-06-01T10:07:00+02:00"),
                ("2026-06-01T10:07:00+02:00", "2026-06-03"),
                ("2026-06-03", "2026-06-04"),
            )
            for start in studio.slots(begins, ends)
        ]

        assert parts == whole
