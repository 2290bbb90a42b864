"""Courses: previewed, planned together, cancelled from a session on."""

from datetime import UTC, datetime

import httpx2
import pytest

from api.scheduling.courses.schemas import CoursePreview, CourseShown
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

FIRST = {"local": "2026-10-19T18:00", "zone": "Europe/Berlin"}
"""A Monday; on the Sunday after it the clocks go back."""


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(
        name="Yoga", duration_minutes=60, step_minutes=30, requires=[{"kind": "room"}], seats=8
    )
    studio.add_room()
    return studio


def post_course(
    studio: PracticeClient, starts_at: object = FIRST, rrule: str = "FREQ=WEEKLY;COUNT=4", **other: object
) -> httpx2.Response:
    body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at, "rrule": rrule}
    return studio.client.post("/v1/courses", json=body | other)


def plan_course(studio: PracticeClient, **other: object) -> Json:
    answer = post_course(studio, **other)  # type: ignore[arg-type]  # the fields are those of plan
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


class TestPlan:
    def test_keeps_the_local_time(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        CourseShown.model_validate(course)
        assert [each["starts_at"] for each in course["occurrences"]] == [
            "2026-10-19T16:00:00Z",
            "2026-10-26T17:00:00Z",
            "2026-11-02T17:00:00Z",
            "2026-11-09T17:00:00Z",
        ]
        assert (course["planned"], course["skipped"], course["seats"], course["zone"]) == (4, 0, 8, "Europe/Berlin")

    def test_creates_independent_sessions_with_the_id_of_their_course(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        first, second = (each["session_id"] for each in course["occurrences"][:2])

        enrolled = studio.client.post(f"/v1/sessions/{first}/enrol", json={"patient_id": studio.patient}).json()
        moved = studio.client.patch(f"/v1/sessions/{second}", json={"starts_at": "2026-10-26T20:00:00+01:00"}).json()

        assert enrolled["course_id"] == moved["course_id"] == course["id"]
        listed = studio.client.get(
            "/v1/sessions", params={"course_id": course["id"], "after": moved["position"]}
        ).json()["sessions"]
        assert [session["taken"] for session in listed] == [1, 0, 0, 0]
        shown = studio.client.get(f"/v1/courses/{course['id']}").json()["occurrences"][:2]
        assert [(each["taken"], each["starts_at"]) for each in shown] == [
            (1, "2026-10-19T16:00:00Z"),
            (0, "2026-10-26T19:00:00Z"),
        ]
        assert shown[1]["original"] == "2026-10-26T18:00:00"

    def test_is_all_or_nothing_or_with_skips(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment("2026-10-26T18:00:00+01:00")

        preview = post_course(studio, dry_run=True).json()
        refused = post_course(studio)
        course = plan_course(studio, on_conflict="skip")

        CoursePreview.model_validate(preview)
        assert [each["index"] for each in preview["sessions"]] == [1, 3, 4]
        assert (refused.status_code, refused.json()["code"]) == (409, "series_conflict")
        expected = {
            "index": 2,
            "starts_at": "2026-10-26T17:00:00Z",
            "code": "time_taken",
            "conflicting_id": visit["id"],
        }
        assert preview["conflicts"] == refused.json()["conflicts"] == [expected]
        assert [each["skipped"] for each in course["occurrences"]] == [None, "time_taken", None, None]

    def test_needs_all_staff_for_each_session(self, studio: PracticeClient) -> None:
        helper = studio.add_clinician("18:00", "19:00", ("mon",))
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, helper]})
        off = {"first_date": "2026-11-02", "last_date": "2026-11-02"}
        studio.client.put(f"/v1/clinicians/{helper}/time-off", json={"ranges": [off]})

        course = plan_course(studio, staff_ids=[studio.clinician, helper], on_conflict="skip")

        assert [each["skipped"] for each in course["occurrences"]] == [None, None, "outside_hours", None]
        taken = studio.post_booking("2026-10-26T18:00:00+01:00", clinician_id=helper)
        assert taken.json()["code"] == "time_taken"

    def test_counts_each_session_towards_limits(self, studio: PracticeClient) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 1}})
        studio.book_appointment("2026-10-26T09:00:00+01:00")

        assert [each["code"] for each in post_course(studio).json()["conflicts"]] == ["daily_limit"]

    def test_succeeds_once_when_many_compete_for_the_same_times(self, studio: PracticeClient) -> None:
        answers = map_concurrently(6, lambda _: post_course(studio))

        assert codes(answers) == [(201, None)] + [(409, "series_conflict")] * 5

    @pytest.mark.parametrize(
        ("field", "other"),
        [
            ("rrule.until", {"rrule": "FREQ=WEEKLY"}),
            ("rrule.byhour", {"rrule": "FREQ=DAILY;COUNT=2;BYHOUR=9"}),
            ("seats", {"seats": 0}),
            ("staff_ids", {"staff_ids": []}),
            ("starts_at", {"rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=2"}),
        ],
    )
    def test_refuses_invalid_values(self, studio: PracticeClient, field: str, other: Json) -> None:
        answer = post_course(studio, **other)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


class TestCancel:
    def test_ends_the_course_from_one_session_on(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        third = course["occurrences"][2]["session_id"]
        studio.client.post(f"/v1/sessions/{third}/cancel", json={"reason": "ill"})
        path, body = f"/v1/courses/{course['id']}/cancel", {"from_occurrence": 2, "reason": "the studio moves"}

        ended = studio.client.post(path, json=body)
        again = studio.client.post(path, json=body)

        shown = ended.json()
        assert [each["status"] for each in shown["occurrences"]] == ["planned", "cancelled", "cancelled", "cancelled"]
        assert shown["last_cancellation"] == {
            "from_occurrence": 2,
            "cancelled": [2, 4],
            "kept": [{"index": 3, "code": "already_cancelled"}],
        }
        fourth = studio.client.get(f"/v1/sessions/{course['occurrences'][3]['session_id']}").json()
        assert fourth["cancellation_reason"] == "the studio moves"
        assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")
        assert studio.book_appointment("2026-11-09T18:00:00+01:00")

    def test_keeps_started_sessions(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        with studio.server.at_time(datetime(2026, 10, 19, 16, tzinfo=UTC)):
            ended = studio.client.post(
                f"/v1/courses/{course['id']}/cancel", json={"from_occurrence": 1, "reason": "the studio moves"}
            ).json()

        assert ended["last_cancellation"]["kept"] == [{"index": 1, "code": "already_started"}]
        assert ended["last_cancellation"]["cancelled"] == [2, 3, 4]
        beyond = studio.client.post(
            f"/v1/courses/{course['id']}/cancel", json={"from_occurrence": 5, "reason": "the studio moves"}
        )
        assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "from_occurrence")

    def test_is_allowed_to_its_own_clinicians_only(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        course = plan_course(studio)
        bound = studio.client_with_role("clinician", clinician_id=other)
        body = {
            "service_id": studio.service,
            "staff_ids": [studio.clinician],
            "starts_at": FIRST,
            "rrule": "FREQ=DAILY;COUNT=1",
        }

        cancel = {"from_occurrence": 1, "reason": "x"}
        assert bound.post(f"/v1/courses/{course['id']}/cancel", json=cancel).status_code == 404
        assert bound.post("/v1/courses", json=body).status_code == 404
