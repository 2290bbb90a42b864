"""Whether requests and holds count toward limits is a setting of the practice."""

from datetime import timedelta

import httpx2
import pytest

from tests.api.studio import Json, Studio, at_once, codes

NINE, TEN, ELEVEN, NOON = (f"2026-06-01T{hour}:00:00+02:00" for hour in ("09", "10", "11", "12"))
TUESDAY = "2026-06-02T09:00:00+02:00"


def ask(studio: Studio, starts_at: str = NINE) -> httpx2.Response:
    return studio.book(starts_at, status="requested")


def asked(studio: Studio, starts_at: str = NINE) -> Json:
    answer = ask(studio, starts_at)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def hold(studio: Studio, starts_at: str = NINE) -> httpx2.Response:
    body = {"service_id": studio.service, "clinician_id": studio.clinician, "starts_at": starts_at, "minutes": 10}
    return studio.client.post("/v1/holds", json=body)


def is_open(studio: Studio, day: str = "2026-06-01", until: str = "2026-06-02") -> bool:
    return bool(studio.slots(day, until))


def count_pending(studio: Studio, counts: bool = True) -> None:
    answer = studio.client.patch("/v1/practice", json={"pending_counts": counts})
    assert (answer.status_code, answer.json()["pending_counts"]) == (200, counts)


@pytest.fixture
def limited(studio: Studio) -> Studio:
    """One visit a day, and requests and holds count."""
    studio.service = studio.add_service(limits={"per_day": 1})
    count_pending(studio)
    return studio


class TestByDefault:
    def test_nothing_pending_counts(self, studio: Studio) -> None:
        studio.service = studio.add_service(limits={"per_day": 1})
        assert studio.client.get("/v1/practice").json()["pending_counts"] is False

        asked(studio)
        asked(studio, TEN)
        assert hold(studio, ELEVEN).status_code == 201

        assert is_open(studio)
        assert studio.book(NOON).status_code == 201

    def test_the_setting_is_kept_by_other_changes(self, limited: Studio) -> None:
        changed = limited.client.patch("/v1/practice", json={"name": "Studio Süd"}).json()

        assert (changed["name"], changed["pending_counts"]) == ("Studio Süd", True)
        assert (
            limited.client.patch("/v1/practice", json={"pending_counts": True}).json()["version"] == changed["version"]
        )


class TestRequests:
    def test_fill_the_day(self, limited: Studio) -> None:
        asked(limited)

        assert not is_open(limited)
        assert is_open(limited, "2026-06-02", "2026-06-03")
        for answer in (ask(limited, TEN), limited.book(TEN), hold(limited, TEN)):
            assert (answer.status_code, answer.json()["code"]) == (409, "daily_limit")
        assert ask(limited, TUESDAY).status_code == 201

    def test_do_not_stand_in_their_own_way(self, limited: Studio) -> None:
        request = asked(limited)

        assert limited.act(request["id"], "confirm").status_code == 200
        assert limited.book(TEN).json()["code"] == "daily_limit"

    @pytest.mark.parametrize("verb", ["decline", "cancel"])
    def test_give_their_place_back(self, limited: Studio, verb: str) -> None:
        request = asked(limited)
        assert limited.act(request["id"], verb, reason="ill").status_code == 200

        assert is_open(limited)
        assert limited.book(TEN).status_code == 201

    def test_take_their_place_with_them(self, limited: Studio) -> None:
        request = asked(limited)
        assert limited.act(request["id"], "reschedule", starts_at=TUESDAY).status_code == 200

        assert is_open(limited)
        assert not is_open(limited, "2026-06-02", "2026-06-03")

    def test_count_only_while_the_practice_says_so(self, limited: Studio) -> None:
        asked(limited)
        count_pending(limited, False)

        assert limited.book(TEN).status_code == 201

    def test_made_before_it_said_so_count_too(self, studio: Studio) -> None:
        studio.service = studio.add_service(limits={"per_week": 1})
        asked(studio)
        count_pending(studio)

        assert studio.book(TUESDAY).json()["code"] == "weekly_limit"

    def test_count_toward_the_clinician_and_their_own_service(self, limited: Studio) -> None:
        asked(limited)
        limited.service = limited.add_service(limits={"per_day": 1})

        assert limited.book(TEN).status_code == 201
        limits = {"limits": {"per_day": 2}}
        assert limited.client.patch(f"/v1/clinicians/{limited.clinician}", json=limits).status_code == 200
        limited.service = limited.add_service()
        assert limited.book(NOON).json()["code"] == "daily_limit"

    def test_never_fill_more_than_the_day_whatever_comes_at_once(self, studio: Studio) -> None:
        studio.service = studio.add_service(limits={"per_day": 3})
        count_pending(studio)
        how: list[Json] = [{"status": "requested"}, {}]

        answers = at_once(12, lambda turn: studio.book(f"2026-06-01T{9 + turn % 6:02}:00:00+02:00", **how[turn % 2]))

        refused = {code for _, code in codes(answers)} - {None}
        assert [answer.status_code for answer in answers].count(201) == 3
        assert refused <= {"daily_limit", "time_taken"}

    def test_on_one_time_are_confirmed_once(self, studio: Studio) -> None:
        """EC-09, where the two fill the day."""
        studio.service = studio.add_service(limits={"per_day": 2})
        count_pending(studio)
        first, second = asked(studio), asked(studio)
        assert ask(studio, TEN).json()["code"] == "daily_limit"

        assert studio.act(first["id"], "confirm").json()["status"] == "booked"
        refused = studio.act(second["id"], "confirm")

        assert (refused.status_code, refused.json()["code"]) == (409, "time_taken")
        assert studio.client.get(f"/v1/appointments/{second['id']}").json()["status"] == "requested"

    def test_are_cited_where_they_are_in_the_way(self, limited: Studio) -> None:
        request = asked(limited)
        asking = {"service_id": limited.service, "clinician_id": limited.clinician, "at": TEN}

        told = limited.client.get("/v1/slots/explain", params=asking).json()

        [full] = [each for each in told["reasons"] if each["code"] == "daily_limit"]
        assert request["id"] in str(full)

    def test_count_for_series_too(self, limited: Studio) -> None:
        asked(limited, TUESDAY)

        refused = limited.plan("2026-06-02T12:00:00+02:00", "FREQ=DAILY;COUNT=2")

        assert [(each["index"], each["code"]) for each in refused.json()["conflicts"]] == [(1, "daily_limit")]


class TestHolds:
    def test_count_until_they_expire(self, limited: Studio) -> None:
        assert hold(limited).status_code == 201

        assert not is_open(limited)
        assert limited.book(TEN).json()["code"] == "daily_limit"
        with limited.program.at(limited.program.clock.now() + timedelta(minutes=10)):
            assert is_open(limited)
            assert limited.book(TEN).status_code == 201

    def test_do_not_stand_in_the_way_of_their_own_booking(self, limited: Studio) -> None:
        held = hold(limited).json()

        assert limited.book(NINE, hold_id=held["id"]).status_code == 201
