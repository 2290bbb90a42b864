"""No double booking, whatever comes at once."""

from datetime import UTC, datetime

import pytest

from tests.api.practice_client import PracticeClient, codes
from tests.support.concurrency import map_concurrently

TEN = "2026-06-01T10:00:00+02:00"


class TestConcurrentBookings:
    def test_of_fifty_at_once_exactly_one_wins(self, studio: PracticeClient) -> None:
        answers = map_concurrently(50, lambda _: studio.post_booking())

        assert codes(answers) == [(201, None)] + [(409, "time_taken")] * 49
        calendar = _calendar(studio, max(a.json().get("position", 0) for a in answers))
        assert len(calendar) == 1

    def test_of_two_that_overlap_in_part_exactly_one_wins(self, studio: PracticeClient) -> None:
        starts = ["2026-06-01T09:00:00+02:00", "2026-06-01T09:25:00+02:00"]

        answers = map_concurrently(2, lambda place: studio.post_booking(starts[place]))

        assert codes(answers) == [(201, None), (409, "time_taken")]

    def test_of_two_that_touch_both_win(self, studio: PracticeClient) -> None:
        starts = ["2026-06-01T09:00:00+02:00", "2026-06-01T09:50:00+02:00"]

        answers = map_concurrently(2, lambda place: studio.post_booking(starts[place]))

        assert codes(answers) == [(201, None), (201, None)]


class TestSharedRoom:
    @pytest.mark.parametrize("kind", ["room", "device"])
    def test_two_clinicians_in_one_room_and_the_loser_holds_nothing(self, studio: PracticeClient, kind: str) -> None:
        studio.create("/v1/resources", location_id=studio.location, kind=kind, name="1")
        clinicians = [studio.clinician, studio.add_clinician()]
        studio.service = studio.add_service(clinician_ids=clinicians, requires=[{"kind": kind}])

        patients = [studio.patient, studio.add_patient()]

        answers = map_concurrently(
            2, lambda place: studio.post_booking(clinician_id=clinicians[place], patient_id=patients[place])
        )

        assert codes(answers) == [(201, None), (409, "resource_unavailable")]
        loser = clinicians[[a.status_code for a in answers].index(409)]
        # The loser's own time is still free for a service that needs no room.
        studio.service = studio.add_service(clinician_ids=clinicians)
        assert studio.post_booking(clinician_id=loser, patient_id=studio.add_patient()).status_code == 201

    def test_a_second_room_serves_the_second_visit(self, studio: PracticeClient) -> None:
        studio.add_room("Room 1")
        studio.add_room("Room 2")
        clinicians = [studio.clinician, studio.add_clinician()]
        studio.service = studio.add_service(clinician_ids=clinicians, requires=[{"kind": "room"}])

        patients = [studio.patient, studio.add_patient()]

        answers = map_concurrently(
            2, lambda place: studio.post_booking(clinician_id=clinicians[place], patient_id=patients[place])
        )

        assert codes(answers) == [(201, None), (201, None)]
        assert answers[0].json()["resource_ids"] != answers[1].json()["resource_ids"]

    def test_a_busy_room_is_named_by_its_kind_alone(self, studio: PracticeClient) -> None:
        studio.add_room()
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other], requires=[{"kind": "room"}])
        first = studio.book_appointment()

        refused = studio.post_booking(clinician_id=other)

        assert (refused.status_code, refused.json()["code"]) == (409, "resource_unavailable")
        assert refused.json()["detail"] == "no room is free at this time"
        assert first["id"] not in refused.text
        assert studio.patient not in refused.text


class TestFreedTime:
    def test_a_cancelled_time_can_be_booked_again(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()

        studio.post_action(first["id"], "cancel", reason="patient rang")

        assert studio.post_booking().status_code == 201
        assert studio.post_booking().json()["code"] == "time_taken"

    def test_a_moved_visit_leaves_its_old_time_and_holds_its_new_one(self, studio: PracticeClient) -> None:
        first = studio.book_appointment()

        assert (
            studio.post_action(first["id"], "reschedule", starts_at=TEN).json()["starts_at"] == "2026-06-01T08:00:00Z"
        )

        assert studio.post_booking(TEN).json()["code"] == "time_taken"
        assert studio.post_booking().status_code == 201

    def test_of_two_moves_to_one_time_exactly_one_wins(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(f"2026-06-02T{hour}:00:00+02:00")["id"] for hour in ("09", "11")]

        answers = map_concurrently(2, lambda place: studio.post_action(visits[place], "reschedule", starts_at=TEN))

        assert codes(answers) == [(200, None), (409, "time_taken")]

    def test_a_no_show_gives_the_time_up_and_a_completed_visit_keeps_it(self, studio: PracticeClient) -> None:
        early, late = studio.book_appointment()["id"], studio.book_appointment(TEN)["id"]

        with studio.server.at_time(datetime(2026, 6, 1, 8, 5, tzinfo=UTC)):
            assert studio.post_action(early, "no-show").json()["status"] == "no_show"
            assert studio.post_action(late, "complete").json()["status"] == "completed"

        starts = studio.slots("2026-06-01", "2026-06-02")
        assert "2026-06-01T07:00:00Z" in starts
        assert "2026-06-01T08:00:00Z" not in starts


class TestBuffers:
    """EC-11: what is listed can be booked, in every window."""

    def test_a_window_that_starts_in_a_buffer_offers_what_can_be_booked(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(duration_minutes=15, buffer_after_minutes=30, step_minutes=15)
        studio.book_appointment()

        assert studio.slots("2026-06-01T09:30:00+02:00", "2026-06-01T12:00:00+02:00")[0] == "2026-06-01T07:45:00Z"
        refused = studio.post_booking("2026-06-01T09:30:00+02:00")
        assert (refused.status_code, refused.json()["code"]) == (409, "buffer")
        assert studio.post_booking("2026-06-01T09:45:00+02:00").status_code == 201

    def test_the_grid_is_duration_and_buffers_where_none_is_given(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(duration_minutes=20, buffer_after_minutes=5, step_minutes=None)
        studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "10:00", "to": "11:00"}])

        assert studio.slots("2026-06-01", "2026-06-02") == ["2026-06-01T08:00:00Z", "2026-06-01T08:25:00Z"]
        assert studio.post_booking("2026-06-01T10:05:00+02:00").json()["code"] == "not_on_grid"

    def test_everything_offered_can_be_booked_and_then_nothing_is(self, studio: PracticeClient) -> None:
        studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "12:00"}])
        studio.service = studio.add_service(duration_minutes=30, buffer_after_minutes=10, step_minutes=10)

        while starts := studio.slots("2026-06-01", "2026-06-02"):
            studio.book_appointment(starts[len(starts) // 2])

        assert studio.post_booking("2026-06-01T09:00:00+02:00").status_code == 409


def _calendar(studio: PracticeClient, position: int) -> list[object]:
    query: dict[str, str | int] = {
        "from": "2026-06-01",
        "to": "2026-06-02",
        "clinician_id": studio.clinician,
        "after": position,
    }
    answer = studio.client.get("/v1/calendar", params=query)
    assert answer.status_code == 200, answer.text
    found: list[object] = answer.json()["appointments"]
    return found
