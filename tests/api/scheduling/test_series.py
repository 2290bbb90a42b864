"""Series of visits: previewed, booked all or none, changed together, exceptions kept."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from api.scheduling.series.schemas import ChangePreview, SeriesInFull, SeriesPage, SeriesPreview
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

TUESDAYS = ["06-02", "06-09", "06-16", "06-23", "06-30", "07-07", "07-14", "07-21"]


def post_change(studio: PracticeClient, series: Json, headers: Any = None, **body: Any) -> httpx2.Response:
    return studio.client.post(f"/v1/series/{series['id']}/change", json=body, headers=headers)


def get_series(studio: PracticeClient, series: Json) -> Json:
    answer = studio.client.get(f"/v1/series/{series['id']}")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def appointment_times(series: Json) -> list[str]:
    """Say when the visits are that are not cancelled: month, day and hour in UTC."""
    return [each["starts_at"][5:13] for each in series["occurrences"] if each["status"] not in ("cancelled", None)]


def log_head(studio: PracticeClient) -> int:
    position: int = studio.create("/v1/patients", given_name="Noa", family_name="Levi")["position"]
    return position


class TestBooking:
    def test_creates_an_appointment_for_each_occurrence(self, studio: PracticeClient, weekly_series: Json) -> None:
        SeriesInFull.model_validate(weekly_series)

        assert appointment_times(weekly_series) == [f"{day}T08" for day in TUESDAYS]
        assert [each["original"] for each in weekly_series["occurrences"]] == [
            f"2026-{day}T10:00:00" for day in TUESDAYS
        ]
        assert (weekly_series["booked"], weekly_series["skipped"], weekly_series["zone"], weekly_series["version"]) == (
            8,
            0,
            "Europe/Berlin",
            1,
        )
        for each in weekly_series["occurrences"]:
            visit = studio.client.get(f"/v1/appointments/{each['appointment_id']}").json()
            assert (visit["starts_at"], visit["status"]) == (each["starts_at"], "booked")

    def test_is_read_back_and_listed(self, studio: PracticeClient, weekly_series: Json) -> None:
        other = studio.post_series("2026-06-03T10:00:00+02:00", patient_id=studio.add_patient()).json()

        one = studio.client.get(f"/v1/series/{weekly_series['id']}")
        first = studio.client.get("/v1/series", params={"limit": 1, "after": other["position"]}).json()
        second = studio.client.get("/v1/series", params={"limit": 1, "cursor": first["next_cursor"]}).json()
        hers = studio.client.get("/v1/series", params={"patient_id": studio.patient, "clinician_id": studio.clinician})

        assert one.json() == {key: value for key, value in weekly_series.items() if key != "position"}
        assert one.headers["etag"] == '"1"'
        SeriesPage.model_validate(first)
        assert [first["series"][0]["id"], second["series"][0]["id"]] == [weekly_series["id"], other["id"]]
        assert second["next_cursor"] is None
        assert [each["id"] for each in hers.json()["series"]] == [weekly_series["id"]]
        listed = first["series"][0]
        assert {key: weekly_series[key] for key in listed} == listed

    def test_appears_in_the_calendar(self, studio: PracticeClient, weekly_series: Json) -> None:
        query = {"from": "2026-06-01", "to": "2026-08-01", "after": weekly_series["position"]}

        shown = studio.client.get("/v1/calendar", params=query).json()["appointments"]

        assert [each["id"] for each in shown] == [each["appointment_id"] for each in weekly_series["occurrences"]]

    def test_keeps_the_local_time_of_the_location(self, open_practice: Any) -> None:
        """EC-04, over HTTP."""
        studio = open_practice("America/New_York")
        with studio.server.at_time(datetime(2025, 3, 1, tzinfo=UTC)):
            first = {"local": "2025-03-04T10:00", "zone": "America/New_York"}
            series = studio.post_series(first, "FREQ=WEEKLY;COUNT=4").json()

        assert [each["starts_at"] for each in series["occurrences"]] == [
            "2025-03-04T15:00:00Z",
            "2025-03-11T14:00:00Z",
            "2025-03-18T14:00:00Z",
            "2025-03-25T14:00:00Z",
        ]

    def test_takes_rooms_where_the_service_needs_them(self, studio: PracticeClient) -> None:
        rooms = [studio.add_room("1"), studio.add_room("2")]
        studio.service = studio.add_service(requires=[{"kind": "room"}])
        studio.book_appointment(
            "2026-06-09T10:00:00+02:00",
            clinician_id=_colleague(studio),
            patient_id=studio.add_patient(),
            resource_ids=[rooms[0]],
        )

        series = studio.post_series(rrule="FREQ=WEEKLY;COUNT=3").json()

        load_format = [
            studio.client.get(f"/v1/appointments/{each['appointment_id']}").json()["resource_ids"]
            for each in series["occurrences"]
        ]
        assert load_format[1] == [rooms[1]]
        assert all(len(each) == 1 for each in load_format)

    def test_may_exceed_the_horizon_but_not_start_beyond_it(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(horizon_days=30)

        assert studio.post_series(rrule="FREQ=WEEKLY;COUNT=52").status_code == 201
        late = studio.post_series("2026-06-30T10:00:00+02:00", "FREQ=WEEKLY;COUNT=2").json()
        assert [each["code"] for each in late["conflicts"]] == ["beyond_horizon", "time_taken"]

    def test_gets_the_same_answer_when_repeated(self, studio: PracticeClient) -> None:
        body = studio.booking_body("2026-06-02T10:00:00+02:00", rrule="FREQ=WEEKLY;COUNT=3")
        key = {"Idempotency-Key": "once"}
        first = studio.client.post("/v1/series", json=body, headers=key)
        studio.post_action(first.json()["occurrences"][0]["appointment_id"], "cancel", reason="ill")
        post_change(studio, first.json(), from_occurrence=2, scope="all", starts_at="2026-06-09T12:00:00+02:00")

        again = studio.client.post("/v1/series", json=body, headers=key)

        assert (again.status_code, again.json()) == (201, first.json())
        other = studio.client.post("/v1/series", json=body | {"rrule": "FREQ=DAILY;COUNT=2"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")

    def test_succeeds_once_when_several_compete_for_the_same_times(self, studio: PracticeClient) -> None:
        answers = map_concurrently(6, lambda _: studio.post_series(rrule="FREQ=WEEKLY;COUNT=5"))

        assert codes(answers) == [(201, None)] + [(409, "series_conflict")] * 5
        lost = next(answer for answer in answers if answer.status_code == 409)
        assert [each["index"] for each in lost.json()["conflicts"]] == [1, 2, 3, 4, 5]


class TestConflicts:
    """EC-07: eight occurrences of which the fifth is taken."""

    def test_refuse_the_whole_series_and_record_nothing(self, studio: PracticeClient) -> None:
        taken = studio.book_appointment("2026-06-30T10:30:00+02:00")
        before = log_head(studio)

        answer = studio.post_series()

        assert (answer.status_code, answer.json()["code"]) == (409, "series_conflict")
        assert answer.json()["conflicts"] == [
            {"index": 5, "starts_at": "2026-06-30T08:00:00Z", "code": "time_taken", "conflicting_id": taken["id"]}
        ]
        assert log_head(studio) == before + 1

    def test_are_skipped_and_reported_with_on_conflict_skip(self, studio: PracticeClient) -> None:
        studio.book_appointment("2026-06-30T10:30:00+02:00")

        series = studio.post_series(on_conflict="skip").json()

        assert (series["booked"], series["skipped"]) == (7, 1)
        assert [(each["index"], each["skipped"]) for each in series["occurrences"] if not each["appointment_id"]] == [
            (5, "time_taken")
        ]
        refused = post_change(studio, series, from_occurrence=5, scope="this", cancel={"reason": "x"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "from_occurrence")

    def test_refuse_a_series_without_any_free_visit(self, studio: PracticeClient, weekly_series: Json) -> None:
        answer = studio.post_series(on_conflict="skip")

        assert (answer.status_code, len(answer.json()["conflicts"])) == (409, 8)
        assert {each["conflicting_id"] for each in answer.json()["conflicts"]} == {
            each["appointment_id"] for each in weekly_series["occurrences"]
        }

    def test_are_found_among_the_visits_of_one_series(self, studio: PracticeClient) -> None:
        """Visits of a whole day with a buffer, day after day."""
        whole = [
            {"weekday": day, "from": "00:00", "to": "24:00"}
            for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        ]
        studio.set_hours(studio.clinician, whole)
        studio.service = studio.add_service(duration_minutes=1440, buffer_after_minutes=60, step_minutes=60)

        series = studio.post_series("2026-06-02T00:00:00+02:00", "FREQ=DAILY;COUNT=4", on_conflict="skip").json()

        assert [each["skipped"] for each in series["occurrences"]] == [None, "buffer", None, "buffer"]

    def test_with_weekly_limits_count_visits_of_the_series(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(limits={"per_week": 2})

        series = studio.post_series(
            "2026-06-03T10:00:00+02:00", "FREQ=WEEKLY;BYDAY=WE,TH,FR;COUNT=4", on_conflict="skip"
        ).json()

        assert [each["skipped"] for each in series["occurrences"]] == [None, None, "weekly_limit", None]
        late = post_change(studio, series, from_occurrence=4, scope="this", starts_at="2026-06-05T10:00:00+02:00")
        assert [each["code"] for each in late.json()["conflicts"]] == ["weekly_limit"]

    def test_report_other_reasons(self, studio: PracticeClient) -> None:
        answer = studio.post_series("2026-05-29T10:00:00+02:00", "FREQ=DAILY;COUNT=2")

        assert [(each["index"], each["code"], each["conflicting_id"]) for each in answer.json()["conflicts"]] == [
            (2, "outside_hours", None)
        ]


class TestPreview:
    def test_shows_the_plan_and_books_nothing(self, studio: PracticeClient) -> None:
        studio.book_appointment("2026-06-30T10:30:00+02:00")
        before = log_head(studio)

        answer = studio.post_series(dry_run=True)

        SeriesPreview.model_validate(answer.json())
        assert answer.status_code == 200
        assert [each["index"] for each in answer.json()["visits"]] == [1, 2, 3, 4, 6, 7, 8]
        assert [each["index"] for each in answer.json()["conflicts"]] == [5]
        assert log_head(studio) == before + 1

    def test_of_a_change_shows_the_new_slots(self, studio: PracticeClient, weekly_series: Json) -> None:
        before = log_head(studio)

        answer = post_change(
            studio,
            weekly_series,
            from_occurrence=7,
            scope="following",
            starts_at="2026-07-15T14:00:00+02:00",
            dry_run=True,
        )

        ChangePreview.model_validate(answer.json())
        assert [each["starts_at"] for each in answer.json()["visits"]] == [
            "2026-07-15T12:00:00Z",
            "2026-07-22T12:00:00Z",
        ]
        assert log_head(studio) == before + 1
        assert get_series(studio, weekly_series)["version"] == 1

    def test_of_a_cancellation_names_the_visits(self, studio: PracticeClient, weekly_series: Json) -> None:
        answer = post_change(
            studio, weekly_series, from_occurrence=7, scope="following", cancel={"reason": "moving away"}, dry_run=True
        )

        assert answer.json()["cancelled"] == [7, 8]


class TestThisAndFollowing:
    """EC-06, step by step."""

    @pytest.fixture
    def changed_series(self, studio: PracticeClient, weekly_series: Json) -> Json:
        ids = [each["appointment_id"] for each in weekly_series["occurrences"]]
        assert studio.post_action(ids[2], "reschedule", starts_at="2026-06-17T11:00:00+02:00").status_code == 200
        assert studio.post_action(ids[5], "cancel", reason="holiday").status_code == 200
        answer = post_change(
            studio, weekly_series, from_occurrence=4, scope="following", starts_at="2026-06-23T14:00:00+02:00"
        )
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed

    def test_changes_the_visits_from_the_chosen_one_on(self, weekly_series: Json, changed_series: Json) -> None:
        assert appointment_times(changed_series) == [
            "06-02T08", "06-09T08", "06-17T09", "06-23T12", "06-30T12", "07-14T12", "07-21T12",
        ]  # fmt: skip
        assert [each["status"] for each in changed_series["occurrences"]].count("cancelled") == 1
        assert changed_series["occurrences"][5]["status"] == "cancelled"
        assert changed_series["last_change"] == {
            "scope": "following",
            "from_occurrence": 4,
            "changed": [4, 5, 7, 8],
            "kept": [{"index": 6, "code": "already_cancelled"}],
        }

    def test_keeps_all_ids(self, studio: PracticeClient, weekly_series: Json, changed_series: Json) -> None:
        def identities(series: Json) -> list[tuple[int, str, str]]:
            return [(each["index"], each["original"], each["appointment_id"]) for each in series["occurrences"]]

        assert identities(changed_series) == identities(weekly_series)
        for view in (get_series(studio, weekly_series), changed_series):
            originals = [each["original"] for each in view["occurrences"]]
            assert len(set(originals)) == len(originals) == 8
        query = {"from": "2026-06-01", "to": "2026-08-01", "after": changed_series["position"]}
        shown = studio.client.get("/v1/calendar", params=query).json()["appointments"]
        assert len({each["starts_at"][:10] for each in shown}) == len(shown) == 8

    def test_then_all_moves_future_visits_except_those_moved_by_themselves(
        self, studio: PracticeClient, weekly_series: Json, changed_series: Json
    ) -> None:
        ids = [each["appointment_id"] for each in weekly_series["occurrences"]]
        with studio.server.at_time(datetime(2026, 6, 9, 12, tzinfo=UTC)):
            for id_ in ids[:2]:
                studio.post_action(id_, "check-in")
                assert studio.post_action(id_, "complete").status_code == 200

            changed = post_change(
                studio, changed_series, from_occurrence=4, scope="all", starts_at="2026-06-23T15:00:00+02:00"
            ).json()

        assert appointment_times(changed) == [
            "06-02T08", "06-09T08", "06-17T09", "06-23T13", "06-30T13", "07-14T13", "07-21T13",
        ]  # fmt: skip
        assert changed["last_change"]["kept"] == [
            {"index": 1, "code": "already_closed"},
            {"index": 2, "code": "already_closed"},
            {"index": 3, "code": "moved_by_itself"},
            {"index": 6, "code": "already_cancelled"},
        ]

    def test_a_change_from_a_moved_visit_moves_it_too(self, studio: PracticeClient, changed_series: Json) -> None:
        changed = post_change(
            studio, changed_series, from_occurrence=3, scope="following", starts_at="2026-06-16T09:00:00+02:00"
        ).json()

        assert appointment_times(changed)[2:] == ["06-16T07", "06-23T07", "06-30T07", "07-14T07", "07-21T07"]
        assert not any(each["moved"] for each in changed["occurrences"])


class TestChanges:
    def test_of_one_visit_make_it_an_exception(self, studio: PracticeClient, weekly_series: Json) -> None:
        post_change(studio, weekly_series, from_occurrence=2, scope="this", starts_at="2026-06-10T12:00:00+02:00")
        changed = post_change(
            studio, weekly_series, from_occurrence=1, scope="all", starts_at="2026-06-02T11:00:00+02:00"
        ).json()

        assert appointment_times(changed)[:3] == ["06-02T09", "06-10T10", "06-16T09"]
        assert [each["moved"] for each in changed["occurrences"]][:3] == [False, True, False]

    def test_of_the_weekday_move_all_by_the_same_number_of_days(
        self, studio: PracticeClient, weekly_series: Json
    ) -> None:
        changed = post_change(
            studio, weekly_series, from_occurrence=1, scope="all", starts_at="2026-06-04T10:00:00+02:00"
        ).json()

        assert appointment_times(changed) == [
            f"{day}T08" for day in ("06-04", "06-11", "06-18", "06-25", "07-02", "07-09", "07-16", "07-23")
        ]

    @pytest.mark.parametrize("days", [1, -1])
    def test_may_move_visits_to_the_times_of_each_other(self, studio: PracticeClient, days: int) -> None:
        """Each visit moves to where its neighbour is now."""
        series = studio.post_series("2026-06-02T10:00:00+02:00", "FREQ=DAILY;COUNT=3").json()

        changed = post_change(
            studio, series, from_occurrence=1, scope="all", starts_at=f"2026-06-{2 + days:02}T10:00:00+02:00"
        )

        assert changed.status_code == 200, changed.text
        assert appointment_times(changed.json()) == [f"06-{day + days:02}T08" for day in (2, 3, 4)]

    def test_keep_visits_whose_new_time_an_unmoved_visit_has(self, studio: PracticeClient) -> None:
        series = studio.post_series("2026-06-02T10:00:00+02:00", "FREQ=DAILY;COUNT=3").json()
        taken = studio.book_appointment("2026-06-05T10:00:00+02:00")
        body = {"from_occurrence": 1, "scope": "all", "starts_at": "2026-06-03T10:00:00+02:00"}

        refused = post_change(studio, series, **body)
        stayed = post_change(studio, series, **body, on_conflict="skip")

        assert refused.json()["code"] == "series_conflict"
        assert refused.json()["conflicts"][-1]["conflicting_id"] == taken["id"]
        assert (stayed.status_code, stayed.json()["code"]) == (409, "nothing_to_change")
        assert appointment_times(get_series(studio, series)) == ["06-02T08", "06-03T08", "06-04T08"]

    def test_skip_conflicts_and_change_the_others(self, studio: PracticeClient, weekly_series: Json) -> None:
        studio.book_appointment("2026-06-09T14:00:00+02:00")

        changed = post_change(
            studio,
            weekly_series,
            from_occurrence=1,
            scope="all",
            starts_at="2026-06-02T14:00:00+02:00",
            on_conflict="skip",
        ).json()

        assert appointment_times(changed)[:3] == ["06-02T12", "06-09T08", "06-16T12"]
        assert changed["last_change"]["kept"] == [{"index": 2, "code": "time_taken"}]

    def test_cancel_with_a_reason_that_each_visit_keeps(self, studio: PracticeClient, weekly_series: Json) -> None:
        answer = post_change(
            studio, weekly_series, from_occurrence=7, scope="following", cancel={"reason": "moving away"}
        )

        assert [each["status"] for each in answer.json()["occurrences"]] == ["booked"] * 6 + ["cancelled"] * 2
        last = weekly_series["occurrences"][7]["appointment_id"]
        assert studio.client.get(f"/v1/appointments/{last}").json()["cancellation_reason"] == "moving away"
        assert "moving" not in answer.text
        assert studio.post_booking("2026-07-21T10:00:00+02:00").status_code == 201

    def test_of_a_cancelled_series_report_the_reasons(self, studio: PracticeClient, weekly_series: Json) -> None:
        """EC-07: never 2xx with nothing done."""
        post_change(studio, weekly_series, from_occurrence=1, scope="all", cancel={"reason": "ill"})
        before = log_head(studio)

        for body in ({"starts_at": "2026-06-02T11:00:00+02:00"}, {"cancel": {"reason": "ill"}}):
            answer = post_change(studio, weekly_series, from_occurrence=1, scope="all", **body)
            assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_change")
            assert answer.json()["kept"] == [{"index": i, "code": "already_cancelled"} for i in range(1, 9)]
        assert log_head(studio) == before + 1

    def test_without_effect_are_reported(self, studio: PracticeClient, weekly_series: Json) -> None:
        answer = post_change(
            studio, weekly_series, from_occurrence=8, scope="this", starts_at="2026-07-21T10:00:00+02:00"
        )

        assert answer.json()["kept"] == [{"index": 8, "code": "already_so"}]

    def test_keep_started_and_checked_in_visits(self, studio: PracticeClient, weekly_series: Json) -> None:
        with studio.server.at_time(datetime(2026, 6, 15, 12, tzinfo=UTC)):
            studio.post_action(weekly_series["occurrences"][2]["appointment_id"], "check-in")
        with studio.server.at_time(datetime(2026, 6, 9, 8, tzinfo=UTC)):
            changed = post_change(
                studio, weekly_series, from_occurrence=4, scope="all", starts_at="2026-06-23T12:00:00+02:00"
            ).json()

        assert changed["last_change"]["kept"] == [
            {"index": 1, "code": "already_started"},
            {"index": 2, "code": "already_started"},
            {"index": 3, "code": "already_checked_in"},
        ]

    def test_respect_the_expected_version(self, studio: PracticeClient, weekly_series: Json) -> None:
        body: Json = {"from_occurrence": 1, "scope": "this", "starts_at": "2026-06-02T12:00:00+02:00"}
        first = post_change(studio, weekly_series, {"If-Match": '"1"', "Idempotency-Key": "a"}, **body)
        late = post_change(studio, weekly_series, {"If-Match": '"1"', "Idempotency-Key": "b"}, **body)
        again = post_change(studio, weekly_series, {"If-Match": '"1"', "Idempotency-Key": "a"}, **body)

        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        assert (late.status_code, late.json()["code"]) == (412, "stale_version")
        assert (again.status_code, again.json()) == (200, first.json())


class TestInvalidInput:
    @pytest.mark.parametrize(
        ("rrule", "field"),
        [
            ("FREQ=WEEKLY", "rrule.until"),
            ("FREQ=WEEKLY;UNTIL=", "rrule.until"),
            ("FREQ=SECONDLY;COUNT=5", "rrule.freq"),
            ("FREQ=WEEKLY;COUNT=1000000000", "rrule.count"),
            ("FREQ=WEEKLY;BYDAY=WE;COUNT=2", "starts_at"),
            ("x" * 501, "rrule"),
        ],
    )
    def test_is_refused_with_the_field(self, studio: PracticeClient, rrule: str, field: str) -> None:
        answer = studio.post_series(rrule=rrule)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "starts_at"),
            ({"cancel": {"reason": "x"}, "starts_at": "2026-06-02T12:00:00Z"}, "cancel"),
            ({"cancel": {"reason": ""}}, "reason"),
            ({"cancel": {}}, "cancel.reason"),
            ({"starts_at": "2026-06-02"}, "starts_at"),
            ({"cancel": {"reason": "x"}, "from_occurrence": 9}, "from_occurrence"),
            ({"cancel": {"reason": "x"}, "from_occurrence": 0}, "from_occurrence"),
            ({"cancel": {"reason": "x"}, "scope": "some"}, "scope"),
            ({"cancel": {"reason": "x"}, "status": "cancelled"}, "status"),
        ],
    )
    def test_in_a_change_is_refused(self, studio: PracticeClient, weekly_series: Json, body: Json, field: str) -> None:
        answer = post_change(studio, weekly_series, **({"from_occurrence": 1, "scope": "all"} | body))

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


class TestPermissions:
    def test_are_those_of_visits(self, studio: PracticeClient, weekly_series: Json) -> None:
        analyst, desk = studio.client_with_role("analyst"), studio.client_with_role("front_desk")
        body = {"from_occurrence": 8, "scope": "this", "cancel": {"reason": "x"}}

        assert analyst.get(f"/v1/series/{weekly_series['id']}").status_code == 200
        assert analyst.post("/v1/series", json=studio.booking_body(rrule="FREQ=DAILY;COUNT=1")).status_code == 403
        assert analyst.post(f"/v1/series/{weekly_series['id']}/change", json=body).status_code == 403
        assert desk.post(f"/v1/series/{weekly_series['id']}/change", json=body).status_code == 200

    def test_of_a_bound_clinician_cover_their_own_series_only(
        self, studio: PracticeClient, weekly_series: Json
    ) -> None:
        other = _colleague(studio)
        bound = studio.client_with_role("clinician", clinician_id=other)
        body = {"from_occurrence": 8, "scope": "this", "cancel": {"reason": "x"}}
        unknown = bound.post("/v1/series/01980c5a-0000-7000-8000-000000000000/change", json=body)

        refused = bound.post(f"/v1/series/{weekly_series['id']}/change", json=body)

        assert refused.status_code == 404
        assert {**refused.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        wanted = studio.booking_body("2026-06-03T10:00:00+02:00", rrule="FREQ=WEEKLY;COUNT=2")
        assert bound.post("/v1/series", json=wanted).status_code == 404
        assert bound.post("/v1/series", json=wanted | {"clinician_id": other}).status_code == 201


def _colleague(studio: PracticeClient) -> str:
    """Add a second clinician who gives the studio's service too."""
    other = studio.add_clinician()
    answer = studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other]})
    assert answer.status_code == 200, answer.text
    return other
