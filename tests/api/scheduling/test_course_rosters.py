"""Enrolling in all remaining sessions of a course, and withdrawing from them, in one step."""

from datetime import UTC, datetime

import httpx2
import pytest

from api.scheduling.courses.schemas import CourseEnrolled, CourseLeft
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

FIRST = {"local": "2026-10-19T18:00", "zone": "Europe/Berlin"}
"""A Monday; on the Sunday after it the clocks go back."""


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(name="יוגה", duration_minutes=60, step_minutes=30, seats=2)
    return studio


def plan_course(studio: PracticeClient, **other: object) -> Json:
    body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": FIRST}
    return studio.create("/v1/courses", **(body | {"rrule": "FREQ=WEEKLY;COUNT=4"} | other))


def post_action(
    studio: PracticeClient, course: Json, verb: str, headers: dict[str, str] | None = None, **body: object
) -> httpx2.Response:
    return studio.client.post(f"/v1/courses/{course['id']}/{verb}", json=body, headers=headers)


def act_on_session(studio: PracticeClient, course: Json, index: int, verb: str, **body: object) -> Json:
    """Do something to one of its sessions by itself."""
    session = course["occurrences"][index - 1]["session_id"]
    answer = studio.client.post(f"/v1/sessions/{session}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done


def get_course(studio: PracticeClient, course: Json) -> Json:
    found: Json = studio.client.get(f"/v1/courses/{course['id']}").json()
    return found


def seat_counts(course: Json) -> list[tuple[int, int]]:
    return [(each["taken"], each["waiting"]) for each in course["occurrences"]]


class TestEnrol:
    def test_gives_a_seat_in_every_session(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        answer = post_action(studio, course, "enrol", patient_id=studio.patient)

        CourseEnrolled.model_validate(answer.json())
        assert (answer.status_code, seat_counts(answer.json())) == (200, [(1, 0)] * 4)
        assert answer.json()["enrolment"] == {
            "patient_id": studio.patient,
            "from_occurrence": 1,
            "enrolled": [1, 2, 3, 4],
            "waiting": [],
            "kept": [],
        }
        after = {"after": answer.json()["position"]}
        listed = studio.client.get(f"/v1/patients/{studio.patient}/enrolments", params=after).json()["enrolments"]
        assert [each["session"]["course_id"] for each in listed] == [course["id"]] * 4

    def test_is_one_append(self, studio: PracticeClient) -> None:
        course = plan_course(studio)

        position = post_action(studio, course, "enrol", patient_id=studio.patient).json()["position"]

        assert position == course["position"] + 5  # one fact of the course, one of each session

    def test_is_recorded_once_per_idempotency_key(self, studio: PracticeClient) -> None:
        course, key = plan_course(studio), {"Idempotency-Key": "all of them"}
        first = post_action(studio, course, "enrol", key, patient_id=studio.patient)
        post_action(studio, course, "enrol", patient_id=studio.add_patient())

        again = post_action(studio, course, "enrol", key, patient_id=studio.patient)

        assert (again.status_code, again.json()) == (200, first.json())
        assert seat_counts(get_course(studio, course)) == [(2, 0)] * 4

    def test_skips_sessions_that_refuse_and_reports_the_reasons(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        act_on_session(studio, course, 2, "enrol", patient_id=studio.patient)
        act_on_session(studio, course, 3, "cancel", reason="ill")

        with studio.server.at_time(datetime(2026, 10, 19, 16, tzinfo=UTC)):
            done = post_action(studio, course, "enrol", patient_id=studio.patient).json()
            again = post_action(studio, course, "enrol", patient_id=studio.patient)

        assert done["enrolment"]["enrolled"] == [4]
        assert done["enrolment"]["kept"] == [
            {"index": 1, "code": "already_started"},
            {"index": 2, "code": "already_enrolled"},
            {"index": 3, "code": "already_cancelled"},
        ]
        assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")
        assert [each["index"] for each in again.json()["kept"]] == [1, 2, 3, 4]

    def test_is_refused_if_a_session_is_full(self, studio: PracticeClient) -> None:
        course = plan_course(studio, seats=1)
        act_on_session(studio, course, 2, "enrol", patient_id=studio.add_patient())

        answer = post_action(studio, course, "enrol", patient_id=studio.patient)

        assert (answer.status_code, answer.json()["code"]) == (409, "course_full")
        assert [(each["index"], each["code"]) for each in answer.json()["conflicts"]] == [(2, "session_full")]
        assert seat_counts(get_course(studio, course)) == [(0, 0), (1, 0), (0, 0), (0, 0)]
        assert get_course(studio, course)["version"] == 1

    def test_takes_the_other_seats_with_on_conflict_skip(self, studio: PracticeClient) -> None:
        course = plan_course(studio, seats=1)
        act_on_session(studio, course, 2, "enrol", patient_id=studio.add_patient())

        done = post_action(studio, course, "enrol", patient_id=studio.patient, on_conflict="skip").json()

        assert (done["enrolment"]["enrolled"], done["enrolment"]["kept"]) == (
            [1, 3, 4],
            [{"index": 2, "code": "session_full"}],
        )
        other = post_action(studio, course, "enrol", patient_id=studio.add_patient(), on_conflict="skip")
        assert (other.status_code, other.json()["code"]) == (409, "nothing_to_change")

    def test_waits_if_there_is_no_seat(self, studio: PracticeClient) -> None:
        course = plan_course(studio, seats=1)
        act_on_session(studio, course, 2, "enrol", patient_id=studio.add_patient())

        done = post_action(studio, course, "enrol", patient_id=studio.patient, if_full="wait", from_occurrence=2).json()

        assert (done["enrolment"]["enrolled"], done["enrolment"]["waiting"]) == ([3, 4], [2])
        assert seat_counts(done) == [(0, 0), (1, 1), (1, 0), (1, 0)]

    def test_never_sells_the_last_seat_twice(self, studio: PracticeClient) -> None:
        """Ten enrol in the course, ten in its second session; each session has four seats."""
        course = plan_course(studio, seats=4, rrule="FREQ=WEEKLY;COUNT=3")
        second = course["occurrences"][1]["session_id"]
        patients = [studio.add_patient() for _ in range(20)]

        def come(number: int) -> httpx2.Response:
            body: Json = {"patient_id": patients[number], "if_full": "wait"}
            if number % 2:
                return studio.client.post(f"/v1/sessions/{second}/enrol", json=body)
            return post_action(studio, course, "enrol", **body)

        answers = map_concurrently(20, come)

        assert codes(answers) == [(200, None)] * 20
        assert seat_counts(get_course(studio, course)) == [(4, 6), (4, 16), (4, 6)]
        roster = studio.client.get(f"/v1/sessions/{second}/roster", params={"limit": 200}).json()["roster"]
        assert len({line["patient_id"] for line in roster}) == 20

    def test_refuses_a_merged_or_unknown_patient_and_an_unknown_occurrence(self, studio: PracticeClient) -> None:
        course, other = plan_course(studio), studio.add_patient()
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": other})

        merged = post_action(studio, course, "enrol", patient_id=other)

        assert (merged.status_code, merged.json()["code"]) == (409, "patient_merged")
        assert post_action(studio, course, "enrol", patient_id=course["id"]).status_code == 404
        beyond = post_action(studio, course, "enrol", patient_id=studio.patient, from_occurrence=5)
        assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "from_occurrence")

    def test_respects_the_expected_version(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        post_action(studio, course, "enrol", patient_id=studio.add_patient())

        stale = post_action(studio, course, "enrol", {"If-Match": '"1"'}, patient_id=studio.patient)
        fresh = post_action(studio, course, "enrol", {"If-Match": '"2"'}, patient_id=studio.patient)

        assert (stale.status_code, fresh.status_code, fresh.headers["etag"]) == (412, 200, '"3"')

    def test_is_allowed_to_its_own_clinicians_only(self, studio: PracticeClient) -> None:
        course, other = plan_course(studio), studio.add_clinician()
        theirs = studio.client_with_role("clinician", clinician_id=other)
        mine = studio.client_with_role("clinician", clinician_id=studio.clinician)
        path, body = f"/v1/courses/{course['id']}/enrol", {"patient_id": studio.patient}

        assert theirs.post(path, json=body).status_code == 404
        assert mine.post(path, json=body).status_code == 200


class TestWithdraw:
    def test_frees_every_seat_for_the_waiting_list(self, studio: PracticeClient) -> None:
        course, other = plan_course(studio, seats=1), studio.add_patient()
        post_action(studio, course, "enrol", patient_id=studio.patient)
        act_on_session(studio, course, 3, "enrol", patient_id=other, if_full="wait")

        answer = post_action(studio, course, "withdraw", patient_id=studio.patient, from_occurrence=2)

        CourseLeft.model_validate(answer.json())
        assert seat_counts(answer.json()) == [(1, 0), (0, 0), (1, 0), (0, 0)]
        assert answer.json()["withdrawal"] == {
            "patient_id": studio.patient,
            "from_occurrence": 2,
            "withdrawn": [2, 3, 4],
            "kept": [],
            "moved_up": [
                {"index": 3, "session_id": course["occurrences"][2]["session_id"], "patient_ids": [other]},
            ],
        }

    def test_gives_up_places_on_waiting_lists_too(self, studio: PracticeClient) -> None:
        course = plan_course(studio, seats=1)
        post_action(studio, course, "enrol", patient_id=studio.add_patient())
        post_action(studio, course, "enrol", patient_id=studio.patient, if_full="wait")

        left = post_action(studio, course, "withdraw", patient_id=studio.patient).json()

        assert (left["withdrawal"]["withdrawn"], seat_counts(left)) == ([1, 2, 3, 4], [(1, 0)] * 4)

    def test_keeps_sessions_that_refuse_and_reports_the_reasons(self, studio: PracticeClient) -> None:
        course = plan_course(studio)
        post_action(studio, course, "enrol", patient_id=studio.patient)
        act_on_session(studio, course, 2, "withdraw", patient_id=studio.patient)

        with studio.server.at_time(datetime(2026, 10, 19, 16, tzinfo=UTC)):
            left = post_action(studio, course, "withdraw", patient_id=studio.patient).json()
            again = post_action(studio, course, "withdraw", patient_id=studio.patient)

        assert left["withdrawal"]["kept"] == [
            {"index": 1, "code": "already_started"},
            {"index": 2, "code": "not_enrolled"},
        ]
        assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")

    def test_frees_both_seats_of_a_merged_patient(self, studio: PracticeClient) -> None:
        course, other = plan_course(studio), studio.add_patient()
        for patient in (studio.patient, other):
            post_action(studio, course, "enrol", patient_id=patient)
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": other})

        assert seat_counts(post_action(studio, course, "withdraw", patient_id=other).json()) == [(0, 0)] * 4
