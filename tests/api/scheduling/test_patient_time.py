"""A person is at one place at a time: bookings, moves, series, requests and merges."""

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.support.concurrency import map_concurrently

NINE, HALF_PAST, TEN = "2026-06-01T09:00:00+02:00", "2026-06-01T09:30:00+02:00", "2026-06-01T10:00:00+02:00"
WHY: Json = {"reason": "mother and child, one after the other"}
DAY = {"from": "2026-06-01", "to": "2026-06-02"}


@pytest.fixture
def other(studio: PracticeClient) -> str:
    """A second clinician who gives the service."""
    other = studio.add_clinician()
    studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
    return other


class TestBooking:
    def test_refuses_a_second_visit_at_the_same_time_and_names_the_first(
        self, studio: PracticeClient, other: str
    ) -> None:
        first = studio.book_appointment()

        refused = studio.post_booking(HALF_PAST, clinician_id=other)

        assert (refused.status_code, refused.json()["code"]) == (409, "patient_busy")
        assert refused.json()["visit"] == {
            "id": first["id"],
            "starts_at": "2026-06-01T07:00:00Z",
            "ends_at": "2026-06-01T07:50:00Z",
        }

    def test_allows_visits_one_after_the_other(self, studio: PracticeClient, other: str) -> None:
        studio.book_appointment()

        assert studio.post_booking("2026-06-01T09:50:00+02:00", clinician_id=other).status_code == 201
        studio.book_appointment("2026-06-01T10:40:00+02:00", patient_id=studio.add_patient(), clinician_id=other)

    def test_books_beside_with_an_override_and_keeps_both(self, studio: PracticeClient, other: str) -> None:
        first = studio.book_appointment()

        second = studio.book_appointment(HALF_PAST, clinician_id=other, override=WHY)

        assert second["override"] == {"rules": ["patient_busy"], "overlaps": [first["id"]], **WHY}
        assert studio.post_booking(HALF_PAST, clinician_id=other).json()["code"] == "time_taken"

    def test_a_cancelled_visit_a_no_show_and_a_request_take_no_time(self, studio: PracticeClient, other: str) -> None:
        first = studio.book_appointment(status="requested")
        second = studio.book_appointment(clinician_id=other)
        studio.post_action(second["id"], "cancel", reason="ill")

        assert studio.post_booking(clinician_id=other).status_code == 201
        refused = studio.client.post(f"/v1/appointments/{first['id']}/confirm")
        assert (refused.status_code, refused.json()["code"]) == (409, "patient_busy")

    def test_two_at_once_get_one_visit(self, studio: PracticeClient, other: str) -> None:
        clinicians = [studio.clinician, other] * 3

        answers = map_concurrently(6, lambda number: studio.post_booking(clinician_id=clinicians[number]))

        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]

    def test_a_bound_key_learns_the_time_only(self, studio: PracticeClient, other: str) -> None:
        studio.book_appointment()
        bound = studio.client_with_role("clinician", clinician_id=other)

        refused = bound.post("/v1/appointments", json=studio.booking_body(HALF_PAST, clinician_id=other))

        assert refused.json()["code"] == "patient_busy"
        assert refused.json()["visit"] == {
            "id": None,
            "starts_at": "2026-06-01T07:00:00Z",
            "ends_at": "2026-06-01T07:50:00Z",
        }


class TestSlots:
    def test_leave_out_the_patients_other_visits(self, studio: PracticeClient, other: str) -> None:
        studio.book_appointment(TEN)

        everybody = studio.slots("2026-06-01", "2026-06-02", clinician_id=other)
        of_patient = studio.slots("2026-06-01", "2026-06-02", clinician_id=other, patient_id=studio.patient)

        assert {start for start in everybody if start not in of_patient} == {
            start for start in everybody if "2026-06-01T07:10:00Z" < start < "2026-06-01T08:50:00Z"
        }

    def test_explain_why_not(self, studio: PracticeClient, other: str) -> None:
        first = studio.book_appointment()
        about = {"service_id": studio.service, "clinician_id": other, "at": HALF_PAST, "patient_id": studio.patient}

        found = studio.client.get("/v1/slots/explain", params=about).json()

        assert found["is_free"] is False
        [reason] = found["reasons"]
        assert (reason["code"], [event["id"] for event in reason["events"]]) == ("patient_busy", [first["id"]])
        unknown = studio.client.get("/v1/slots/explain", params={**about, "patient_id": studio.service})
        assert unknown.status_code == 404

    def test_of_a_patient_are_for_roles_that_see_patients_and_not_for_a_visit_that_moves(
        self, studio: PracticeClient
    ) -> None:
        visit = studio.book_appointment()
        asked = {"service_id": studio.service, **DAY, "patient_id": studio.patient}

        assert studio.client_with_role("analyst").get("/v1/slots", params=asked).status_code == 403
        both = studio.client.get("/v1/slots", params={**asked, "moving": visit["id"]})
        assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "patient_id")


class TestMoves:
    def test_refuse_a_time_at_which_the_patient_is_elsewhere(self, studio: PracticeClient, other: str) -> None:
        first = studio.book_appointment()
        second = studio.book_appointment(TEN, clinician_id=other)
        path = f"/v1/appointments/{second['id']}/reschedule"

        refused = studio.client.post(path, json={"starts_at": HALF_PAST})
        moved = studio.client.post(path, json={"starts_at": HALF_PAST, "override": WHY})

        assert (refused.json()["code"], refused.json()["visit"]["id"]) == ("patient_busy", first["id"])
        assert moved.json()["override"]["rules"] == ["patient_busy"]

    def test_at_the_same_time_another_clinician_needs_no_new_override(self, studio: PracticeClient, other: str) -> None:
        third = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other, third])
        first = studio.book_appointment()
        second = studio.book_appointment(HALF_PAST, clinician_id=other, override=WHY)

        for visit in (second, first):
            answer = studio.client.post(f"/v1/appointments/{visit['id']}/reassign", json={"clinician_id": third})
            assert answer.status_code == 200, answer.text
            studio.post_action(visit["id"], "cancel", reason="ill")

    def test_undo_does_not_put_the_patient_at_two_places(self, studio: PracticeClient, other: str) -> None:
        first = studio.book_appointment()
        studio.post_action(first["id"], "cancel", reason="ill")
        second = studio.book_appointment(HALF_PAST, clinician_id=other)

        refused = studio.client.post(f"/v1/appointments/{first['id']}/undo")

        assert (refused.status_code, refused.json()["code"]) == (409, "patient_busy")
        assert refused.json()["visit"]["id"] == second["id"]


class TestSeries:
    def test_leaves_out_the_times_at_which_the_patient_is_elsewhere(self, studio: PracticeClient, other: str) -> None:
        studio.book_appointment("2026-06-09T10:00:00+02:00")
        body: Json = {"rrule": "FREQ=WEEKLY;COUNT=3", "clinician_id": other}

        refused = studio.post_series(**body)
        made = studio.post_series(**body, on_conflict="skip")

        assert refused.json()["code"] == "series_conflict"
        assert [each["code"] for each in refused.json()["conflicts"]] == ["patient_busy"]
        assert made.status_code == 201, made.text


class TestMergedPeople:
    def test_are_busy_under_every_id(self, studio: PracticeClient, other: str) -> None:
        twin = studio.add_patient(given_name="Dana", family_name="Kleyn")
        studio.book_appointment(patient_id=twin)
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin})

        refused = studio.post_booking(HALF_PAST, clinician_id=other)
        made = studio.book_appointment(HALF_PAST, clinician_id=other, override=WHY)

        assert refused.json()["code"] == "patient_busy"
        assert made["override"]["rules"] == ["patient_busy"]

    def test_with_two_visits_at_one_time_are_listed_as_conflicts(self, studio: PracticeClient, other: str) -> None:
        twin = studio.add_patient(given_name="Dana", family_name="Kleyn")
        visits = [studio.book_appointment(), studio.book_appointment(HALF_PAST, clinician_id=other, patient_id=twin)]
        merged = studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin}).json()

        found = studio.client.get("/v1/conflicts", params={"after": merged["position"]}).json()["conflicts"]

        assert [each["appointment_id"] for each in found] == [visit["id"] for visit in visits]
        assert [[reason["code"] for reason in each["reasons"]] for each in found] == [["patient_busy"]] * 2
        assert [remedy["action"] for remedy in found[0]["remedies"]] == ["reschedule", "cancel", "keep"]
