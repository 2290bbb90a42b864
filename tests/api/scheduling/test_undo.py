"""Reassign, and undo: EC-10, and "Whoops, don't book that!"."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

NINE = "2026-06-01T07:00:00Z"
TEN = "2026-06-01T10:00:00+02:00"


@pytest.fixture
def practice_with_two_clinicians(studio: PracticeClient) -> PracticeClient:
    """A second clinician, and a service that both give in any of two rooms."""
    second = studio.add_clinician()
    studio.add_room("1")
    studio.add_room("2")
    studio.service = studio.add_service(clinician_ids=[studio.clinician, second], requires=[{"kind": "room"}])
    return studio


def other_clinician(studio: PracticeClient) -> str:
    clinicians = studio.client.get("/v1/clinicians").json()["clinicians"]
    return str(next(each["id"] for each in clinicians if each["id"] != studio.clinician))


def get_appointment(studio: PracticeClient, visit: str) -> Json:
    shown: Json = studio.client.get(f"/v1/appointments/{visit}").json()
    return shown


class TestReassign:
    def test_frees_the_first_clinician_and_takes_the_second(self, practice_with_two_clinicians: PracticeClient) -> None:
        second = other_clinician(practice_with_two_clinicians)
        visit = practice_with_two_clinicians.book_appointment()

        moved = practice_with_two_clinicians.post_action(visit["id"], "reassign", clinician_id=second).json()

        assert (moved["clinician_id"], moved["starts_at"], moved["version"]) == (second, visit["starts_at"], 2)
        assert moved["resource_ids"] == visit["resource_ids"]
        someone = practice_with_two_clinicians.add_patient()
        assert practice_with_two_clinicians.post_booking(patient_id=someone).status_code == 201
        assert practice_with_two_clinicians.post_booking(clinician_id=second).json()["code"] == "time_taken"

    def test_to_another_room_keeps_the_clinician(self, practice_with_two_clinicians: PracticeClient) -> None:
        visit = practice_with_two_clinicians.book_appointment()
        rooms = {each["id"] for each in practice_with_two_clinicians.client.get("/v1/resources").json()["resources"]}
        [other] = rooms - set(visit["resource_ids"])

        moved = practice_with_two_clinicians.post_action(visit["id"], "reassign", resource_ids=[other]).json()

        assert (moved["clinician_id"], moved["resource_ids"]) == (visit["clinician_id"], [other])

    def test_without_a_change_records_nothing(self, studio: PracticeClient) -> None:
        rooms = [studio.add_room(name) for name in ("1", "2", "3")]
        for both in permutations(rooms, 2):
            visit = studio.book_appointment(resource_ids=list(both))

            for named in ([], [both[0]], [both[1]], [both[1], both[0]], list(both)):
                reassigned = studio.post_action(visit["id"], "reassign", resource_ids=named).json()
                assert (reassigned["version"], reassigned["resource_ids"]) == (1, list(both))
            studio.post_action(visit["id"], "cancel", reason="x")

    def test_is_refused_where_the_other_is_not_free_or_not_there(
        self, practice_with_two_clinicians: PracticeClient
    ) -> None:
        second = other_clinician(practice_with_two_clinicians)
        visit = practice_with_two_clinicians.book_appointment()["id"]
        someone = practice_with_two_clinicians.add_patient()
        practice_with_two_clinicians.book_appointment(clinician_id=second, patient_id=someone)
        absent, stranger = (
            practice_with_two_clinicians.add_clinician(days=("tue",)),
            practice_with_two_clinicians.add_clinician(),
        )
        clinicians = [practice_with_two_clinicians.clinician, second, absent]
        assert (
            practice_with_two_clinicians.client.patch(
                f"/v1/services/{practice_with_two_clinicians.service}", json={"clinician_ids": clinicians}
            ).status_code
            == 200
        )

        refusals = [
            practice_with_two_clinicians.post_action(visit, "reassign", clinician_id=who).json()["code"]
            for who in (second, absent, stranger)
        ]

        assert refusals == ["time_taken", "outside_hours", "clinician_not_offering"]
        assert (
            practice_with_two_clinicians.post_action(visit, "reassign").json()["errors"][0]["field"] == "clinician_id"
        )
        assert get_appointment(practice_with_two_clinicians, visit)["version"] == 1

    def test_needs_no_notice(self, practice_with_two_clinicians: PracticeClient) -> None:
        """For example, when the clinician falls ill."""
        visit = practice_with_two_clinicians.book_appointment()["id"]
        practice_with_two_clinicians.client.patch(
            f"/v1/services/{practice_with_two_clinicians.service}", json={"minimum_notice_minutes": 24 * 60}
        )

        with practice_with_two_clinicians.server.at_time(datetime(2026, 6, 1, 6, 55, tzinfo=UTC)):
            assert (
                practice_with_two_clinicians.post_action(
                    visit, "reassign", clinician_id=other_clinician(practice_with_two_clinicians)
                ).status_code
                == 200
            )

    def test_of_two_to_one_clinician_exactly_one_wins(self, practice_with_two_clinicians: PracticeClient) -> None:
        second, third = other_clinician(practice_with_two_clinicians), practice_with_two_clinicians.add_clinician()
        practice_with_two_clinicians.add_room("3")
        clinicians = [practice_with_two_clinicians.clinician, second, third]
        practice_with_two_clinicians.client.patch(
            f"/v1/services/{practice_with_two_clinicians.service}", json={"clinician_ids": clinicians}
        )
        visits = [
            practice_with_two_clinicians.book_appointment(
                clinician_id=who, patient_id=practice_with_two_clinicians.add_patient()
            )["id"]
            for who in (practice_with_two_clinicians.clinician, second)
        ]

        answers = map_concurrently(
            2, lambda place: practice_with_two_clinicians.post_action(visits[place], "reassign", clinician_id=third)
        )

        assert codes(answers) == [(200, None), (409, "time_taken")]

    def test_to_someone_else_is_out_of_a_bound_clinicians_reach(
        self, practice_with_two_clinicians: PracticeClient
    ) -> None:
        visit = practice_with_two_clinicians.book_appointment()["id"]
        bound = practice_with_two_clinicians.client_with_role(
            "clinician", clinician_id=practice_with_two_clinicians.clinician
        )

        answer = bound.post(
            f"/v1/appointments/{visit}/reassign", json={"clinician_id": other_clinician(practice_with_two_clinicians)}
        )

        assert answer.status_code == 404
        assert bound.post(f"/v1/appointments/{visit}/reassign", json={"resource_ids": []}).status_code == 200

    def test_shows_in_the_calendar_and_in_both_histories(self, practice_with_two_clinicians: PracticeClient) -> None:
        second = other_clinician(practice_with_two_clinicians)
        visit = practice_with_two_clinicians.book_appointment()["id"]
        position = practice_with_two_clinicians.post_action(visit, "reassign", clinician_id=second).json()["position"]

        query = {"clinician_id": second, "after": position}
        assert [
            each["id"]
            for each in practice_with_two_clinicians.client.get("/v1/appointments", params=query).json()["appointments"]
        ] == [visit]
        [_, line] = practice_with_two_clinicians.client.get(
            f"/v1/appointments/{visit}/history", params={"after": position}
        ).json()["history"]
        assert {"field": "clinician_id", "before": practice_with_two_clinicians.clinician, "after": second} in line[
            "changes"
        ]


class TestReschedule:
    def test_to_a_time_at_another_location_moves_the_visit_there(self, studio: PracticeClient) -> None:
        north = studio.create("/v1/locations", name="Nord", zone="Europe/Berlin")["id"]
        studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "17:00"}])
        hours = {"location_id": north, "weekly": [{"weekday": "tue", "from": "09:00", "to": "17:00"}], "overrides": []}
        assert studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=hours).status_code == 200
        visit = studio.book_appointment()
        assert visit["location_id"] == studio.location

        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-06-02T09:00:00+02:00").json()

        assert moved["location_id"] == north
        assert get_appointment(studio, visit["id"])["location_id"] == north
        listed = studio.client.get("/v1/appointments", params={"after": moved["position"]}).json()["appointments"]
        assert [each["location_id"] for each in listed] == [north]
        undone = studio.post_action(visit["id"], "undo").json()
        assert undone["location_id"] == studio.location


class TestUndo:
    def test_of_a_cancellation_takes_the_time_back(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="wrong row")

        undone = studio.post_action(visit, "undo").json()

        assert (undone["status"], undone["cancellation_reason"], undone["version"]) == ("booked", None, 3)
        assert studio.post_booking().json()["code"] == "time_taken"

    def test_of_a_cancellation_is_refused_once_the_time_was_given_away(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="wrong row")
        studio.book_appointment()

        refused = studio.post_action(visit, "undo")

        assert (refused.status_code, refused.json()["code"]) == (409, "time_taken")
        assert (get_appointment(studio, visit)["status"], get_appointment(studio, visit)["version"]) == ("cancelled", 2)

    def test_of_a_cancellation_is_refused_once_another_visit_fills_the_daily_limit(
        self, studio: PracticeClient
    ) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 1}})
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="wrong row")
        studio.book_appointment(TEN)

        refused = studio.post_action(visit, "undo")

        assert (refused.status_code, refused.json()["code"]) == (409, "daily_limit")
        assert (get_appointment(studio, visit)["status"], get_appointment(studio, visit)["version"]) == ("cancelled", 2)

    def test_of_a_booking_archives_it_and_nobody_has_cancelled(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]

        undone = studio.post_action(visit, "undo").json()

        assert (undone["status"], undone["cancellation_reason"]) == ("archived", None)
        assert studio.post_action(visit, "cancel", reason="x").json()["code"] == "already_archived"
        found = studio.client.get("/v1/appointments", params={"status": "archived", "after": undone["position"]}).json()
        assert [each["id"] for each in found["appointments"]] == [visit]
        assert studio.post_booking().status_code == 201

    def test_of_a_move_moves_back(self, practice_with_two_clinicians: PracticeClient) -> None:
        booked = practice_with_two_clinicians.book_appointment()
        visit = booked["id"]
        moves: list[tuple[str, Json]] = [
            ("reschedule", {"starts_at": TEN}),
            ("reassign", {"clinician_id": other_clinician(practice_with_two_clinicians)}),
        ]
        position = 0
        for verb, body in moves:
            practice_with_two_clinicians.post_action(visit, verb, **body)

            undone = practice_with_two_clinicians.post_action(visit, "undo").json()

            for field in ("starts_at", "ends_at", "clinician_id", "location_id", "resource_ids", "status"):
                assert undone[field] == booked[field]
            position = undone["position"]
        [entry] = practice_with_two_clinicians.client.get("/v1/appointments", params={"after": position}).json()[
            "appointments"
        ]
        assert (entry["starts_at"], entry["clinician_id"]) == (
            booked["starts_at"],
            practice_with_two_clinicians.clinician,
        )

    def test_of_a_move_is_refused_once_the_old_time_was_given_away(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "reschedule", starts_at=TEN)
        studio.book_appointment()

        assert studio.post_action(visit, "undo").json()["code"] == "time_taken"
        assert get_appointment(studio, visit)["starts_at"] == "2026-06-01T08:00:00Z"

    def test_of_answers_to_a_request_makes_it_a_request_again(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(status="requested")["id"]

        answers: list[tuple[str, Json]] = [("confirm", {}), ("decline", {"reason": "full"})]
        for verb, body in answers:
            studio.post_action(visit, verb, **body)
            undone = studio.post_action(visit, "undo").json()
            assert (undone["status"], undone["decline_reason"]) == ("requested", None)
            assert NINE in studio.slots("2026-06-01", "2026-06-02")

    def test_of_an_arrival_and_of_a_no_show_is_possible_until_a_day_later(self, studio: PracticeClient) -> None:
        visit, end = studio.book_appointment()["id"], datetime(2026, 6, 1, 7, 50, tzinfo=UTC)
        with studio.server.at_time(end - timedelta(hours=1)):
            studio.post_action(visit, "check-in")
            assert studio.post_action(visit, "undo").json()["status"] == "booked"

        with studio.server.at_time(end + timedelta(hours=23)):
            studio.post_action(visit, "no-show")
            assert studio.post_action(visit, "undo").json()["status"] == "booked"
            studio.post_action(visit, "no-show")
        with studio.server.at_time(end + timedelta(days=1)):
            assert studio.post_action(visit, "undo").json()["code"] == "too_late_to_undo"

    def test_of_what_was_agreed_ends_when_the_visit_starts(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "reschedule", starts_at=TEN)

        with studio.server.at_time(datetime(2026, 6, 1, 7, tzinfo=UTC)):
            # It would go back to a time that has begun.
            assert studio.post_action(visit, "undo").json()["code"] == "already_started"

    def test_twice_changes_nothing(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="wrong row")

        answers = map_concurrently(5, lambda _: studio.post_action(visit, "undo"))

        assert codes(answers) == [(200, None)] + [(409, "nothing_to_undo")] * 4
        assert get_appointment(studio, visit)["status"] == "booked"
        # The next command can be undone again.
        studio.post_action(visit, "cancel", reason="after all")
        assert studio.post_action(visit, "undo").json()["status"] == "booked"

    def test_names_the_version_that_it_undoes(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="wrong row")

        assert studio.post_action(visit, "undo", headers={"If-Match": '"1"'}).status_code == 412
        assert studio.post_action(visit, "undo", headers={"If-Match": '"2"'}).status_code == 200

    def test_has_a_grace_period_of_three_minutes(self, studio: PracticeClient) -> None:
        now = studio.server.clock.now()

        assert studio.book_appointment()["grace_until"] == f"{now + timedelta(minutes=3):%Y-%m-%dT%H:%M:%SZ}"
