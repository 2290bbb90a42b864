"""Requests: asked for, then confirmed or declined (EC-09)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.scheduling.appointments.appointment import Appointment
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

NINE = "2026-06-01T07:00:00Z"


def request_appointment(studio: PracticeClient, **other: object) -> Json:
    return studio.book_appointment(status="requested", **other)


def event_types(studio: PracticeClient, appointment: str) -> list[str]:
    """What happened to a visit, by the log."""
    position = studio.create("/v1/locations", name="Nord", zone="UTC")["position"]
    history = studio.client.get(f"/v1/appointments/{appointment}/history", params={"after": position}).json()["history"]
    return [line["event_type"].rpartition(".")[2] for line in history]


class TestRequest:
    def test_takes_no_time_until_it_is_confirmed(self, studio: PracticeClient) -> None:
        first, second = request_appointment(studio), request_appointment(studio)

        assert (first["status"], second["status"]) == ("requested", "requested")
        assert NINE in studio.slots("2026-06-01", "2026-06-02")

        confirmed = studio.post_action(first["id"], "confirm").json()

        assert (confirmed["status"], confirmed["version"]) == ("booked", 2)
        assert NINE not in studio.slots("2026-06-01", "2026-06-02")

    def test_is_refused_where_a_booking_would_be(self, studio: PracticeClient) -> None:
        studio.book_appointment()

        assert studio.post_booking(status="requested").json()["code"] == "time_taken"
        assert studio.post_booking("2026-06-01T18:00:00+02:00", status="requested").json()["code"] == "outside_hours"

    def test_stands_in_the_calendar(self, studio: PracticeClient) -> None:
        made = request_appointment(studio)

        found = studio.client.get("/v1/appointments", params={"status": "requested", "after": made["position"]}).json()

        assert [each["id"] for each in found["appointments"]] == [made["id"]]
        history = studio.client.get(f"/v1/patients/{studio.patient}/history", params={"after": made["position"]})
        assert history.json()["history"][-1]["sentence"] == "The visit was requested"

    def test_can_be_withdrawn_and_moved_but_nobody_can_come_to_it(self, studio: PracticeClient) -> None:
        visit = request_appointment(studio)["id"]

        assert studio.post_action(visit, "check-in").json()["code"] == "not_confirmed"
        assert (
            studio.post_action(visit, "reschedule", starts_at="2026-06-01T10:00:00+02:00").json()["status"]
            == "requested"
        )
        assert studio.post_action(visit, "cancel", reason="patient rang").json()["status"] == "cancelled"
        assert NINE in studio.slots("2026-06-01", "2026-06-02")


class TestConfirm:
    def test_of_two_on_one_time_the_second_is_refused_and_stays_a_request(self, studio: PracticeClient) -> None:
        first, second = request_appointment(studio)["id"], request_appointment(studio)["id"]

        assert studio.post_action(first, "confirm").status_code == 200
        refused = studio.post_action(second, "confirm")

        assert (refused.status_code, refused.json()["code"]) == (409, "time_taken")
        assert studio.client.get(f"/v1/appointments/{second}").json()["status"] == "requested"
        assert event_types(studio, second) == ["requested"]

    def test_of_twenty_at_once_records_one_and_answers_all_alike(self, studio: PracticeClient) -> None:
        visit = request_appointment(studio)["id"]

        answers = map_concurrently(20, lambda _: studio.post_action(visit, "confirm"))

        assert codes(answers) == [(200, None)] * 20
        assert {(a.json()["status"], a.json()["version"]) for a in answers} == {("booked", 2)}
        assert event_types(studio, visit) == ["requested", "confirmed"]

    def test_of_two_requests_at_once_exactly_one_wins(self, studio: PracticeClient) -> None:
        visits = [request_appointment(studio)["id"] for _ in range(8)]

        answers = map_concurrently(8, lambda place: studio.post_action(visits[place], "confirm"))

        assert codes(answers) == [(200, None)] + [(409, "time_taken")] * 7

    def test_of_a_cancelled_one_changes_nothing(self, studio: PracticeClient) -> None:
        visit = request_appointment(studio)["id"]
        cancelled = studio.post_action(visit, "cancel", reason="patient rang").json()

        refused = studio.post_action(visit, "confirm")

        assert (refused.status_code, refused.json()["code"]) == (409, "already_cancelled")
        assert studio.client.get(f"/v1/appointments/{visit}").json()["version"] == cancelled["version"]

    def test_uses_another_room_where_the_first_was_taken(self, studio: PracticeClient) -> None:
        rooms = {studio.add_room("1"), studio.add_room("2")}
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other], requires=[{"kind": "room"}])
        asked = request_appointment(studio)
        studio.book_appointment(clinician_id=other, patient_id=studio.add_patient(), resource_ids=asked["resource_ids"])

        confirmed = studio.post_action(asked["id"], "confirm").json()

        assert {*asked["resource_ids"], *confirmed["resource_ids"]} == rooms

    def test_takes_what_was_agreed_whatever_the_service_asks_today(self, studio: PracticeClient) -> None:
        asked = request_appointment(studio)
        terms = {"duration_minutes": 90, "step_minutes": 45, "minimum_notice_minutes": 60 * 24 * 60}
        assert studio.client.patch(f"/v1/services/{studio.service}", json=terms).status_code == 200

        confirmed = studio.post_action(asked["id"], "confirm").json()

        assert (confirmed["status"], confirmed["ends_at"]) == ("booked", asked["ends_at"])

    def test_comes_too_late_once_the_time_has_passed(self, studio: PracticeClient) -> None:
        visit = request_appointment(studio)["id"]

        with studio.server.at_time(datetime(2026, 6, 1, 8, tzinfo=UTC)):
            assert studio.post_action(visit, "confirm").json()["code"] == "in_the_past"


class TestDecline:
    def test_keeps_the_reason_for_those_who_see_patients(self, studio: PracticeClient) -> None:
        visit = request_appointment(studio)["id"]

        declined = studio.post_action(visit, "decline", reason="fully booked").json()

        assert (declined["status"], declined["decline_reason"]) == ("declined", "fully booked")
        assert "fully booked" not in studio.client_with_role("analyst").get(f"/v1/appointments/{visit}").text
        assert studio.post_action(visit, "decline", reason="again").json()["version"] == declined["version"]
        assert studio.post_action(visit, "confirm").json()["code"] == "already_declined"

    @pytest.mark.parametrize("body", [None, {}, {"reason": None}])
    def test_needs_no_reason(self, studio: PracticeClient, body: Json | None) -> None:
        visit = request_appointment(studio)["id"]

        answer = studio.client.post(f"/v1/appointments/{visit}/decline", json=body)

        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["decline_reason"]) == ("declined", None)
        assert studio.client.get(f"/v1/appointments/{visit}").json()["decline_reason"] is None

    def test_takes_no_empty_reason(self, studio: PracticeClient) -> None:
        visit = request_appointment(studio)["id"]

        assert studio.post_action(visit, "decline", reason=" ").json()["errors"][0]["field"] == "reason"

    def test_is_for_requests_alone(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]

        assert studio.post_action(visit, "decline", reason="x").json()["code"] == "not_requested"


def test_an_answer_to_a_request_reads_back_from_its_facts(studio: PracticeClient) -> None:
    visit = request_appointment(studio)["id"]
    studio.post_action(visit, "confirm")

    log = studio.server.container.logs.of(UUID(studio.practice_id))

    assert log.load(Appointment, UUID(visit)).status == "booked"
