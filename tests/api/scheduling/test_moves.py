"""A move keeps what nobody changes, and changes time, clinician, room and length at once."""

from typing import Any

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.support.concurrency import map_concurrently

NINE, TEN, ELEVEN = (f"2026-06-01T{hour}:00:00+02:00" for hour in ("09", "10", "11"))
WHY: Json = {"reason": "in pain, Dr. Levi agreed"}


def moved(studio: PracticeClient, visit: Json, **body: Any) -> Json:
    answer = studio.post_action(visit["id"], "reschedule", **body)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def refused(studio: PracticeClient, visit: Json, **body: Any) -> str:
    answer = studio.post_action(visit["id"], "reschedule", **body)
    assert answer.status_code in (404, 409, 422), answer.text
    return str(answer.json()["code"])


def change_service(studio: PracticeClient, **terms: object) -> None:
    answer = studio.client.patch(f"/v1/services/{studio.service}", json=terms)
    assert answer.status_code == 200, answer.text


class TestMove:
    def test_keeps_length_buffers_and_price_of_the_booking(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        price = {"amount_minor": 9900, "currency": "EUR"}
        change_service(studio, duration_minutes=30, buffer_after_minutes=20, price=price)

        shown = moved(studio, visit, starts_at=TEN)

        assert (shown["starts_at"], shown["ends_at"]) == ("2026-06-01T08:00:00Z", "2026-06-01T08:50:00Z")
        assert (shown["buffer_after_minutes"], shown["price"]) == (0, visit["price"])

    def test_keeps_the_length_of_a_booking_of_another_length(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE, duration_minutes=80)

        shown = moved(studio, visit, starts_at=ELEVEN)

        assert shown["ends_at"] == "2026-06-01T10:20:00Z"

    def test_needs_the_whole_length_to_be_free(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE, duration_minutes=80)
        studio.book_appointment("2026-06-01T12:00:00+02:00")

        assert refused(studio, visit, starts_at=ELEVEN) == "time_taken"

    def test_changes_time_clinician_room_and_length_at_once(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        rooms = [studio.add_room("1"), studio.add_room("2")]
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other], requires=[{"kind": "room"}])
        visit = studio.book_appointment(NINE, resource_ids=[rooms[0]])

        shown = moved(studio, visit, starts_at=ELEVEN, clinician_id=other, resource_ids=[rooms[1]], duration_minutes=30)

        assert (shown["starts_at"], shown["ends_at"]) == ("2026-06-01T09:00:00Z", "2026-06-01T09:30:00Z")
        assert (shown["clinician_id"], shown["resource_ids"]) == (other, [rooms[1]])
        assert shown["version"] == visit["version"] + 1
        undone = studio.post_action(visit["id"], "undo").json()
        assert [undone[name] for name in ("starts_at", "ends_at", "clinician_id", "resource_ids")] == [
            visit[name] for name in ("starts_at", "ends_at", "clinician_id", "resource_ids")
        ]

    def test_lengthens_a_visit_at_its_own_time(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)

        shown = moved(studio, visit, duration_minutes=120)

        assert (shown["starts_at"], shown["ends_at"]) == (visit["starts_at"], "2026-06-01T09:00:00Z")
        assert studio.post_booking("2026-06-01T10:30:00+02:00").json()["code"] == "time_taken"

    def test_to_its_own_place_records_nothing(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)

        shown = moved(studio, visit, starts_at=NINE, clinician_id=studio.clinician, duration_minutes=50)

        assert shown["version"] == visit["version"]

    def test_needs_to_be_told_where(self, studio: PracticeClient) -> None:
        assert refused(studio, studio.book_appointment(NINE), notify=False) == "invalid_value"

    @pytest.mark.parametrize("minutes", [0, 1441, "50", None])
    def test_needs_a_length_of_a_minute_to_a_day(self, studio: PracticeClient, minutes: object) -> None:
        visit = studio.book_appointment(NINE)

        assert refused(studio, visit, duration_minutes=minutes) == "invalid_value"
        if minutes is not None:
            assert studio.post_booking(TEN, duration_minutes=minutes).status_code == 422

    def test_of_a_clinician_s_own_key_goes_to_no_colleague(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.book_appointment(NINE)
        own = studio.client_with_role("clinician", clinician_id=studio.clinician)

        answer = own.post(f"/v1/appointments/{visit['id']}/reschedule", json={"clinician_id": other})

        assert answer.status_code == 404

    def test_one_of_two_to_the_same_time_is_refused(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(NINE), studio.book_appointment(TEN)]
        starts = [ELEVEN, "2026-06-01T11:30:00+02:00"]

        answers = map_concurrently(
            2, lambda number: studio.post_action(visits[number]["id"], "reschedule", starts_at=starts[number])
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409]


class TestOverride:
    def test_moves_beside_another_visit_and_says_so(self, studio: PracticeClient) -> None:
        first = studio.book_appointment(NINE, patient_id=studio.add_patient())
        visit = studio.book_appointment(ELEVEN)
        assert refused(studio, visit, starts_at=NINE) == "time_taken"

        shown = moved(studio, visit, starts_at=NINE, override=WHY)

        assert shown["override"] == {"rules": ["time_taken"], "overlaps": [first["id"]], **WHY}
        assert shown["starts_at"] == first["starts_at"]

    def test_is_not_kept_if_no_rule_was_broken(self, studio: PracticeClient) -> None:
        assert moved(studio, studio.book_appointment(NINE), starts_at=TEN, override=WHY)["override"] is None

    def test_lengthens_into_the_next_visit(self, studio: PracticeClient) -> None:
        visit, following = studio.book_appointment(NINE), studio.book_appointment(TEN)

        shown = moved(studio, visit, duration_minutes=90, override=WHY)

        assert shown["override"]["overlaps"] == [following["id"]]

    def test_of_a_request_is_refused(self, studio: PracticeClient) -> None:
        request = studio.book_appointment(NINE, status="requested")

        assert refused(studio, request, starts_at=TEN, override=WHY) == "invalid_value"

    def test_is_not_for_every_role(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)

        answer = studio.client_with_role("biller").post(
            f"/v1/appointments/{visit['id']}/reschedule", json={"starts_at": TEN, "override": WHY}
        )

        assert answer.status_code == 403


class TestNotify:
    def test_is_true_unless_the_move_says_otherwise(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)

        silently = moved(studio, visit, starts_at=TEN, notify=False)
        aloud = moved(studio, visit, starts_at=ELEVEN)

        assert [visit["notify"], silently["notify"], aloud["notify"]] == [True, False, True]

    def test_is_of_a_change_of_the_room_alone_too(self, studio: PracticeClient) -> None:
        rooms = {studio.add_room("1"), studio.add_room("2")}
        studio.service = studio.add_service(requires=[{"kind": "room"}])
        visit = studio.book_appointment(NINE)
        [other] = rooms - set(visit["resource_ids"])

        assert moved(studio, visit, resource_ids=[other], notify=False)["notify"] is False
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["notify"] is False


class TestSlots:
    """What is offered for a visit that moves, or beside one's own hold, can be booked."""

    def test_leave_out_the_visit_that_moves(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        half_past = "2026-06-01T07:30:00Z"

        assert half_past not in studio.slots("2026-06-01", "2026-06-02")
        starts = studio.slots("2026-06-01", "2026-06-02", moving=visit["id"])

        assert {"2026-06-01T07:00:00Z", half_past} <= set(starts)
        assert moved(studio, visit, starts_at=half_past)["starts_at"] == half_past

    def test_have_the_length_of_the_visit_that_moves(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE, duration_minutes=180)

        starts = studio.slots("2026-06-01", "2026-06-02", moving=visit["id"])

        assert (starts[0], starts[-1]) == ("2026-06-01T07:00:00Z", "2026-06-01T12:00:00Z")
        assert moved(studio, visit, starts_at=starts[-1])["ends_at"] == "2026-06-01T15:00:00Z"

    def test_have_the_length_that_is_asked_for(self, studio: PracticeClient) -> None:
        starts = studio.slots("2026-06-01", "2026-06-02", duration_minutes="240")

        assert (starts[0], starts[-1]) == ("2026-06-01T07:00:00Z", "2026-06-01T11:00:00Z")
        assert studio.book_appointment(starts[-1], duration_minutes=240)["ends_at"] == "2026-06-01T15:00:00Z"

    def test_of_anyone_leave_out_the_visit_that_moves(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        asked = {"service_id": studio.service, "from": "2026-06-01", "to": "2026-06-02", "moving": visit["id"]}

        slots = studio.client.get("/v1/slots", params=asked).json()["slots"]

        assert slots[0]["starts_at"] == visit["starts_at"]

    def test_have_the_visit_s_own_start_although_it_is_off_the_grid(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment("2026-06-01T09:03:00+02:00", override=WHY)

        assert visit["starts_at"] in studio.slots("2026-06-01", "2026-06-02", moving=visit["id"])

    def test_leave_out_one_s_own_hold(self, studio: PracticeClient) -> None:
        hold = studio.create(
            "/v1/holds", service_id=studio.service, clinician_id=studio.clinician, starts_at=NINE, minutes=10
        )

        assert hold["starts_at"] not in studio.slots("2026-06-01", "2026-06-02")
        assert hold["starts_at"] in studio.slots("2026-06-01", "2026-06-02", hold_id=hold["id"])

    def test_explain_a_move(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        asked = {"service_id": studio.service, "clinician_id": studio.clinician, "at": "2026-06-01T09:30:00+02:00"}

        assert not studio.client.get("/v1/slots/explain", params=asked).json()["is_free"]
        assert studio.client.get("/v1/slots/explain", params={**asked, "moving": visit["id"]}).json()["is_free"]

    def test_refuse_a_visit_of_another_service_or_one_that_is_over(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        asked = {"from": "2026-06-01", "to": "2026-06-02", "moving": visit["id"]}

        other = studio.client.get("/v1/slots", params={**asked, "service_id": studio.add_service()})
        studio.post_action(visit["id"], "cancel", reason="ill")
        over = studio.client.get("/v1/slots", params={**asked, "service_id": studio.service})

        assert (other.status_code, other.json()["code"]) == (422, "invalid_value")
        assert (over.status_code, over.json()["code"]) == (409, "already_cancelled")
