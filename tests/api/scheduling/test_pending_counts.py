"""Whether requests and holds count toward limits is a setting of the practice."""

from datetime import timedelta

import httpx2
import pytest

from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

NINE, TEN, ELEVEN, NOON = (f"2026-06-01T{hour}:00:00+02:00" for hour in ("09", "10", "11", "12"))
TUESDAY = "2026-06-02T09:00:00+02:00"


def post_request(studio: PracticeClient, starts_at: str = NINE) -> httpx2.Response:
    return studio.post_booking(starts_at, status="requested")


def request_appointment(studio: PracticeClient, starts_at: str = NINE) -> Json:
    answer = post_request(studio, starts_at)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def post_hold(studio: PracticeClient, starts_at: str = NINE) -> httpx2.Response:
    body = {"service_id": studio.service, "clinician_id": studio.clinician, "starts_at": starts_at, "minutes": 10}
    return studio.client.post("/v1/holds", json=body)


def is_open(studio: PracticeClient, day: str = "2026-06-01", wait_until: str = "2026-06-02") -> bool:
    return bool(studio.slots(day, wait_until))


def count_pending(studio: PracticeClient, counts: bool = True) -> None:
    answer = studio.client.patch("/v1/practice", json={"pending_counts": counts})
    assert (answer.status_code, answer.json()["pending_counts"]) == (200, counts)


@pytest.fixture
def limited_practice(studio: PracticeClient) -> PracticeClient:
    """One visit a day, and requests and holds count."""
    studio.service = studio.add_service(limits={"per_day": 1})
    count_pending(studio)
    return studio


class TestByDefault:
    def test_nothing_pending_counts(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(limits={"per_day": 1})
        assert studio.client.get("/v1/practice").json()["pending_counts"] is False

        request_appointment(studio)
        request_appointment(studio, TEN)
        assert post_hold(studio, ELEVEN).status_code == 201

        assert is_open(studio)
        assert studio.post_booking(NOON).status_code == 201

    def test_the_setting_is_kept_by_other_changes(self, limited_practice: PracticeClient) -> None:
        changed = limited_practice.client.patch("/v1/practice", json={"name": "Studio Süd"}).json()

        assert (changed["name"], changed["pending_counts"]) == ("Studio Süd", True)
        assert (
            limited_practice.client.patch("/v1/practice", json={"pending_counts": True}).json()["version"]
            == changed["version"]
        )


class TestRequests:
    def test_fill_the_day(self, limited_practice: PracticeClient) -> None:
        request_appointment(limited_practice)

        assert not is_open(limited_practice)
        assert is_open(limited_practice, "2026-06-02", "2026-06-03")
        for answer in (
            post_request(limited_practice, TEN),
            limited_practice.post_booking(TEN),
            post_hold(limited_practice, TEN),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "daily_limit")
        assert post_request(limited_practice, TUESDAY).status_code == 201

    def test_do_not_block_themselves(self, limited_practice: PracticeClient) -> None:
        request = request_appointment(limited_practice)

        assert limited_practice.post_action(request["id"], "confirm").status_code == 200
        assert limited_practice.post_booking(TEN).json()["code"] == "daily_limit"

    @pytest.mark.parametrize("verb", ["decline", "cancel"])
    def test_give_their_place_back(self, limited_practice: PracticeClient, verb: str) -> None:
        request = request_appointment(limited_practice)
        assert limited_practice.post_action(request["id"], verb, reason="ill").status_code == 200

        assert is_open(limited_practice)
        assert limited_practice.post_booking(TEN).status_code == 201

    def test_take_their_place_with_them(self, limited_practice: PracticeClient) -> None:
        request = request_appointment(limited_practice)
        assert limited_practice.post_action(request["id"], "reschedule", starts_at=TUESDAY).status_code == 200

        assert is_open(limited_practice)
        assert not is_open(limited_practice, "2026-06-02", "2026-06-03")

    def test_count_only_while_the_practice_says_so(self, limited_practice: PracticeClient) -> None:
        request_appointment(limited_practice)
        count_pending(limited_practice, False)

        assert limited_practice.post_booking(TEN).status_code == 201

    def test_made_before_it_said_so_count_too(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(limits={"per_week": 1})
        request_appointment(studio)
        count_pending(studio)

        assert studio.post_booking(TUESDAY).json()["code"] == "weekly_limit"

    def test_count_toward_the_clinician_and_their_own_service(self, limited_practice: PracticeClient) -> None:
        request_appointment(limited_practice)
        limited_practice.service = limited_practice.add_service(limits={"per_day": 1})

        assert limited_practice.post_booking(TEN).status_code == 201
        limits = {"limits": {"per_day": 2}}
        assert (
            limited_practice.client.patch(f"/v1/clinicians/{limited_practice.clinician}", json=limits).status_code
            == 200
        )
        limited_practice.service = limited_practice.add_service()
        assert limited_practice.post_booking(NOON).json()["code"] == "daily_limit"

    def test_never_fill_more_than_the_day_whatever_comes_at_once(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(limits={"per_day": 3})
        count_pending(studio)
        how: list[Json] = [{"status": "requested"}, {}]

        answers = map_concurrently(
            12, lambda turn: studio.post_booking(f"2026-06-01T{9 + turn % 6:02}:00:00+02:00", **how[turn % 2])
        )

        refused = {code for _, code in codes(answers)} - {None}
        assert [answer.status_code for answer in answers].count(201) == 3
        assert refused <= {"daily_limit", "time_taken"}

    def test_on_one_time_are_confirmed_once(self, studio: PracticeClient) -> None:
        """EC-09, where the two fill the day."""
        studio.service = studio.add_service(limits={"per_day": 2})
        count_pending(studio)
        first, second = request_appointment(studio), request_appointment(studio)
        assert post_request(studio, TEN).json()["code"] == "daily_limit"

        assert studio.post_action(first["id"], "confirm").json()["status"] == "booked"
        refused = studio.post_action(second["id"], "confirm")

        assert (refused.status_code, refused.json()["code"]) == (409, "time_taken")
        assert studio.client.get(f"/v1/appointments/{second['id']}").json()["status"] == "requested"

    def test_are_named_in_refusals(self, limited_practice: PracticeClient) -> None:
        request = request_appointment(limited_practice)
        asking = {"service_id": limited_practice.service, "clinician_id": limited_practice.clinician, "at": TEN}

        explained = limited_practice.client.get("/v1/slots/explain", params=asking).json()

        [full] = [each for each in explained["reasons"] if each["code"] == "daily_limit"]
        assert request["id"] in str(full)

    def test_count_for_series_too(self, limited_practice: PracticeClient) -> None:
        request_appointment(limited_practice, TUESDAY)

        refused = limited_practice.post_series("2026-06-02T12:00:00+02:00", "FREQ=DAILY;COUNT=2")

        assert [(each["index"], each["code"]) for each in refused.json()["conflicts"]] == [(1, "daily_limit")]


class TestHolds:
    def test_count_until_they_expire(self, limited_practice: PracticeClient) -> None:
        assert post_hold(limited_practice).status_code == 201

        assert not is_open(limited_practice)
        assert limited_practice.post_booking(TEN).json()["code"] == "daily_limit"
        with limited_practice.server.at_time(limited_practice.server.clock.now() + timedelta(minutes=10)):
            assert is_open(limited_practice)
            assert limited_practice.post_booking(TEN).status_code == 201

    def test_do_not_block_their_own_booking(self, limited_practice: PracticeClient) -> None:
        held = post_hold(limited_practice).json()

        assert limited_practice.post_booking(NINE, hold_id=held["id"]).status_code == 201
