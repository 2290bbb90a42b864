"""Explanations of refused times, and visits outside of changed hours, with their events."""

import pytest

from tests.api.practice_client import Json, PracticeClient
from tests.api.scheduling.explanations import explain, reason_events

NINE = "2026-06-01T09:00:00+02:00"
ROLES_WITHOUT_PATIENTS = ("analyst",)


def conflicts(studio: PracticeClient, after: int, **query: str | int) -> Json:
    answer = studio.client.get("/v1/conflicts", params={"after": after, **query})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


class TestExplain:
    def test_shows_the_slot_where_there_is_one(self, studio: PracticeClient) -> None:
        found = explain(studio, NINE)

        assert (found["is_free"], found["reasons"]) == (True, [])
        assert found["slot"]["starts_at"] == "2026-06-01T07:00:00Z"
        assert found["slot"]["location_id"] == studio.location

    def test_cites_the_visit_and_the_rules(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-06-01T10:00:00+02:00").json()
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 1}})

        found = explain(studio, "2026-06-01T10:00:00+02:00")

        assert (found["is_free"], found["slot"]) == (False, None)
        assert reason_events(found) == [
            ("time_taken", ["scheduling.appointment.rescheduled"]),
            ("daily_limit", ["scheduling.appointment.rescheduled", "practice.clinician.limits_set"]),
        ]
        event = found["reasons"][0]["events"][0]
        assert (event["id"], event["kind"], event["position"]) == (visit["id"], "appointment", moved["position"])

    def test_cites_the_hours_that_count_on_the_date(self, studio: PracticeClient) -> None:
        first = studio.client.get(f"/v1/clinicians/{studio.clinician}").json()["version"]
        weekly_series = [{"weekday": "wed", "from": "14:00", "to": "15:00"}]
        body = {"location_id": studio.location, "weekly": weekly_series, "effective_from": "2026-06-03"}
        studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=body)

        before, after = explain(studio, "2026-06-01T20:00:00+02:00"), explain(studio, "2026-06-08T09:00:00+02:00")

        assert reason_events(before) == reason_events(after) == [("outside_hours", ["practice.clinician.hours_set"])]
        assert [found["reasons"][0]["events"][0]["version"] for found in (before, after)] == [first, first + 1]

    def test_cites_time_off_and_public_holidays(self, studio: PracticeClient) -> None:
        studio.client.put(
            f"/v1/clinicians/{studio.clinician}/time-off",
            json={"ranges": [{"first_date": "2026-06-02", "last_date": "2026-06-02", "note": "secret"}]},
        )
        studio.client.patch("/v1/practice", json={"holidays": {"country": "DE"}})

        assert reason_events(explain(studio, "2026-06-02T09:00:00+02:00")) == [
            ("time_off", ["practice.clinician.time_off_set"])
        ]
        holiday = explain(studio, "2026-05-25T09:00:00+02:00")
        assert reason_events(holiday) == [("public_holiday", ["practice.practice.holidays_set"])]
        assert "secret" not in str(explain(studio, "2026-06-02T09:00:00+02:00"))

    @pytest.mark.parametrize("role", ROLES_WITHOUT_PATIENTS)
    def test_tells_nothing_of_visits_to_those_who_do_not_see_patients(self, studio: PracticeClient, role: str) -> None:
        """BK4."""
        room = studio.add_room()
        studio.service = studio.add_service(requires=[{"kind": "room"}], limits={"per_day": 1})
        visit = studio.book_appointment(NINE)
        client = studio.client_with_role(role)

        found = explain(studio, NINE, client)

        assert {code for code, _ in reason_events(found)} == {"time_taken", "resource_unavailable", "daily_limit"}
        assert visit["id"] not in str(found)
        assert studio.patient not in str(found)
        assert room not in str(found)
        assert all(event["kind"] != "appointment" for each in found["reasons"] for event in each["events"])
        assert visit["id"] in str(explain(studio, NINE))

    def test_agrees_with_what_is_offered(self, studio: PracticeClient) -> None:
        studio.book_appointment(NINE)
        offered = set(studio.slots("2026-06-01", "2026-06-02"))

        for minute in range(0, 24 * 60, 95):
            at = f"2026-06-01T{minute // 60:02}:{minute % 60:02}:00Z"
            assert explain(studio, at)["is_free"] == (at in offered), at

    @pytest.mark.parametrize("at", ["", "yesterday", "2026-06-01T09:00:00", "2026-13-01"])
    def test_needs_a_time(self, studio: PracticeClient, at: str) -> None:
        asked = {"service_id": studio.service, "clinician_id": studio.clinician, "at": at}

        answer = studio.client.get("/v1/slots/explain", params=asked)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")


class TestConflicts:
    def test_are_none_while_everybody_is_there(self, studio: PracticeClient) -> None:
        assert conflicts(studio, studio.book_appointment(NINE)["position"])["conflicts"] == []

    def test_list_what_time_off_has_left_outside_and_move_nothing(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.book_appointment(NINE)
        path = f"/v1/clinicians/{studio.clinician}/time-off"
        off = studio.client.put(path, json={"ranges": [{"first_date": "2026-06-01", "last_date": "2026-06-01"}]}).json()

        [found] = conflicts(studio, off["position"])["conflicts"]

        assert found["appointment_id"] == visit["id"]
        assert reason_events(found) == [("time_off", ["practice.clinician.time_off_set"])]
        assert found["remedies"] == [
            {"action": "reschedule"},
            {"action": "reassign", "clinician_ids": [other]},
            {"action": "keep"},
        ]
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["version"] == 1
        back = studio.client.put(path, json={"ranges": []}).json()
        assert conflicts(studio, back["position"])["conflicts"] == []

    def test_list_what_hours_zones_and_holidays_have_left_outside(self, studio: PracticeClient) -> None:
        early, late = studio.book_appointment(NINE), studio.book_appointment("2026-06-01T15:00:00+02:00")
        holiday = studio.book_appointment("2026-06-04T09:00:00+02:00")

        def outside(position: int) -> dict[str, str]:
            found = conflicts(studio, position)["conflicts"]
            return {each["appointment_id"]: each["reasons"][0]["code"] for each in found}

        kept = studio.client.patch("/v1/practice", json={"holidays": {"country": "DE", "subdivision": "BY"}}).json()
        assert outside(kept["position"]) == {holiday["id"]: "public_holiday"}
        zone = studio.client.patch(f"/v1/locations/{studio.location}", json={"zone": "America/New_York"}).json()
        assert outside(zone["position"]) == {
            early["id"]: "outside_hours", holiday["id"]: "public_holiday"
        }  # fmt: skip
        assert studio.client.get(f"/v1/appointments/{late['id']}").json()["starts_at"] == late["starts_at"]
        gone = studio.set_hours(studio.clinician, [])
        assert set(outside(gone["position"])) == {early["id"], late["id"], holiday["id"]}

    def test_list_what_a_room_out_of_use_has_left_behind(self, studio: PracticeClient) -> None:
        rooms = [studio.add_room("1"), studio.add_room("2")]
        studio.service = studio.add_service(requires=[{"kind": "room"}])
        visit = studio.book_appointment(NINE, resource_ids=[rooms[0]])
        out = studio.client.patch(f"/v1/resources/{rooms[0]}", json={"active": False}).json()

        [found] = conflicts(studio, out["position"])["conflicts"]

        assert found["appointment_id"] == visit["id"]
        assert reason_events(found) == [("resource_unavailable", ["practice.resource.changed"])]
        assert found["remedies"][1] == {"action": "reassign", "clinician_ids": [studio.clinician]}
        studio.post_action(visit["id"], "reassign", clinician_id=studio.clinician)
        moved = studio.client.get(f"/v1/appointments/{visit['id']}").json()
        assert moved["resource_ids"] == [rooms[1]]
        back = studio.client.patch("/v1/practice", json={"name": "Later"}).json()
        assert conflicts(studio, back["position"])["conflicts"] == []

    def test_list_what_a_service_no_longer_offered_has_left_behind(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        closed = studio.client.patch(f"/v1/services/{studio.service}", json={"active": False}).json()

        [found] = conflicts(studio, closed["position"])["conflicts"]

        assert found["appointment_id"] == visit["id"]
        assert reason_events(found) == [("clinician_not_offering", ["practice.service.changed"])]
        assert [remedy["action"] for remedy in found["remedies"]] == ["reschedule", "keep"]

    def test_list_what_a_clinician_struck_from_a_service_has_left_behind(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.book_appointment(NINE)
        struck = studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [other]}).json()

        [found] = conflicts(studio, struck["position"])["conflicts"]

        assert (found["appointment_id"], found["clinician_id"]) == (visit["id"], studio.clinician)
        assert reason_events(found) == [("clinician_not_offering", ["practice.service.changed"])]
        assert found["remedies"][1] == {"action": "reassign", "clinician_ids": [other]}

    def test_list_a_session_whose_room_is_out_of_use(self, studio: PracticeClient) -> None:
        room = studio.add_room("1")
        session = studio.create(
            "/v1/sessions",
            service_id=studio.add_service(seats=4, requires=[{"kind": "room"}]),
            staff_ids=[studio.clinician],
            starts_at=NINE,
        )
        out = studio.client.patch(f"/v1/resources/{room}", json={"active": False}).json()

        [found] = conflicts(studio, out["position"])["conflicts"]

        assert (found["session_id"], found["reasons"][0]["code"]) == (session["id"], "resource_unavailable")

    def test_come_in_pages(self, studio: PracticeClient) -> None:
        visits = [studio.book_appointment(f"2026-06-0{day}T09:00:00+02:00")["id"] for day in (1, 2, 3)]
        position = studio.set_hours(studio.clinician, [])["position"]

        found, cursor = [], ""
        for _ in range(3):
            page = conflicts(studio, position, limit=1, **({"cursor": cursor} if cursor else {}))
            found += [each["appointment_id"] for each in page["conflicts"]]
            cursor = page["next_cursor"] or ""

        assert (found, cursor) == (visits, "")

    def test_leave_out_cancelled_visits_and_other_clinicians(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        other = studio.add_clinician()
        position = studio.set_hours(studio.clinician, [])["position"]

        assert conflicts(studio, position, clinician_id=other)["conflicts"] == []
        gone = studio.post_action(visit["id"], "cancel", reason="ill").json()
        assert conflicts(studio, gone["position"])["conflicts"] == []
