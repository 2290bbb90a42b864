"""Listing courses, and changing one session, this and the following, or all."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from api.scheduling.courses.schemas import CourseChangePreview, CoursePage, CourseShown
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

FIRST = {"local": "2026-10-19T18:00", "zone": "Europe/Berlin"}
"""A Monday; on the Sunday after it the clocks go back."""


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    days = ("mon", "tue")
    studio.set_hours(studio.clinician, [{"weekday": day, "from": "09:00", "to": "21:00"} for day in days])
    studio.service = studio.add_service(
        name="יוגה", duration_minutes=60, step_minutes=30, requires=[{"kind": "room"}], seats=8
    )
    studio.add_room()
    return studio


def plan_course(studio: PracticeClient, starts_at: object = FIRST, **other: object) -> Json:
    body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return studio.create("/v1/courses", **(body | {"rrule": "FREQ=WEEKLY;COUNT=4"} | other))


def post_change(
    studio: PracticeClient, course: Json, from_occurrence: int, scope: str, **body: object
) -> httpx2.Response:
    body |= {"from_occurrence": from_occurrence, "scope": scope}
    return studio.client.post(f"/v1/courses/{course['id']}/change", json=body)


def change_course(studio: PracticeClient, course: Json, from_occurrence: int, scope: str, **body: object) -> Json:
    answer = post_change(studio, course, from_occurrence, scope, **body)
    assert answer.status_code == 200, answer.text
    CourseShown.model_validate(answer.json())
    done: Json = answer.json()
    return done


def session_starts(course: Json) -> list[str]:
    return [each["starts_at"] for each in course["occurrences"]]


def get_session(studio: PracticeClient, course: Json, index: int) -> Json:
    found: Json = studio.client.get(f"/v1/sessions/{course['occurrences'][index - 1]['session_id']}").json()
    return found


class TestList:
    def test_is_in_the_order_of_planning(self, studio: PracticeClient) -> None:
        other = studio.add_clinician("09:00", "21:00", ("mon",))
        first, service = plan_course(studio), studio.service
        studio.service = studio.add_service(duration_minutes=60, clinician_ids=[studio.clinician, other], seats=3)
        second = plan_course(
            studio, {"local": "2026-10-19T09:00", "zone": "Europe/Berlin"}, staff_ids=[studio.clinician, other]
        )

        def listed(**asked: str) -> list[Any]:
            answer = studio.client.get("/v1/courses", params={"after": second["position"], **asked})
            CoursePage.model_validate(answer.json())
            return [each["id"] for each in answer.json()["courses"]]

        assert listed() == listed(clinician_id=studio.clinician) == [first["id"], second["id"]]
        assert listed(clinician_id=other) == listed(service_id=studio.service) == [second["id"]]
        assert listed(service_id=service) == [first["id"]]
        page = studio.client.get("/v1/courses", params={"limit": 1}).json()
        rest = studio.client.get("/v1/courses", params={"limit": 1, "cursor": page["next_cursor"]}).json()
        assert [each["id"] for each in (*page["courses"], *rest["courses"])] == [first["id"], second["id"]]
        assert rest["next_cursor"] is None
        for strange in ({"cursor": "x"}, {"limit": 0}):
            assert studio.client.get("/v1/courses", params=strange).status_code == 422

    def test_has_the_fields_of_a_course(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        moved = change_course(studio, course, 1, "all", starts_at="2026-10-20T19:00:00+02:00")

        [listed] = studio.client.get("/v1/courses", params={"after": moved["position"]}).json()["courses"]

        assert listed == {name: moved[name] for name in listed}
        assert listed["starts_at"] == "2026-10-20T17:00:00Z"


class TestMove:
    def test_moves_this_and_the_following_in_local_time(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        moved = change_course(studio, course, 2, "following", starts_at="2026-10-27T19:30:00+01:00")

        assert session_starts(moved) == [
            "2026-10-19T16:00:00Z",
            "2026-10-27T18:30:00Z",
            "2026-11-03T18:30:00Z",
            "2026-11-10T18:30:00Z",
        ]
        assert moved["last_change"] == {"scope": "following", "from_occurrence": 2, "changed": [2, 3, 4], "kept": []}
        assert [each["original"] for each in moved["occurrences"]] == [
            each["original"] for each in course["occurrences"]
        ]

    def test_keeps_sessions_and_rosters(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        studio.client.post(f"/v1/courses/{course['id']}/enrol", json={"patient_id": studio.patient})
        studio.client.patch(f"/v1/services/{studio.service}", json={"duration_minutes": 90})

        moved = change_course(studio, course, 1, "all", starts_at="2026-10-20T18:00:00+02:00")

        assert [(each["session_id"], each["taken"]) for each in moved["occurrences"]] == [
            (each["session_id"], 1) for each in course["occurrences"]
        ]
        third = get_session(studio, course, 3)
        assert (third["starts_at"], third["ends_at"]) == ("2026-11-03T17:00:00Z", "2026-11-03T18:00:00Z")
        assert studio.post_booking("2026-10-26T18:00:00+01:00").status_code == 201

    def test_may_use_times_that_its_own_sessions_vacate(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        later = change_course(studio, course, 1, "all", starts_at="2026-10-26T18:00:00+01:00")
        earlier = change_course(studio, course, 1, "all", starts_at="2026-10-19T18:00:00+02:00")

        assert session_starts(later)[:3] == session_starts(course)[1:]
        assert session_starts(earlier) == session_starts(course)

    def test_is_refused_if_one_session_has_a_conflict(self, studio: PracticeClient) -> None:
        course, visit = plan_course(studio), studio.book_appointment("2026-11-02T19:30:00+01:00")
        to = "2026-10-26T19:30:00+01:00"

        preview = post_change(studio, course, 2, "following", starts_at=to, dry_run=True).json()
        refused = post_change(studio, course, 2, "following", starts_at=to)

        CourseChangePreview.model_validate(preview)
        expected = {
            "index": 3,
            "starts_at": "2026-11-02T18:30:00Z",
            "code": "time_taken",
            "conflicting_id": visit["id"],
        }
        assert preview["conflicts"] == refused.json()["conflicts"] == [expected]
        assert [each["index"] for each in preview["sessions"]] == [2, 4]
        assert (refused.status_code, refused.json()["code"]) == (409, "series_conflict")
        assert session_starts(studio.client.get(f"/v1/courses/{course['id']}").json()) == session_starts(course)

    def test_skips_sessions_with_conflicts(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        studio.book_appointment("2026-11-02T19:30:00+01:00")

        moved = change_course(studio, course, 2, "following", starts_at="2026-10-26T19:30:00+01:00", on_conflict="skip")

        assert moved["last_change"]["kept"] == [{"index": 3, "code": "time_taken"}]
        assert session_starts(moved)[2] == session_starts(course)[2]

    def test_keeps_moved_past_and_cancelled_sessions(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        ids = [each["session_id"] for each in course["occurrences"]]
        studio.client.patch(f"/v1/sessions/{ids[1]}", json={"starts_at": "2026-10-27T10:00:00+01:00"})
        studio.client.post(f"/v1/sessions/{ids[2]}/cancel", json={"reason": "ill"})

        with studio.server.at_time(datetime(2026, 10, 19, 16, tzinfo=UTC)):
            moved = change_course(studio, course, 1, "all", starts_at="2026-10-19T19:00:00+02:00")

        assert moved["last_change"]["changed"] == [4]
        assert moved["last_change"]["kept"] == [
            {"index": 1, "code": "already_started"},
            {"index": 2, "code": "moved_by_itself"},
            {"index": 3, "code": "already_cancelled"},
        ]

    def test_of_one_session_makes_it_an_exception(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        change_course(studio, course, 2, "this", starts_at="2026-10-27T10:00:00+01:00")

        moved = change_course(studio, course, 1, "all", starts_at="2026-10-19T19:00:00+02:00")

        assert session_starts(moved)[1] == "2026-10-27T09:00:00Z"
        assert moved["last_change"]["kept"] == [{"index": 2, "code": "moved_by_itself"}]

    def test_reports_that_nothing_changed(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        same = post_change(studio, course, 1, "all", starts_at=FIRST)
        nothing = post_change(studio, course, 1, "all")

        assert (same.status_code, same.json()["code"]) == (409, "nothing_to_change")
        assert {each["code"] for each in same.json()["kept"]} == {"already_so"}
        assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "starts_at")
        beyond = post_change(studio, course, 5, "this", starts_at=FIRST)
        assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "from_occurrence")

    def test_counts_towards_limits_at_the_new_time(self, studio: PracticeClient) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 1}})
        course = plan_course(studio)
        studio.book_appointment("2026-10-27T09:00:00+01:00")

        refused = post_change(studio, course, 1, "all", starts_at="2026-10-20T18:00:00+02:00")

        assert [(each["index"], each["code"]) for each in refused.json()["conflicts"]] == [(2, "daily_limit")]

    def test_and_a_booking_at_once_never_share_a_time(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        answers = map_concurrently(
            6,
            lambda number: (
                studio.post_booking("2026-11-02T10:00:00+01:00")
                if number % 2
                else post_change(studio, course, 2, "following", starts_at="2026-10-26T10:00:00+01:00")
            ),
        )

        assert {answer.status_code for answer in answers} <= {200, 201, 409}
        assert (201, None) in codes(answers) or (200, None) in codes(answers)
        shown = studio.client.get(f"/v1/courses/{course['id']}").json()
        is_moved = session_starts(shown)[2] == "2026-11-02T09:00:00Z"
        assert is_moved != any(answer.status_code == 201 for answer in answers)


class TestReassign:
    def test_changes_the_staff(self, studio: PracticeClient) -> None:
        other = studio.add_clinician("09:00", "21:00", ("mon",))
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other]})
        course = plan_course(studio)

        given = change_course(studio, course, 3, "following", staff_ids=[other, studio.clinician])

        assert given["staff_ids"] == [other, studio.clinician]
        assert get_session(studio, course, 4)["staff_ids"] == [other, studio.clinician]
        assert get_session(studio, course, 2)["staff_ids"] == [studio.clinician]
        alone = change_course(studio, course, 1, "this", staff_ids=[other])
        assert alone["staff_ids"] == [other, studio.clinician]
        [listed] = studio.client.get("/v1/courses", params={"after": alone["position"]}).json()["courses"]
        assert listed["staff_ids"] == [other, studio.clinician]

    def test_gives_them_another_room(self, studio: PracticeClient) -> None:
        course, room = plan_course(studio), studio.add_room("Room 2")

        given = change_course(studio, course, 2, "all", resource_ids=[room])

        assert given["last_change"]["changed"] == [1, 2, 3, 4]
        assert get_session(studio, course, 1)["resource_ids"] == [room]
        assert session_starts(given) == session_starts(course)

    def test_is_allowed_to_its_own_clinicians_only(self, studio: PracticeClient) -> None:
        other = studio.add_clinician("09:00", "21:00", ("mon",))
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other]})
        course = plan_course(studio)
        mine, theirs = (studio.client_with_role("clinician", clinician_id=id_) for id_ in (studio.clinician, other))
        path = f"/v1/courses/{course['id']}/change"
        to: Json = {"from_occurrence": 1, "scope": "all", "starts_at": "2026-10-20T18:00:00+02:00"}

        assert theirs.post(path, json=to).status_code == 404
        assert mine.post(path, json={"from_occurrence": 1, "scope": "all", "staff_ids": [other]}).status_code == 404
        assert mine.post(path, json=to).status_code == 200


class TestCancel:
    @pytest.mark.parametrize(
        ("scope", "cancelled", "first"), [("this", [2], 2), ("following", [2, 3, 4], 2), ("all", [1, 2, 3, 4], 1)]
    )
    def test_cancels_the_sessions_in_the_scope(
        self, studio: PracticeClient, scope: str, cancelled: list[int], first: int
    ) -> None:
        course = plan_course(studio)
        body = {"from_occurrence": 2, "scope": scope, "reason": "the studio moves"}

        ended = studio.client.post(f"/v1/courses/{course['id']}/cancel", json=body).json()

        assert ended["last_cancellation"] == {"from_occurrence": first, "cancelled": cancelled, "kept": []}


class TestHistory:
    def test_lists_the_course_and_its_sessions(self, studio: PracticeClient) -> None:
        course = plan_course(studio, rrule="FREQ=WEEKLY;COUNT=2")
        body = {"patient_id": studio.patient, "from_occurrence": 2}
        enrolled = studio.client.post(f"/v1/courses/{course['id']}/enrol", json=body).json()

        path = f"/v1/courses/{course['id']}/history"
        history = studio.client.get(path, params={"after": enrolled["position"]}).json()["history"]

        assert [(line["event_type"].split(".", 1)[1], line["id"]) for line in history] == [
            ("course.planned", course["id"]),
            ("session.planned", course["occurrences"][0]["session_id"]),
            ("session.planned", course["occurrences"][1]["session_id"]),
            ("course.enrolled", course["id"]),
            ("session.enrolled", course["occurrences"][1]["session_id"]),
        ]
