"""A clinician who leaves: nothing can be booked after the last date, and visits are handed over."""

from typing import Any

import httpx2
import pytest

from application.scheduling.hand_overs import hand_over_visits
from tests.api.practice_client import Json, PracticeClient

MONDAY, TUESDAY = "2026-06-01T09:00:00+02:00", "2026-06-02T09:00:00+02:00"


def leave(studio: PracticeClient, last_date: str | None = "2026-06-01", clinician: str = "") -> Json:
    answer = studio.client.patch(f"/v1/clinicians/{clinician or studio.clinician}", json={"last_date": last_date})
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def post_hand_over(studio: PracticeClient, key: str | None = None, **body: object) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return studio.client.post(f"/v1/clinicians/{studio.clinician}/hand-over", json=body, headers=headers)


def hand_over(studio: PracticeClient, **body: Any) -> Json:
    answer = post_hand_over(studio, **body)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def conflicts(studio: PracticeClient, after: int) -> list[tuple[str, list[str]]]:
    found = studio.client.get("/v1/conflicts", params={"after": after}).json()["conflicts"]
    return [
        (each["appointment_id"] or each["session_id"], [reason["code"] for reason in each["reasons"]]) for each in found
    ]


class TestLastDate:
    def test_ends_what_can_be_booked(self, studio: PracticeClient) -> None:
        shown = leave(studio)

        assert shown["last_date"] == "2026-06-01"
        assert {start[:10] for start in studio.slots("2026-06-01", "2026-06-08")} == {"2026-06-01"}
        assert studio.post_booking(MONDAY).status_code == 201
        refused = studio.post_booking(TUESDAY)
        assert (refused.status_code, refused.json()["code"]) == (409, "clinician_left")

    def test_is_in_the_zone_of_the_clinician(self, studio: PracticeClient) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"zone": "Pacific/Auckland"})
        leave(studio)

        # Tuesday begins in Auckland when it is 14:00 on Monday in Berlin.
        starts = studio.slots("2026-06-01", "2026-06-08")

        assert starts[-1] == "2026-06-01T11:10:00Z"

    def test_cannot_be_overridden(self, studio: PracticeClient) -> None:
        leave(studio)

        refused = studio.post_booking(TUESDAY, override={"reason": "in pain"})

        assert refused.json()["code"] == "clinician_left"

    @pytest.mark.parametrize("action", ["reschedule", "reassign"])
    def test_lets_no_visit_be_moved_behind_it(self, studio: PracticeClient, action: str) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.book_appointment(TUESDAY, clinician_id=other)
        early = studio.book_appointment(MONDAY)
        leave(studio)

        if action == "reschedule":
            refused = studio.post_action(early["id"], "reschedule", starts_at="2026-06-03T09:00:00+02:00")
        else:
            refused = studio.post_action(visit["id"], "reassign", clinician_id=studio.clinician)

        assert (refused.status_code, refused.json()["code"]) == (409, "clinician_left")

    def test_lets_no_request_be_confirmed_and_no_time_be_held(self, studio: PracticeClient) -> None:
        request = studio.book_appointment(TUESDAY, status="requested")
        leave(studio)
        hold = {"service_id": studio.service, "clinician_id": studio.clinician, "starts_at": TUESDAY, "minutes": 5}

        assert studio.post_action(request["id"], "confirm").json()["code"] == "clinician_left"
        assert studio.client.post("/v1/holds", json=hold).json()["code"] == "clinician_left"

    def test_ends_a_series_and_a_course(self, studio: PracticeClient) -> None:
        leave(studio, "2026-06-03")

        series = studio.post_series(TUESDAY, "FREQ=WEEKLY;COUNT=3", on_conflict="skip").json()
        session = {"service_id": studio.service, "staff_ids": [studio.clinician], "seats": 2}
        refused = studio.client.post("/v1/sessions", json={**session, "starts_at": "2026-06-04T09:00:00+02:00"})

        assert [each["skipped"] for each in series["occurrences"]] == [None, "clinician_left", "clinician_left"]
        assert refused.json()["code"] == "clinician_left"

    def test_leaves_anyone_else_to_book(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        leave(studio)

        visit = studio.book_appointment(TUESDAY, clinician_id=None)

        assert visit["clinician_id"] == other

    def test_explains_itself(self, studio: PracticeClient) -> None:
        leave(studio)
        asked = {"service_id": studio.service, "clinician_id": studio.clinician, "at": TUESDAY}

        [reason] = studio.client.get("/v1/slots/explain", params=asked).json()["reasons"]

        assert reason["code"] == "clinician_left"
        assert [event["event_type"] for event in reason["events"]] == ["practice.clinician.last_date_set"]

    def test_that_is_taken_back_changes_nothing(self, studio: PracticeClient) -> None:
        before = studio.slots("2026-06-01", "2026-06-08")
        leave(studio)

        assert leave(studio, None)["last_date"] is None
        assert studio.slots("2026-06-01", "2026-06-08") == before

    def test_lists_visits_after_it_as_conflicts(self, studio: PracticeClient) -> None:
        studio.book_appointment(MONDAY)
        visit = studio.book_appointment(TUESDAY)
        position = leave(studio)["position"]

        assert conflicts(studio, position) == [(visit["id"], ["clinician_left"])]

    @pytest.mark.parametrize("date", ["1969-12-31", "2201-01-01", "tomorrow"])
    def test_is_a_date_of_this_age(self, studio: PracticeClient, date: str) -> None:
        answer = studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"last_date": date})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "last_date")

    def test_is_for_roles_that_change_the_practice(self, studio: PracticeClient) -> None:
        desk = studio.client_with_role("front_desk")

        answer = desk.patch(f"/v1/clinicians/{studio.clinician}", json={"last_date": "2026-06-01"})

        assert answer.status_code == 403


class TestHandOver:
    @pytest.fixture
    def other(self, studio: PracticeClient) -> str:
        """A colleague who works on Tuesdays and Wednesdays and gives the service."""
        other = studio.add_clinician(days=("tue", "wed"))
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        return other

    def test_shows_who_could_take_which(self, studio: PracticeClient, other: str) -> None:
        visits = [studio.book_appointment(f"2026-06-0{day}T09:00:00+02:00") for day in (1, 2, 4)]
        leave(studio)

        shown = hand_over(studio, dry_run=True)

        assert [(each["appointment_id"], each["clinician_id"], each["clinician_ids"]) for each in shown["handed"]] == [
            (visits[1]["id"], other, [other])
        ]
        assert [(each["appointment_id"], each["code"]) for each in shown["kept"]] == [
            (visits[2]["id"], "outside_hours")
        ]
        now = studio.client.get(f"/v1/appointments/{visits[1]['id']}").json()
        assert (now["clinician_id"], now["version"]) == (studio.clinician, 1)

    def test_gives_what_can_be_taken_and_keeps_the_rest(self, studio: PracticeClient, other: str) -> None:
        visits = [studio.book_appointment(f"2026-06-0{day}T09:00:00+02:00") for day in (1, 2, 4)]
        leave(studio)
        previewed = hand_over(studio, dry_run=True)

        shown = hand_over(studio)

        assert [(each["appointment_id"], each["clinician_id"]) for each in shown["handed"]] == [
            (visits[1]["id"], other)
        ]
        assert shown["kept"] == previewed["kept"]
        assert [studio.client.get(f"/v1/appointments/{each['id']}").json()["clinician_id"] for each in visits] == [
            studio.clinician,
            other,
            studio.clinician,
        ]
        assert conflicts(studio, shown["position"]) == [(visits[2]["id"], ["clinician_left"])]
        assert studio.post_booking(TUESDAY, clinician_id=other).json()["code"] == "time_taken"

    def test_gives_no_two_visits_at_one_time_to_one_colleague(self, studio: PracticeClient, other: str) -> None:
        first = studio.book_appointment(TUESDAY)
        second = studio.book_appointment(TUESDAY, override={"reason": "twins"})
        leave(studio)

        shown = hand_over(studio)

        assert [each["appointment_id"] for each in shown["handed"]] == [first["id"]]
        assert [(each["appointment_id"], each["code"]) for each in shown["kept"]] == [(second["id"], "time_taken")]

    def test_keeps_to_the_limits_of_the_colleague(self, studio: PracticeClient, other: str) -> None:
        studio.client.patch(f"/v1/clinicians/{other}", json={"limits": {"per_day": 1}})
        visits = [studio.book_appointment(f"2026-06-02T{hour}:00:00+02:00") for hour in ("09", "10")]
        leave(studio)

        shown = hand_over(studio)

        assert [each["appointment_id"] for each in shown["handed"]] == [visits[0]["id"]]
        assert [each["code"] for each in shown["kept"]] == ["daily_limit"]

    def test_prefers_whom_the_body_names_first_and_else_who_has_fewest_visits(
        self, studio: PracticeClient, other: str
    ) -> None:
        third = studio.add_clinician()
        terms = {"clinician_ids": [studio.clinician, other, third]}
        studio.client.patch(f"/v1/services/{studio.service}", json=terms)
        studio.book_appointment("2026-06-02T15:00:00+02:00", clinician_id=other)
        visit = studio.book_appointment(TUESDAY)
        leave(studio)

        by_load = hand_over(studio, dry_run=True)
        by_name = hand_over(studio, dry_run=True, to_clinician_ids=[other, third])
        only = hand_over(studio, to_clinician_ids=[other])

        assert [each["clinician_ids"] for each in by_load["handed"]] == [[third, other]]
        assert [each["clinician_ids"] for each in by_name["handed"]] == [[other, third]]
        assert [(each["appointment_id"], each["clinician_id"]) for each in only["handed"]] == [(visit["id"], other)]

    def test_keeps_time_place_room_length_and_price(self, studio: PracticeClient, other: str) -> None:
        room = studio.add_room()
        studio.client.patch(f"/v1/services/{studio.service}", json={"requires": [{"kind": "room"}]})
        visit = studio.book_appointment(TUESDAY, duration_minutes=80)
        price = {"amount_minor": 9900, "currency": "EUR"}
        studio.client.patch(f"/v1/services/{studio.service}", json={"price": price, "duration_minutes": 30})
        leave(studio)

        hand_over(studio, notify=False)

        shown = studio.client.get(f"/v1/appointments/{visit['id']}").json()
        kept = ("starts_at", "ends_at", "location_id", "resource_ids", "price")
        assert [shown[name] for name in kept] == [visit[name] for name in kept]
        assert (shown["resource_ids"], shown["notify"], shown["clinician_id"]) == ([room], False, other)

    def test_sends_no_patient_to_another_location(self, studio: PracticeClient, other: str) -> None:
        north = studio.create("/v1/locations", name="Nord", zone="Europe/Berlin")["id"]
        visit = studio.book_appointment(TUESDAY)
        for location, weekly in ((studio.location, []), (north, [{"weekday": "tue", "from": "09:00", "to": "17:00"}])):
            body = {"location_id": location, "weekly": weekly, "overrides": []}
            assert studio.client.put(f"/v1/clinicians/{other}/hours", json=body).status_code == 200
        leave(studio)

        shown = hand_over(studio, dry_run=True)

        assert [(each["appointment_id"], each["code"]) for each in shown["kept"]] == [(visit["id"], "outside_hours")]

    def test_takes_requests_and_sessions_too(self, studio: PracticeClient, other: str) -> None:
        third = studio.add_clinician()
        body = {"service_id": studio.service, "seats": 2, "starts_at": "2026-06-02T11:00:00+02:00"}
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other, third]})
        session = studio.create("/v1/sessions", staff_ids=[studio.clinician, third], **body)
        request = studio.book_appointment(TUESDAY, status="requested")
        leave(studio)

        shown = hand_over(studio, to_clinician_ids=[other])

        assert [(each["appointment_id"], each["session_id"]) for each in shown["handed"]] == [
            (request["id"], None),
            (None, session["id"]),
        ]
        now = studio.client.get(f"/v1/sessions/{session['id']}").json()
        assert now["staff_ids"] == [other, third]
        assert studio.client.get(f"/v1/appointments/{request['id']}").json()["clinician_id"] == other

    def test_is_for_any_dates(self, studio: PracticeClient, other: str) -> None:
        visits = [studio.book_appointment(f"2026-06-{day}T09:00:00+02:00") for day in ("02", "09", "16")]

        shown = hand_over(studio, from_date="2026-06-09", until_date="2026-06-09")

        assert [each["appointment_id"] for each in shown["handed"]] == [visits[1]["id"]]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "from_date"),
            ({"from_date": "2026-06-09", "until_date": "2026-06-08"}, "until_date"),
            ({"from_date": "2026-05-01", "until_date": "2026-05-02"}, "until_date"),
            ({"from_date": "0001-01-01"}, "from_date"),
            ({"from_date": "2026-06-09", "until_date": "9999-12-31"}, "until_date"),
        ],
    )
    def test_needs_dates_to_come(self, studio: PracticeClient, body: Json, field: str) -> None:
        answer = post_hand_over(studio, **body)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    def test_of_too_many_visits_at_once_is_refused(
        self, studio: PracticeClient, other: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hand_over_visits, "MAX_VISITS", 1)
        for day in (2, 3):
            studio.book_appointment(f"2026-06-0{day}T09:00:00+02:00")

        answer = post_hand_over(studio, from_date="2026-06-01")

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "until_date")
        assert hand_over(studio, from_date="2026-06-01", until_date="2026-06-02")["handed"]

    def test_of_nothing_is_refused(self, studio: PracticeClient) -> None:
        studio.book_appointment(TUESDAY)
        leave(studio)

        answer = post_hand_over(studio)

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_hand_over")

    def test_happens_once_per_idempotency_key(self, studio: PracticeClient, other: str) -> None:
        studio.book_appointment(TUESDAY)
        leave(studio)

        first, again = (post_hand_over(studio, "hand over").json() for _ in range(2))

        assert first == again

    def test_is_undone_visit_by_visit(self, studio: PracticeClient, other: str) -> None:
        visit = studio.book_appointment(TUESDAY)
        leave(studio)
        hand_over(studio)

        undone = studio.post_action(visit["id"], "undo").json()

        assert undone["clinician_id"] == studio.clinician
        assert conflicts(studio, undone["position"]) == [(visit["id"], ["clinician_left"])]

    def test_is_not_for_keys_of_one_clinician_or_unknown_colleagues(self, studio: PracticeClient, other: str) -> None:
        studio.book_appointment(TUESDAY)
        bound = studio.client_with_role("clinician", clinician_id=studio.clinician)
        path, body = f"/v1/clinicians/{studio.clinician}/hand-over", {"from_date": "2026-06-01", "dry_run": True}

        assert bound.post(path, json=body).status_code == 404
        assert studio.client_with_role("biller").post(path, json=body).status_code == 403
        unknown = studio.client.post(path, json=body | {"to_clinician_ids": [studio.patient]})
        assert unknown.status_code == 404

    def test_offers_none_of_the_time_of_the_one_who_left(self, studio: PracticeClient, other: str) -> None:
        visit = studio.book_appointment(TUESDAY)
        waits = studio.add_patient(given_name="Noa", family_name="Levi")
        entry = studio.create(
            "/v1/waitlist", patient_id=waits, service_id=studio.service, clinician_id=studio.clinician
        )
        leave(studio)
        hand_over(studio)
        by_hand: dict[str, Any] = {
            "entry_ids": [entry["id"]],
            "clinician_id": studio.clinician,
            "starts_at": TUESDAY,
            "minutes": 10,
        }

        refused = studio.client.post("/v1/openings", json=by_hand)

        assert refused.json()["code"] == "clinician_left"
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["clinician_id"] == other
