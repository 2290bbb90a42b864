"""Holds: kept for ten minutes at most, ended by the clock alone, capped (EC-21, BK8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

NINE, NINE_SAID = "2026-06-01T07:00:00Z", "2026-06-01T09:00:00+02:00"
TEN = "2026-06-01T10:00:00+02:00"


def post_hold(
    studio: PracticeClient, starts_at: str = NINE_SAID, minutes: int = 10, **other: object
) -> httpx2.Response:
    body = {"service_id": studio.service, "clinician_id": studio.clinician, "starts_at": starts_at, "minutes": minutes}
    return studio.client.post("/v1/holds", json=body | other)


def place_hold(studio: PracticeClient, starts_at: str = NINE_SAID, minutes: int = 10, **other: object) -> Json:
    answer = post_hold(studio, starts_at, minutes, **other)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def is_offered(studio: PracticeClient) -> bool:
    return NINE in studio.slots("2026-06-01", "2026-06-02")


@contextmanager
def time_later(studio: PracticeClient, **time: float) -> Iterator[None]:
    with studio.server.at_time(studio.server.clock.now() + timedelta(**time)):
        yield


class TestHold:
    def test_ends_by_the_clock_at_the_very_second(self, studio: PracticeClient) -> None:
        place_hold(studio)

        with time_later(studio, minutes=9, seconds=59, milliseconds=999):
            assert not is_offered(studio)
            assert studio.post_booking().json()["code"] == "time_taken"
        with time_later(studio, minutes=10):
            assert is_offered(studio)
            assert studio.post_booking().status_code == 201
            assert not is_offered(studio)

    def test_keeps_rooms_too(self, studio: PracticeClient) -> None:
        studio.add_room()
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other], requires=[{"kind": "room"}])
        made = place_hold(studio)

        assert len(made["resource_ids"]) == 1
        assert studio.post_booking(clinician_id=other).json()["code"] == "resource_unavailable"
        with time_later(studio, minutes=10):
            assert studio.post_booking(clinician_id=other).status_code == 201

    def test_shows_what_became_of_it(self, studio: PracticeClient) -> None:
        first = place_hold(studio)
        address = f"/v1/holds/{first['id']}"
        assert studio.client.get(address).json()["status"] == "held"

        assert studio.client.delete(address).json()["status"] == "released"
        assert is_offered(studio)
        assert studio.client.delete(address).json()["version"] == 2

        second = place_hold(studio)
        with time_later(studio, minutes=10):
            assert studio.client.get(f"/v1/holds/{second['id']}").json()["status"] == "expired"
            assert studio.client.delete(f"/v1/holds/{second['id']}").json()["version"] == 1

    def test_can_follow_one_that_has_expired(self, studio: PracticeClient) -> None:
        place_hold(studio)

        with time_later(studio, minutes=10):
            assert post_hold(studio).status_code == 201
            assert post_hold(studio).json()["code"] == "time_taken"

    @pytest.mark.parametrize("minutes", [0, -1, 11, 1.5, "5", None])
    def test_lasts_one_to_ten_minutes(self, studio: PracticeClient, minutes: object) -> None:
        answer = post_hold(studio, minutes=minutes)  # type: ignore[arg-type]

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "minutes")

    def test_of_twenty_on_one_time_exactly_one_wins(self, studio: PracticeClient) -> None:
        answers = map_concurrently(20, lambda number: post_hold(studio, client_address=f"192.0.2.{number}"))

        assert codes(answers) == [(201, None)] + [(409, "time_taken")] * 19

    def test_blocks_confirmations_moves_and_undos_until_it_expires(self, studio: PracticeClient) -> None:
        asked, moving, cancelled = (
            studio.book_appointment(status="requested"),
            studio.book_appointment(TEN),
            studio.book_appointment("2026-06-01T11:00:00+02:00"),
        )
        studio.post_action(cancelled["id"], "cancel", reason="x")
        acts: list[tuple[str, str, Json]] = [
            (asked["id"], "confirm", {}),
            (moving["id"], "reschedule", {"starts_at": "2026-06-01T14:00:00+02:00"}),
            (cancelled["id"], "undo", {}),
        ]
        for starts_at in (NINE_SAID, "2026-06-01T14:00:00+02:00", "2026-06-01T11:00:00+02:00"):
            place_hold(studio, starts_at)

        for visit, verb, body in acts:
            assert studio.post_action(visit, verb, **body).json()["code"] == "time_taken"
        with time_later(studio, minutes=10):
            for visit, verb, body in acts:
                assert studio.post_action(visit, verb, **body).status_code == 200


class TestBooking:
    def test_uses_its_hold(self, studio: PracticeClient) -> None:
        made = place_hold(studio)

        booked = studio.book_appointment(hold_id=made["id"])

        shown = studio.client.get(f"/v1/holds/{made['id']}").json()
        assert (shown["status"], shown["appointment_id"]) == ("used", booked["id"])
        assert studio.post_booking(hold_id=made["id"]).json()["code"] == "time_taken"
        with time_later(studio, minutes=10):
            assert not is_offered(studio)

    def test_by_a_hold_is_in_time_if_the_hold_was(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(minimum_notice_minutes=60)
        with studio.server.at_time(studio.server.clock.now().replace(month=6, day=1, hour=6)):
            made = place_hold(studio)
            with time_later(studio, minutes=5):
                assert studio.post_booking().json()["code"] == "minimum_notice"
                assert studio.post_booking(hold_id=made["id"]).status_code == 201

    @pytest.mark.parametrize("fate", ["expired", "used", "released"])
    def test_by_a_hold_that_has_ended_needs_the_minimum_notice(self, studio: PracticeClient, fate: str) -> None:
        studio.service = studio.add_service(minimum_notice_minutes=60)
        with studio.server.at_time(studio.server.clock.now().replace(month=6, day=1, hour=5, minute=59)):
            made = place_hold(studio, minutes=5)
            if fate == "used":
                visit = studio.book_appointment(hold_id=made["id"])["id"]
                assert studio.post_action(visit, "cancel", reason="x").status_code == 200
            elif fate == "released":
                assert studio.client.delete(f"/v1/holds/{made['id']}").status_code == 200
            with time_later(studio, minutes=6 if fate == "expired" else 3):
                assert studio.client.get(f"/v1/holds/{made['id']}").json()["status"] == fate
                assert studio.post_booking(hold_id=made["id"]).json()["code"] == "minimum_notice"

    def test_of_another_time_service_or_clinician_is_refused(self, studio: PracticeClient) -> None:
        made, other, service = place_hold(studio)["id"], studio.add_clinician(), studio.service
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])

        assert studio.post_booking(hold_id=made).json()["code"] == "hold_mismatch"
        assert studio.post_booking(TEN, hold_id=made, service_id=service).json()["code"] == "hold_mismatch"
        assert studio.post_booking(hold_id=made, clinician_id=other).json()["code"] == "hold_mismatch"
        assert studio.post_booking(hold_id=made, service_id=service).status_code == 201

    def test_with_an_expired_hold_is_a_plain_booking(self, studio: PracticeClient) -> None:
        first, second = place_hold(studio), place_hold(studio, TEN)

        with time_later(studio, minutes=10):
            assert studio.post_booking(hold_id=first["id"]).status_code == 201
            studio.book_appointment(TEN)
            assert studio.post_booking(TEN, hold_id=second["id"]).json()["code"] == "time_taken"

    def test_twice_by_one_hold_at_once_books_once(self, studio: PracticeClient) -> None:
        made = place_hold(studio)["id"]

        answers = map_concurrently(10, lambda _: studio.post_booking(hold_id=made))

        assert codes(answers) == [(201, None)] + [(409, "time_taken")] * 9

    def test_by_a_hold_is_answered_again_as_it_was(self, studio: PracticeClient) -> None:
        body = studio.booking_body(hold_id=place_hold(studio)["id"])
        once = {"Idempotency-Key": "one"}
        first = studio.client.post("/v1/appointments", json=body, headers=once)
        studio.post_action(first.json()["id"], "cancel", reason="x")

        again = studio.client.post("/v1/appointments", json=body, headers=once)

        assert (again.status_code, again.json()) == (201, first.json())

    def test_requests_by_a_hold_give_its_time_back(self, studio: PracticeClient) -> None:
        made = place_hold(studio)

        assert studio.book_appointment(status="requested", hold_id=made["id"])["status"] == "requested"
        assert is_offered(studio)


class TestCaps:
    def test_one_address_has_ten_holds_at_most(self, studio: PracticeClient) -> None:
        starts = studio.slots("2026-06-01", "2026-06-06", service_id=studio.add_service(step_minutes=60))

        answers = map_concurrently(30, lambda number: post_hold(studio, starts[number], client_address="198.51.100.7"))

        assert codes(answers) == [(201, None)] * 10 + [(409, "too_many_holds")] * 20
        assert post_hold(studio, starts[30], client_address="198.51.100.8").status_code == 201
        with time_later(studio, minutes=10):
            assert post_hold(studio, starts[30], client_address="198.51.100.7").status_code == 201

    def test_one_contact_holds_three_however_it_is_written(self, studio: PracticeClient) -> None:
        for number, contact in enumerate(("noa@example.org", " NOA@Example.org", "noa@example.org")):
            place_hold(
                studio, f"2026-06-0{number + 1}T09:00:00+02:00", contact=contact, client_address=f"203.0.113.{number}"
            )

        refused = post_hold(
            studio, "2026-06-04T09:00:00+02:00", contact="Noa@example.org", client_address="203.0.113.9"
        )

        assert (refused.status_code, refused.json()["code"]) == (409, "too_many_holds")
        assert post_hold(studio, "2026-06-04T09:00:00+02:00", contact="ada@example.org").status_code == 201

    @pytest.mark.parametrize("address", [1, 3221225985, True, "", "localhost", "192.0.2.1/24", ["192.0.2.1"]])
    def test_an_address_is_written_as_one(self, studio: PracticeClient, address: object) -> None:
        answer = post_hold(studio, "2026-06-04T09:00:00+02:00", client_address=address)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value"), answer.text

    def test_a_network_of_version_6_is_one_address(self, studio: PracticeClient) -> None:
        starts = studio.slots("2026-06-01", "2026-06-06", service_id=studio.add_service(step_minutes=60))
        for number in range(10):
            place_hold(studio, starts[number], client_address=f"2001:db8::{number + 1:x}")

        assert post_hold(studio, starts[10], client_address="2001:db8::ffff").json()["code"] == "too_many_holds"
        assert post_hold(studio, starts[10], client_address="2001:db8:0:1::1").status_code == 201

    def test_a_place_is_free_again_once_its_hold_is_used_or_released(self, studio: PracticeClient) -> None:
        made = [place_hold(studio, f"2026-06-0{day}T09:00:00+02:00", contact="a@b.example") for day in (1, 2, 3)]

        studio.book_appointment("2026-06-01T09:00:00+02:00", hold_id=made[0]["id"])
        studio.client.delete(f"/v1/holds/{made[1]['id']}")

        assert post_hold(studio, "2026-06-04T09:00:00+02:00", contact="a@b.example").status_code == 201
        assert post_hold(studio, "2026-06-05T09:00:00+02:00", contact="a@b.example").status_code == 201
        assert post_hold(studio, "2026-06-05T10:00:00+02:00", contact="a@b.example").json()["code"] == "too_many_holds"

    def test_keep_neither_contact_nor_address(self, studio: PracticeClient) -> None:
        place_hold(studio, contact="zipporah@example.org", client_address="203.0.113.77")

        with studio.server.container.storage.transaction(UUID(studio.practice_id)) as cursor:
            rows = cursor.execute("select body::text, encode(sealed, 'escape') from log.event").fetchall()
            claims = cursor.execute("select t::text from log.time_claim t").fetchall()

        assert rows
        assert claims
        assert "zipporah" not in str((rows, claims))
        assert "203.0.113.77" not in str((rows, claims))

    def test_what_expired_is_cleared_by_the_next_hold_of_the_same_person(self, studio: PracticeClient) -> None:
        for day in (1, 2, 3):
            place_hold(studio, f"2026-06-0{day}T09:00:00+02:00", contact="a@b.example")

        with time_later(studio, minutes=11):
            place_hold(studio, "2026-06-04T09:00:00+02:00", contact="a@b.example")
            with studio.server.container.storage.transaction(UUID(studio.practice_id)) as cursor:
                [(holders,)] = cursor.execute("select count(distinct holder_id) from log.time_claim").fetchall()

        assert holders == 1


class TestReach:
    def test_a_bound_clinician_holds_their_own_time_alone(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        made = place_hold(studio)
        bound = studio.client_with_role("clinician", clinician_id=other)
        body = {"service_id": studio.service, "starts_at": TEN, "minutes": 5}

        assert bound.post("/v1/holds", json=body | {"clinician_id": studio.clinician}).status_code == 404
        assert bound.delete(f"/v1/holds/{made['id']}").status_code == 404
        assert bound.post("/v1/holds", json=body | {"clinician_id": other}).status_code == 201
