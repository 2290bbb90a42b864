"""Limits, time off, public holidays, hours that change, and booking any clinician."""

from datetime import date
from typing import Any, ClassVar

import pytest

from tests.api.practice_client import Json, PracticeClient, codes
from tests.api.scheduling.explanations import explain, reason_events
from tests.support.concurrency import map_concurrently

JUNE = ("2026-06-01", "2026-06-06")
NINE = "2026-06-01T07:00:00Z"


def days(starts: list[str]) -> set[str]:
    return {start[:10] for start in starts}


def put_time_off(studio: PracticeClient, *ranges: Json) -> Any:
    return studio.client.put(f"/v1/clinicians/{studio.clinician}/time-off", json={"ranges": ranges})


class TestLimits:
    def test_of_a_service_are_made_shown_changed_and_taken_away(self, studio: PracticeClient) -> None:
        service = studio.add_service(limits={"per_day": 1, "per_week": 2})
        path = f"/v1/services/{service}"

        assert studio.client.get(path).json()["limits"] == {"per_day": 1, "per_week": 2}
        assert studio.client.patch(path, json={"name": "Massage"}).json()["limits"] == {"per_day": 1, "per_week": 2}
        assert studio.client.patch(path, json={"limits": {"per_week": 3}}).json()["limits"] == {
            "per_day": None,
            "per_week": 3,
        }
        assert studio.client.patch(path, json={"limits": {}}).json()["limits"] == {"per_day": None, "per_week": None}

    def test_refuse_by_name_what_is_not_offered(self, studio: PracticeClient) -> None:
        service = studio.service = studio.add_service(limits={"per_day": 1, "per_week": 2})
        studio.book_appointment("2026-06-01T09:00:00+02:00")

        assert "2026-06-01" not in days(studio.slots(*JUNE))
        assert studio.post_booking("2026-06-01T12:00:00+02:00").json()["code"] == "daily_limit"
        studio.book_appointment("2026-06-02T09:00:00+02:00")
        assert studio.slots(*JUNE) == []
        refused = studio.post_booking("2026-06-03T09:00:00+02:00")
        assert (refused.status_code, refused.json()["code"]) == (409, "weekly_limit")
        assert service == studio.service

    def test_of_a_clinician_hold_for_parallel_bookings_of_other_times(self, studio: PracticeClient) -> None:
        path = f"/v1/clinicians/{studio.clinician}"
        assert studio.client.patch(path, json={"limits": {"per_day": 2}}).json()["limits"] == {
            "per_day": 2,
            "per_week": None,
        }

        answers = map_concurrently(6, lambda number: studio.post_booking(f"2026-06-01T{9 + number:02}:00:00+02:00"))

        assert codes(answers) == [(201, None)] * 2 + [(409, "daily_limit")] * 4

    @pytest.mark.parametrize(
        "limits", [{"per_day": 0}, {"per_week": -1}, {"per_day": 1.5}, {"per_month": 1}, {"per_day": 9999}]
    )
    def test_that_cannot_be(self, studio: PracticeClient, limits: Json) -> None:
        for path in (f"/v1/services/{studio.service}", f"/v1/clinicians/{studio.clinician}"):
            answer = studio.client.patch(path, json={"limits": limits})
            assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "limits")


class TestAnyone:
    def test_is_booked_as_offered_until_nobody_is_free(self, studio: PracticeClient) -> None:
        others = [studio.add_clinician() for _ in range(3)]
        studio.service = studio.add_service(clinician_ids=[studio.clinician, *others])
        asked = {"service_id": studio.service, "from": JUNE[0], "to": JUNE[1]}
        offered = studio.client.get("/v1/slots", params=asked).json()["slots"]
        assert len({slot["starts_at"] for slot in offered}) == len(offered)

        patients = [studio.add_patient() for _ in range(10)]

        answers = map_concurrently(
            10,
            lambda number: studio.post_booking(offered[0]["starts_at"], clinician_id=None, patient_id=patients[number]),
        )

        assert codes(answers) == [(201, None)] * 4 + [(409, "time_taken")] * 6
        booked = {answer.json()["clinician_id"] for answer in answers if answer.status_code == 201}
        assert booked == {studio.clinician, *others}

    def test_is_one_who_is_preferred(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])

        asked = {"service_id": studio.service, "from": JUNE[0], "to": JUNE[1], "preferred_clinician_ids": other}
        slot = studio.client.get("/v1/slots", params=asked).json()["slots"][0]
        visit = studio.book_appointment(slot["starts_at"], clinician_id=None, preferred_clinician_ids=[other])

        assert slot["clinician_id"] == visit["clinician_id"] == other

    def test_is_the_clinician_whom_a_key_is_bound_to(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        bound = studio.client_with_role("clinician", clinician_id=other)

        answer = bound.post("/v1/appointments", json=studio.booking_body(clinician_id=None))

        assert (answer.status_code, answer.json()["clinician_id"]) == (201, other)

    def test_must_be_requested_explicitly(self, studio: PracticeClient) -> None:
        body = {name: value for name, value in studio.booking_body().items() if name != "clinician_id"}

        assert studio.client.post("/v1/appointments", json=body).status_code == 422


class TestTimeOff:
    def test_is_shown_as_it_was_set_and_nothing_is_offered_in_it(self, studio: PracticeClient) -> None:
        answer = put_time_off(
            studio,
            {"first_date": "2026-06-02", "last_date": "2026-06-03", "note": "wedding"},
            {"starts_at": "2026-06-04T00:00:00+02:00", "ends_at": "2026-06-04T16:30:00+02:00"},
        )

        shown = studio.client.get(f"/v1/clinicians/{studio.clinician}/time-off")
        assert shown.json()["ranges"] == answer.json()["ranges"]
        assert [each["note"] for each in shown.json()["ranges"]] == ["wedding", None]
        assert days(studio.slots(*JUNE)) == {"2026-06-01", "2026-06-05"}
        refused = studio.post_booking("2026-06-02T09:00:00+02:00").json()
        assert (refused["code"], "off at this time" in refused["detail"]) == ("outside_hours", True)

    def test_hides_its_notes_from_those_who_do_not_run_the_practice(self, studio: PracticeClient) -> None:
        put_time_off(studio, {"first_date": "2026-06-02", "last_date": "2026-06-02", "note": "knee operation"})
        path = f"/v1/clinicians/{studio.clinician}/time-off"

        for role in ("front_desk", "analyst", "clinician"):
            shown = studio.client_with_role(role).get(path)
            assert (shown.status_code, "knee" in shown.text) == (200, False)
        assert "knee" in studio.client_with_role("clinician", clinician_id=studio.clinician).get(path).text
        assert studio.client_with_role("front_desk").put(path, json={"ranges": []}).status_code == 403

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"first_date": "2026-06-02"},
            {"first_date": "2026-06-03", "last_date": "2026-06-02"},
            {"first_date": "2026-06-02", "last_date": "2026-06-02", "starts_at": NINE},
            {"starts_at": NINE, "ends_at": NINE},
            {"starts_at": "2026-06-04T00:00:00", "ends_at": NINE},
            {"first_date": "2026-06-02", "last_date": "2036-06-02"},
        ],
    )
    def test_that_cannot_be(self, studio: PracticeClient, wrong: Json) -> None:
        assert put_time_off(studio, wrong).status_code == 422

    def test_that_stays_as_it_is_records_nothing(self, studio: PracticeClient) -> None:
        off = {"first_date": "2026-06-02", "last_date": "2026-06-02", "note": "x"}

        assert put_time_off(studio, off).json()["version"] == put_time_off(studio, off).json()["version"]


class TestHolidays:
    def test_are_closed_unless_overridden(self, studio: PracticeClient) -> None:
        # Whit Monday 2026 is 25 May.
        week = ("2026-05-25", "2026-05-28")
        assert "2026-05-25" in days(studio.slots(*week))

        answer = studio.client.patch("/v1/practice", json={"holidays": {"country": "DE", "subdivision": "BE"}})

        assert answer.json()["holidays"] == {"country": "DE", "subdivision": "BE"}
        assert days(studio.slots(*week)) == {"2026-05-26", "2026-05-27"}
        refused = studio.post_booking("2026-05-25T09:00:00+02:00").json()
        assert (refused["code"], "public holiday" in refused["detail"]) == ("outside_hours", True)
        weekly = [{"weekday": day, "from": "09:00", "to": "17:00"} for day in ("mon", "tue")]
        open_on = [{"on_date": "2026-05-25", "ranges": [{"from": "10:00", "to": "12:00"}]}]
        studio.set_hours(studio.clinician, weekly, open_on)
        assert studio.slots(*week)[0] == "2026-05-25T08:00:00Z"
        studio.client.patch("/v1/practice", json={"holidays": None})
        assert studio.client.get("/v1/practice").json()["holidays"] is None

    def test_of_a_place_come_before_the_practices(self, studio: PracticeClient) -> None:
        week = ("2026-05-25", "2026-05-28")
        studio.client.patch("/v1/practice", json={"holidays": {"country": "DE"}})

        studio.client.patch(f"/v1/locations/{studio.location}", json={"holidays": {"country": "IL"}})

        assert "2026-05-25" in days(studio.slots(*week))

    @pytest.mark.parametrize(
        ("country", "subdivision"), [("XX", None), ("de", None), ("DE", "QQ"), ("../", None), ("D", None)]
    )
    def test_that_are_not_known(self, studio: PracticeClient, country: str, subdivision: str | None) -> None:
        body = {"holidays": {"country": country, "subdivision": subdivision}}

        for path in ("/v1/practice", f"/v1/locations/{studio.location}"):
            answer = studio.client.patch(path, json=body)
            assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "holidays")


class TestHoursThatChange:
    def test_count_from_their_date_and_leave_earlier_dates_alone(self, studio: PracticeClient) -> None:
        weekly = [{"weekday": "wed", "from": "14:00", "to": "15:00"}]
        body = {"location_id": studio.location, "weekly": weekly, "effective_from": "2026-06-03"}

        answer = studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=body)

        assert [each.get("effective_from") for each in answer.json()["hours"]] == [None, "2026-06-03"]
        slots = studio.slots("2026-06-01", "2026-06-11")
        assert days(slots) == {"2026-06-01", "2026-06-02", "2026-06-03", "2026-06-10"}
        assert "2026-06-03T12:00:00Z" in slots

    def test_are_replaced_altogether_without_a_date(self, studio: PracticeClient) -> None:
        weekly = [{"weekday": "wed", "from": "14:00", "to": "15:00"}]
        body = {"location_id": studio.location, "weekly": weekly, "effective_from": "2026-06-03"}
        studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=body)

        shown = studio.set_hours(studio.clinician, weekly)

        assert [each.get("effective_from") for each in shown["hours"]] == [None]
        assert days(studio.slots("2026-06-01", "2026-06-11")) == {"2026-06-03", "2026-06-10"}


class TestHoursThatAlternate:
    EVEN: ClassVar = {"weekday": "mon", "from": "09:00", "to": "12:00", "every_weeks": 2, "from_date": "2026-06-01"}
    ODD: ClassVar = {"weekday": "mon", "from": "10:00", "to": "18:00", "every_weeks": 2, "from_date": "2026-06-08"}
    ALWAYS: ClassVar = {"weekday": "tue", "from": "09:00", "to": "10:00"}

    def mondays(self, studio: PracticeClient) -> list[tuple[str, str]]:
        """Return the first and the last start of each Monday of June."""
        starts = studio.slots("2026-06-01", "2026-07-01")
        by_day = {day: [start for start in starts if start[:10] == day] for day in sorted(days(starts))}
        return [(found[0], found[-1]) for found in by_day.values() if date.fromisoformat(found[0][:10]).weekday() == 0]

    def test_are_shown_as_they_were_set_and_offered_in_their_weeks(self, studio: PracticeClient) -> None:
        shown = studio.set_hours(studio.clinician, [self.EVEN, self.ODD, self.ALWAYS])

        assert shown["hours"][0]["weekly"] == [self.EVEN, self.ODD, self.ALWAYS]
        assert self.mondays(studio) == [
            ("2026-06-01T07:00:00Z", "2026-06-01T09:10:00Z"),
            ("2026-06-08T08:00:00Z", "2026-06-08T15:10:00Z"),
            ("2026-06-15T07:00:00Z", "2026-06-15T09:10:00Z"),
            ("2026-06-22T08:00:00Z", "2026-06-22T15:10:00Z"),
            ("2026-06-29T07:00:00Z", "2026-06-29T09:10:00Z"),
        ]

    def test_refuse_the_other_week_and_say_why(self, studio: PracticeClient) -> None:
        studio.set_hours(studio.clinician, [self.EVEN, self.ALWAYS])

        refused = studio.post_booking("2026-06-08T09:00:00+02:00").json()
        explained = explain(studio, "2026-06-08T09:00:00+02:00")

        assert (refused["code"], "alternate by week" in refused["detail"]) == ("outside_hours", True)
        assert reason_events(explained) == [("outside_hours", ["practice.clinician.hours_set"])]
        assert "alternate by week" in explained["reasons"][0]["detail"]
        assert "alternate" not in studio.post_booking("2026-06-09T12:00:00+02:00").json()["detail"]
        assert studio.post_booking("2026-06-15T09:00:00+02:00").status_code == 201

    def test_begin_and_end_with_other_hours_from_a_date(self, studio: PracticeClient) -> None:
        studio.set_hours(studio.clinician, [self.EVEN])
        body = {"location_id": studio.location, "weekly": [self.ODD], "effective_from": "2026-06-15"}

        studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=body)

        assert [first for first, _ in self.mondays(studio)] == ["2026-06-01T07:00:00Z", "2026-06-22T08:00:00Z"]

    def test_list_visits_in_weeks_that_were_given_up(self, studio: PracticeClient) -> None:
        kept, left = (studio.book_appointment(f"2026-06-{day}T11:00:00+02:00") for day in ("01", "08"))
        studio.set_hours(studio.clinician, [self.EVEN])

        found = studio.client.get("/v1/conflicts", params={"after": left["position"]}).json()["conflicts"]

        assert [each["appointment_id"] for each in found] == [left["id"]]
        assert kept["id"] != left["id"]

    def test_leave_out_the_other_weeks_of_a_series(self, studio: PracticeClient) -> None:
        studio.set_hours(studio.clinician, [self.EVEN])

        booked = studio.post_series("2026-06-01T09:00:00+02:00", "FREQ=WEEKLY;COUNT=4", on_conflict="skip").json()

        assert [each["skipped"] for each in booked["occurrences"]] == [None, "outside_hours"] * 2
        every_other = studio.post_series("2026-06-01T10:00:00+02:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=4")
        assert every_other.status_code == 201

    @pytest.mark.parametrize(
        "wrong",
        [
            {"every_weeks": 2},
            {"every_weeks": 1, "from_date": "2026-06-01"},
            {"every_weeks": 0},
            {"every_weeks": 53, "from_date": "2026-06-01"},
            {"every_weeks": "2", "from_date": "2026-06-01"},
            {"every_weeks": 2, "from_date": "2026-06-31"},
            {"every_weeks": 2, "from_date": "1969-12-29"},
            {"every_weeks": 2, "from_date": "2026-06-15", "to": "11:00"},
        ],
    )
    def test_that_cannot_be(self, studio: PracticeClient, wrong: Json) -> None:
        weekly = [self.EVEN, {"weekday": "mon", "from": "09:00", "to": "12:00"} | wrong]
        path = f"/v1/clinicians/{studio.clinician}/hours"
        before = studio.client.get(path).json()

        answer = studio.client.put(path, json={"location_id": studio.location, "weekly": weekly})

        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "weekly")
        assert studio.client.get(path).json() == before
