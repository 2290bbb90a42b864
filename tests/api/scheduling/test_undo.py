"""Reassign, and undo: EC-10, and "Whoops, don't book that!"."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from tests.api.studio import Json, Studio, at_once, codes

NINE = "2026-06-01T07:00:00Z"
TEN = "2026-06-01T10:00:00+02:00"


@pytest.fixture
def pair(studio: Studio) -> Studio:
    """A second clinician, and a service that both give in any of two rooms."""
    second = studio.add_clinician()
    studio.add_room("1")
    studio.add_room("2")
    studio.service = studio.add_service(clinician_ids=[studio.clinician, second], requires=[{"kind": "room"}])
    return studio


def other_clinician(studio: Studio) -> str:
    clinicians = studio.client.get("/v1/clinicians").json()["clinicians"]
    return str(next(each["id"] for each in clinicians if each["id"] != studio.clinician))


def now_of(studio: Studio, visit: str) -> Json:
    shown: Json = studio.client.get(f"/v1/appointments/{visit}").json()
    return shown


class TestReassign:
    def test_frees_the_first_clinician_and_takes_the_second(self, pair: Studio) -> None:
        second = other_clinician(pair)
        visit = pair.booked()

        moved = pair.act(visit["id"], "reassign", clinician_id=second).json()

        assert (moved["clinician_id"], moved["starts_at"], moved["version"]) == (second, visit["starts_at"], 2)
        assert moved["resource_ids"] == visit["resource_ids"]
        assert pair.book().status_code == 201
        assert pair.book(clinician_id=second).json()["code"] == "time_taken"

    def test_to_another_room_keeps_the_clinician(self, pair: Studio) -> None:
        visit = pair.booked()
        rooms = {each["id"] for each in pair.client.get("/v1/resources").json()["resources"]}
        [other] = rooms - set(visit["resource_ids"])

        moved = pair.act(visit["id"], "reassign", resource_ids=[other]).json()

        assert (moved["clinician_id"], moved["resource_ids"]) == (visit["clinician_id"], [other])

    def test_to_what_it_has_in_any_order_is_no_news(self, studio: Studio) -> None:
        rooms = [studio.add_room(name) for name in ("1", "2", "3")]
        for both in permutations(rooms, 2):
            visit = studio.booked(resource_ids=list(both))

            for named in ([], [both[0]], [both[1]], [both[1], both[0]], list(both)):
                told = studio.act(visit["id"], "reassign", resource_ids=named).json()
                assert (told["version"], told["resource_ids"]) == (1, list(both))
            studio.act(visit["id"], "cancel", reason="x")

    def test_is_refused_where_the_other_is_not_free_or_not_there(self, pair: Studio) -> None:
        second = other_clinician(pair)
        visit = pair.booked()["id"]
        pair.booked(clinician_id=second)
        absent, stranger = pair.add_clinician(days=("tue",)), pair.add_clinician()
        clinicians = [pair.clinician, second, absent]
        assert pair.client.patch(f"/v1/services/{pair.service}", json={"clinician_ids": clinicians}).status_code == 200

        refusals = [pair.act(visit, "reassign", clinician_id=who).json()["code"] for who in (second, absent, stranger)]

        assert refusals == ["time_taken", "outside_hours", "clinician_not_offering"]
        assert pair.act(visit, "reassign").json()["errors"][0]["field"] == "clinician_id"
        assert now_of(pair, visit)["version"] == 1

    def test_needs_no_notice(self, pair: Studio) -> None:
        """A clinician who is ill this morning is why there is such a thing."""
        visit = pair.booked()["id"]
        pair.client.patch(f"/v1/services/{pair.service}", json={"minimum_notice_minutes": 24 * 60})

        with pair.program.at(datetime(2026, 6, 1, 6, 55, tzinfo=UTC)):
            assert pair.act(visit, "reassign", clinician_id=other_clinician(pair)).status_code == 200

    def test_of_two_to_one_clinician_exactly_one_wins(self, pair: Studio) -> None:
        second, third = other_clinician(pair), pair.add_clinician()
        pair.add_room("3")
        clinicians = [pair.clinician, second, third]
        pair.client.patch(f"/v1/services/{pair.service}", json={"clinician_ids": clinicians})
        visits = [pair.booked(clinician_id=who)["id"] for who in (pair.clinician, second)]

        answers = at_once(2, lambda place: pair.act(visits[place], "reassign", clinician_id=third))

        assert codes(answers) == [(200, None), (409, "time_taken")]

    def test_to_someone_else_is_out_of_a_bound_clinicians_reach(self, pair: Studio) -> None:
        visit = pair.booked()["id"]
        bound = pair.key_of("clinician", clinician_id=pair.clinician)

        answer = bound.post(f"/v1/appointments/{visit}/reassign", json={"clinician_id": other_clinician(pair)})

        assert answer.status_code == 404
        assert bound.post(f"/v1/appointments/{visit}/reassign", json={"resource_ids": []}).status_code == 200

    def test_shows_in_the_calendar_and_in_both_histories(self, pair: Studio) -> None:
        second = other_clinician(pair)
        visit = pair.booked()["id"]
        position = pair.act(visit, "reassign", clinician_id=second).json()["position"]

        query = {"clinician_id": second, "after": position}
        assert [each["id"] for each in pair.client.get("/v1/appointments", params=query).json()["appointments"]] == [
            visit
        ]
        [_, line] = pair.client.get(f"/v1/appointments/{visit}/history", params={"after": position}).json()["history"]
        assert {"field": "clinician_id", "before": pair.clinician, "after": second} in line["changes"]


class TestUndo:
    def test_of_a_cancellation_takes_the_time_back(self, studio: Studio) -> None:
        visit = studio.booked()["id"]
        studio.act(visit, "cancel", reason="wrong row")

        undone = studio.act(visit, "undo").json()

        assert (undone["status"], undone["cancellation_reason"], undone["version"]) == ("booked", None, 3)
        assert studio.book().json()["code"] == "time_taken"

    def test_of_a_cancellation_is_refused_once_the_time_was_given_away(self, studio: Studio) -> None:
        visit = studio.booked()["id"]
        studio.act(visit, "cancel", reason="wrong row")
        studio.booked()

        refused = studio.act(visit, "undo")

        assert (refused.status_code, refused.json()["code"]) == (409, "time_taken")
        assert (now_of(studio, visit)["status"], now_of(studio, visit)["version"]) == ("cancelled", 2)

    def test_of_a_booking_archives_it_and_nobody_has_cancelled(self, studio: Studio) -> None:
        visit = studio.booked()["id"]

        undone = studio.act(visit, "undo").json()

        assert (undone["status"], undone["cancellation_reason"]) == ("archived", None)
        assert studio.act(visit, "cancel", reason="x").json()["code"] == "already_archived"
        found = studio.client.get("/v1/appointments", params={"status": "archived", "after": undone["position"]}).json()
        assert [each["id"] for each in found["appointments"]] == [visit]
        assert studio.book().status_code == 201

    def test_of_a_move_moves_back(self, pair: Studio) -> None:
        booked = pair.booked()
        visit = booked["id"]
        moves: list[tuple[str, Json]] = [
            ("reschedule", {"starts_at": TEN}),
            ("reassign", {"clinician_id": other_clinician(pair)}),
        ]
        position = 0
        for verb, body in moves:
            pair.act(visit, verb, **body)

            undone = pair.act(visit, "undo").json()

            for field in ("starts_at", "ends_at", "clinician_id", "location_id", "resource_ids", "status"):
                assert undone[field] == booked[field]
            position = undone["position"]
        [entry] = pair.client.get("/v1/appointments", params={"after": position}).json()["appointments"]
        assert (entry["starts_at"], entry["clinician_id"]) == (booked["starts_at"], pair.clinician)

    def test_of_a_move_is_refused_once_the_old_time_was_given_away(self, studio: Studio) -> None:
        visit = studio.booked()["id"]
        studio.act(visit, "reschedule", starts_at=TEN)
        studio.booked()

        assert studio.act(visit, "undo").json()["code"] == "time_taken"
        assert now_of(studio, visit)["starts_at"] == "2026-06-01T08:00:00Z"

    def test_of_answers_to_a_request_makes_it_a_request_again(self, studio: Studio) -> None:
        visit = studio.booked(status="requested")["id"]

        answers: list[tuple[str, Json]] = [("confirm", {}), ("decline", {"reason": "full"})]
        for verb, body in answers:
            studio.act(visit, verb, **body)
            undone = studio.act(visit, "undo").json()
            assert (undone["status"], undone["decline_reason"]) == ("requested", None)
            assert NINE in studio.slots("2026-06-01", "2026-06-02")

    def test_of_an_arrival_and_of_a_no_show_is_possible_until_a_day_later(self, studio: Studio) -> None:
        visit, end = studio.booked()["id"], datetime(2026, 6, 1, 7, 50, tzinfo=UTC)
        studio.act(visit, "check-in")
        assert studio.act(visit, "undo").json()["status"] == "booked"

        with studio.program.at(end + timedelta(hours=23)):
            studio.act(visit, "no-show")
            assert studio.act(visit, "undo").json()["status"] == "booked"
            studio.act(visit, "no-show")
        with studio.program.at(end + timedelta(days=1)):
            assert studio.act(visit, "undo").json()["code"] == "too_late_to_undo"

    def test_of_what_was_agreed_ends_when_the_visit_starts(self, studio: Studio) -> None:
        visit = studio.booked()["id"]
        studio.act(visit, "reschedule", starts_at=TEN)

        with studio.program.at(datetime(2026, 6, 1, 7, tzinfo=UTC)):
            # It would go back to a time that has begun.
            assert studio.act(visit, "undo").json()["code"] == "already_started"

    def test_twice_does_no_harm(self, studio: Studio) -> None:
        visit = studio.booked()["id"]
        studio.act(visit, "cancel", reason="wrong row")

        answers = at_once(5, lambda _: studio.act(visit, "undo"))

        assert codes(answers) == [(200, None)] + [(409, "nothing_to_undo")] * 4
        assert now_of(studio, visit)["status"] == "booked"
        # The next command can be undone again.
        studio.act(visit, "cancel", reason="after all")
        assert studio.act(visit, "undo").json()["status"] == "booked"

    def test_names_the_version_that_it_undoes(self, studio: Studio) -> None:
        visit = studio.booked()["id"]
        studio.act(visit, "cancel", reason="wrong row")

        assert studio.act(visit, "undo", headers={"If-Match": '"1"'}).status_code == 412
        assert studio.act(visit, "undo", headers={"If-Match": '"2"'}).status_code == 200

    def test_leaves_three_minutes_in_which_nobody_is_told(self, studio: Studio) -> None:
        now = studio.program.clock.now()

        assert studio.booked()["grace_until"] == f"{now + timedelta(minutes=3):%Y-%m-%dT%H:%M:%SZ}"
