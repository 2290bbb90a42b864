"""Deliberate double booking: with a reason, by those who may, and never silently."""

import pytest

from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

WHY: Json = {"reason": "in pain, Dr. Levi agreed"}
NINE, HALF_PAST = "2026-06-01T09:00:00+02:00", "2026-06-01T09:30:00+02:00"


class TestOverride:
    def test_books_beside_another_visit_and_says_so(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()

        second = studio.book_appointment(HALF_PAST, patient_id=studio.add_patient(), override=WHY)

        assert second["override"] == {"rules": ["time_taken"], "overlaps": [first["id"]], **WHY}
        assert (second["status"], second["starts_at"]) == ("booked", "2026-06-01T07:30:00Z")

    def test_keeps_later_bookings_away_from_both(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()
        studio.book_appointment(HALF_PAST, override=WHY)

        assert studio.post_booking("2026-06-01T09:50:00+02:00").json()["code"] == "time_taken"
        assert "2026-06-01T07:50:00Z" not in studio.slots("2026-06-01", "2026-06-02")
        studio.post_action(first["id"], "cancel", reason="x")
        assert studio.post_booking().json()["code"] == "time_taken"
        assert studio.post_booking("2026-06-01T10:20:00+02:00").status_code == 201

    @pytest.mark.parametrize(
        ("starts_at", "rules"),
        [
            ("2026-06-01T18:00:00+02:00", ["outside_hours"]),
            ("2026-06-07T03:07:00+02:00", ["outside_hours", "not_on_grid"]),
            ("2026-06-01T09:03:00+02:00", ["not_on_grid"]),
            ("2028-06-05T09:00:00+02:00", ["beyond_horizon"]),
            ("2026-05-04T10:30:00+02:00", ["minimum_notice"]),
        ],
    )
    def test_sets_hours_grid_notice_and_horizon_aside(
        self, studio: PracticeClient, starts_at: str, rules: list[str]
    ) -> None:
        studio.service = studio.add_service(minimum_notice_minutes=24 * 60)
        assert studio.post_booking(starts_at).json()["code"] == rules[0]

        made = studio.book_appointment(starts_at, override=WHY)

        assert (made["override"]["rules"], made["override"]["overlaps"]) == (rules, [])

    def test_cannot_set_aside_the_past_or_what_a_clinician_does_not_give(self, studio: PracticeClient) -> None:
        stranger = studio.add_clinician()

        assert studio.post_booking("2026-05-04T09:00:00+02:00", override=WHY).json()["code"] == "in_the_past"
        assert studio.post_booking(clinician_id=stranger, override=WHY).json()["code"] == "clinician_not_offering"

    def test_shares_a_room_where_none_is_free(self, studio: PracticeClient) -> None:
        room, other = studio.add_room(), studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other], requires=[{"kind": "room"}])
        first = studio.book_appointment()

        second = studio.book_appointment(clinician_id=other, patient_id=studio.add_patient(), override=WHY)

        assert second["override"] == {"rules": ["resource_unavailable"], "overlaps": [first["id"]], **WHY}
        assert second["resource_ids"] == [room]
        # Only the room is shared: the other clinician's own time is kept as any visit's.
        assert (
            studio.post_booking(clinician_id=other, service_id=studio.add_service(clinician_ids=[other])).status_code
            == 409
        )

    def test_takes_a_free_room_before_a_busy_one(self, studio: PracticeClient) -> None:
        studio.add_room("1")
        studio.add_room("2")
        studio.service = studio.add_service(requires=[{"kind": "room"}])
        first = studio.book_appointment()

        second = studio.book_appointment(patient_id=studio.add_patient(), override=WHY)

        assert second["override"]["rules"] == ["time_taken"]
        assert second["resource_ids"] != first["resource_ids"]

    def test_that_was_not_needed_is_not_recorded(self, studio: PracticeClient) -> None:
        made = studio.book_appointment(override=WHY)

        assert (made["override"], made["version"]) == (None, 1)

    def test_is_recorded_with_actor_and_a_reason_for_those_who_see_patients(self, studio: PracticeClient) -> None:
        studio.book_appointment()
        desk = studio.client_with_role("front_desk")
        made = desk.post(
            "/v1/appointments", json=studio.booking_body(patient_id=studio.add_patient(), override=WHY)
        ).json()

        shown = studio.client_with_role("analyst").get(f"/v1/appointments/{made['id']}").json()
        history = studio.client.get(f"/v1/appointments/{made['id']}/history", params={"after": made["position"]})

        assert (shown["override"]["reason"], shown["override"]["rules"]) == (None, ["time_taken"])
        line = history.json()["history"][1]
        assert line["sentence"] == "The visit was booked against the rules on purpose"
        assert (line["personal"], line["actor"].split(":")[0]) == (WHY, "key")

    @pytest.mark.parametrize("starts_at", ["2026-06-01T18:00:00+02:00", "2026-06-01T10:00:00+02:00"])
    @pytest.mark.parametrize(
        "override",
        [{"reason": " "}, {"reason": "\u202e"}, {"reason": "a\0"}, {"reason": "x" * 1001}, {}, {"because": 1}, "x"],
    )
    def test_needs_a_reason_whether_or_not_a_rule_is_in_the_way(
        self, studio: PracticeClient, override: object, starts_at: str
    ) -> None:
        answer = studio.post_booking(starts_at, override=override)

        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "override")

    def test_and_a_request_exclude_each_other(self, studio: PracticeClient) -> None:
        answer = studio.post_booking(status="requested", override=WHY)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "override")

    def test_moved_elsewhere_is_a_visit_like_any_other(self, studio: PracticeClient) -> None:
        studio.book_appointment()
        beside = studio.book_appointment(override=WHY)["id"]

        studio.post_action(beside, "reschedule", starts_at="2026-06-01T11:00:00+02:00")
        assert studio.post_booking("2026-06-01T11:00:00+02:00").json()["code"] == "time_taken"
        # Moved back by an undo, it lies beside the other again, as was wanted.
        assert studio.post_action(beside, "undo").status_code == 200

    def test_undone_is_archived(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()
        beside = studio.book_appointment(override=WHY)["id"]

        assert studio.post_action(beside, "undo").json()["status"] == "archived"
        studio.post_action(first["id"], "cancel", reason="x")
        assert studio.post_booking().status_code == 201

    def test_twice_at_once_is_beside_whatever_came_first(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()["id"]

        answers = map_concurrently(3, lambda _: studio.post_booking(override=WHY))

        assert codes(answers) == [(201, None)] * 3
        assert all(first in answer.json()["override"]["overlaps"] for answer in answers)
