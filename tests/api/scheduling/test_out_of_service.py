"""Rooms out of service: nothing is booked in them, and visits left behind are listed."""

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.api.scheduling.explanations import explain, reason_events

NINE, TEN = "2026-06-01T09:00:00+02:00", "2026-06-01T10:00:00+02:00"
TUESDAY = "2026-06-02T09:00:00+02:00"
MONDAY_OFF: Json = {"first_date": "2026-06-01", "last_date": "2026-06-01"}
UNTIL_TEN: Json = {"starts_at": "2026-06-01T08:00:00+02:00", "ends_at": TEN}


@pytest.fixture
def room(studio: PracticeClient) -> str:
    """The only room, which the service requires, ten minutes longer than the visit."""
    studio.service = studio.add_service(requires=[{"kind": "room"}], buffer_before_minutes=10)
    return studio.add_room()


def close(studio: PracticeClient, room: str, *ranges: Json) -> Json:
    answer = studio.client.put(f"/v1/resources/{room}/out-of-service", json={"ranges": list(ranges)})
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


class TestOutOfService:
    def test_is_shown_now_and_in_the_past(self, studio: PracticeClient, room: str) -> None:
        shown = close(studio, room, MONDAY_OFF, UNTIL_TEN)

        assert shown["ranges"] == [
            {**MONDAY_OFF, "starts_at": None, "ends_at": None},
            {
                "first_date": None,
                "last_date": None,
                "starts_at": "2026-06-01T06:00:00Z",
                "ends_at": "2026-06-01T08:00:00Z",
            },
        ]
        path = f"/v1/resources/{room}/out-of-service"
        assert studio.client.get(path).json()["ranges"] == shown["ranges"]
        assert studio.client.get(path, params={"version": 1}).json()["ranges"] == []

    def test_takes_no_booking_and_no_override(self, studio: PracticeClient, room: str) -> None:
        close(studio, room, MONDAY_OFF)

        assert {start[:10] for start in studio.slots("2026-06-01", "2026-06-03")} == {"2026-06-02"}
        for more in ({}, {"override": {"reason": "in pain"}}, {"resource_ids": [room]}):
            refused = studio.post_booking(NINE, **more)
            assert (refused.status_code, refused.json()["code"]) == (409, "resource_unavailable")
        assert studio.post_booking(TUESDAY).status_code == 201

    def test_includes_the_buffers_and_ends_at_its_end(self, studio: PracticeClient, room: str) -> None:
        close(studio, room, UNTIL_TEN)

        assert studio.slots("2026-06-01", "2026-06-02")[0] == "2026-06-01T08:10:00Z"

    def test_days_are_those_of_the_location(self, studio: PracticeClient, room: str) -> None:
        studio.client.patch(f"/v1/locations/{studio.location}", json={"zone": "America/New_York"})
        close(studio, room, {"first_date": "2026-06-02", "last_date": "2026-06-02"})

        starts = studio.slots("2026-06-02T00:00:00Z", "2026-06-04T00:00:00Z")

        assert {start[:10] for start in starts} == {"2026-06-03"}

    def test_leaves_another_room_to_use(self, studio: PracticeClient, room: str) -> None:
        other = studio.add_room("Room 2")
        close(studio, room, MONDAY_OFF)

        assert studio.book_appointment(NINE)["resource_ids"] == [other]

    def test_explains_itself(self, studio: PracticeClient, room: str) -> None:
        close(studio, room, MONDAY_OFF)

        found = explain(studio, NINE)

        assert ("resource_unavailable", ["practice.resource.out_of_service_set"]) in reason_events(found)
        assert "a room is out of service" in [reason["detail"] for reason in found["reasons"]]

    def test_leaves_visits_behind_as_conflicts(self, studio: PracticeClient, room: str) -> None:
        visit, later = studio.book_appointment(NINE), studio.book_appointment(TUESDAY)
        other = studio.add_room("Room 2")
        shown = close(studio, room, MONDAY_OFF)

        [found] = studio.client.get("/v1/conflicts", params={"after": shown["position"]}).json()["conflicts"]

        assert found["appointment_id"] == visit["id"]
        assert reason_events(found) == [("resource_unavailable", ["practice.resource.out_of_service_set"])]
        assert {"action": "reassign", "clinician_ids": [studio.clinician]} in [
            {name: value for name, value in each.items() if value is not None} for each in found["remedies"]
        ]
        moved = studio.post_action(visit["id"], "reassign", resource_ids=[other]).json()
        assert moved["resource_ids"] == [other]
        after = {"after": moved["position"]}
        assert studio.client.get("/v1/conflicts", params=after).json()["conflicts"] == []
        assert studio.client.get(f"/v1/appointments/{later['id']}").json()["version"] == 1

    def test_ends_when_it_is_taken_back(self, studio: PracticeClient, room: str) -> None:
        close(studio, room, MONDAY_OFF)
        close(studio, room)

        assert studio.post_booking(NINE).status_code == 201

    @pytest.mark.parametrize(
        "range_", [{}, {"first_date": "2026-06-02", "last_date": "2026-06-01"}, {"first_date": "2026-06-02"}]
    )
    def test_needs_two_dates_or_instants(self, studio: PracticeClient, room: str, range_: Json) -> None:
        answer = studio.client.put(f"/v1/resources/{room}/out-of-service", json={"ranges": [range_]})

        assert answer.status_code == 422

    def test_is_for_roles_that_change_the_practice(self, studio: PracticeClient, room: str) -> None:
        answer = studio.client_with_role("front_desk").put(f"/v1/resources/{room}/out-of-service", json={"ranges": []})

        assert answer.status_code == 403
