"""A seat in a session takes the patient's time, as a visit does."""

import pytest

from tests.api.practice_client import Json, PracticeClient

SIX, SEVEN = "2026-06-01T18:00:00+02:00", "2026-06-01T19:00:00+02:00"
WHY: Json = {"reason": "leaves early"}


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    """With a class of the service ``yoga``, of two seats, and another clinician for visits."""
    hours = [{"weekday": "mon", "from": "09:00", "to": "21:00"}]
    studio.set_hours(studio.clinician, hours)
    studio.service = studio.add_service(name="Yoga", duration_minutes=60, step_minutes=30, seats=2)
    return studio


@pytest.fixture
def other(studio: PracticeClient) -> Json:
    """The service and clinician of visits that are given during the class."""
    clinician = studio.add_clinician("09:00", "21:00")
    return {"clinician_id": clinician, "service_id": studio.add_service(clinician_ids=[clinician])}


def plan(studio: PracticeClient, starts_at: str = SIX, **more: object) -> str:
    body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return str(studio.create("/v1/sessions", **(body | more))["id"])


def act(studio: PracticeClient, session: str, verb: str, **body: object) -> Json:
    answer: Json = studio.client.post(f"/v1/sessions/{session}/{verb}", json=body).json()
    return answer


def roster(studio: PracticeClient, session: str) -> list[tuple[str, str, str | None]]:
    lines = studio.client.get(f"/v1/sessions/{session}/roster").json()["roster"]
    return [(line["patient_id"], line["status"], line["passed_over"]) for line in lines]


class TestEnrolment:
    def test_is_refused_during_another_visit(self, studio: PracticeClient, other: Json) -> None:
        visit = studio.book_appointment(SIX, **other)
        session = plan(studio)

        refused = act(studio, session, "enrol", patient_id=studio.patient)
        enrolled = act(studio, session, "enrol", patient_id=studio.patient, override=WHY)

        assert (refused["code"], refused["visit"]["id"]) == ("patient_busy", visit["id"])
        assert enrolled["enrolment"]["override"] == {"overlaps": [visit["id"]], **WHY}

    def test_keeps_visits_and_other_classes_away(self, studio: PracticeClient, other: Json) -> None:
        session = plan(studio)
        act(studio, session, "enrol", patient_id=studio.patient)

        refused = studio.post_booking(SIX, **other).json()
        act(studio, session, "withdraw", patient_id=studio.patient)

        assert (refused["code"], refused["visit"]["id"]) == ("patient_busy", session)
        assert studio.post_booking(SIX, **other).status_code == 201

    def test_undo_of_a_withdrawal_is_refused_if_the_patient_is_elsewhere(
        self, studio: PracticeClient, other: Json
    ) -> None:
        session = plan(studio)
        act(studio, session, "enrol", patient_id=studio.patient)
        left = act(studio, session, "withdraw", patient_id=studio.patient)
        studio.book_appointment(SIX, **other)

        assert act(studio, session, "undo", version=left["version"])["code"] == "patient_busy"

    def test_in_a_course_leaves_out_the_sessions_during_other_visits(self, studio: PracticeClient, other: Json) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": SIX}
        course = studio.create("/v1/courses", **body, rrule="FREQ=WEEKLY;COUNT=3")
        studio.book_appointment("2026-06-08T18:00:00+02:00", **other)
        path, patient = f"/v1/courses/{course['id']}/enrol", {"patient_id": studio.patient}

        refused = studio.client.post(path, json=patient).json()
        enrolled = studio.client.post(path, json={**patient, "on_conflict": "skip"})

        assert [(each["index"], each["code"]) for each in refused["conflicts"]] == [(2, "patient_busy")]
        assert enrolled.status_code == 200, enrolled.text
        assert studio.post_booking("2026-06-15T18:00:00+02:00", **other).json()["code"] == "patient_busy"


class TestWaitingLine:
    def test_passes_over_who_is_elsewhere_and_says_so(self, studio: PracticeClient, other: Json) -> None:
        session = plan(studio, seats=1)
        seated, busy, free = (studio.add_patient() for _ in range(3))
        for patient in (seated, busy, free):
            act(studio, session, "enrol", patient_id=patient, if_full="wait")
        visit = studio.book_appointment(SIX, patient_id=busy, **other)

        left = act(studio, session, "withdraw", patient_id=seated)

        assert left["moved_up"] == [free]
        assert roster(studio, session) == [(free, "enrolled", None), (busy, "waiting", "patient_busy")]
        studio.post_action(visit["id"], "cancel", reason="ill")
        assert act(studio, session, "withdraw", patient_id=free)["moved_up"] == [busy]

    def test_who_was_passed_over_may_take_a_seat_that_is_free(self, studio: PracticeClient, other: Json) -> None:
        session = plan(studio, seats=1)
        act(studio, session, "enrol", patient_id=studio.add_patient())
        act(studio, session, "enrol", patient_id=studio.patient, if_full="wait")
        visit = studio.book_appointment(SIX, **other)
        changed = studio.client.patch(f"/v1/sessions/{session}", json={"seats": 2}).json()
        assert (changed["moved_up"], changed["free"], changed["waiting"]) == ([], 1, 1)
        assert act(studio, session, "enrol", patient_id=studio.patient)["code"] == "patient_busy"
        studio.post_action(visit["id"], "cancel", reason="ill")

        enrolled = act(studio, session, "enrol", patient_id=studio.patient)

        assert enrolled["enrolment"]["status"] == "enrolled"


class TestMoves:
    def test_of_a_class_need_an_override_if_a_patient_is_elsewhere(self, studio: PracticeClient, other: Json) -> None:
        session = plan(studio)
        act(studio, session, "enrol", patient_id=studio.patient)
        visit = studio.book_appointment(SEVEN, **other)
        path = f"/v1/sessions/{session}"

        refused = studio.client.patch(path, json={"starts_at": SEVEN}).json()
        moved = studio.client.patch(path, json={"starts_at": SEVEN, "override": WHY})

        assert (refused["code"], refused["visit"]["id"]) == ("patient_busy", visit["id"])
        assert moved.status_code == 200, moved.text
        [line] = studio.client.get(f"{path}/roster").json()["roster"]
        assert line["override"] == {"overlaps": [visit["id"]], **WHY}
        assert act(studio, session, "undo", version=moved.json()["version"])["starts_at"] == "2026-06-01T16:00:00Z"


class TestMerge:
    def test_leaves_one_seat_and_the_other_goes_to_who_waits(self, studio: PracticeClient) -> None:
        session = plan(studio)
        twin, waiting = studio.add_patient(given_name="Dana"), studio.add_patient(given_name="Noa")
        for patient in (studio.patient, twin, waiting):
            act(studio, session, "enrol", patient_id=patient, if_full="wait")

        merged = studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin})

        assert merged.status_code == 200, merged.text
        after = {"after": merged.json()["position"]}
        lines = studio.client.get(f"/v1/sessions/{session}/roster", params=after).json()["roster"]
        assert [(line["patient_id"], line["status"]) for line in lines] == [
            (studio.patient, "enrolled"),
            (waiting, "enrolled"),
        ]

    def test_two_places_in_line_do_not_become_two_seats(self, studio: PracticeClient) -> None:
        session = plan(studio, seats=1)
        twin = studio.add_patient(given_name="Dana")
        for patient in (studio.add_patient(), studio.patient, twin):
            act(studio, session, "enrol", patient_id=patient, if_full="wait")
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin})

        changed = studio.client.patch(f"/v1/sessions/{session}", json={"seats": 3}).json()

        assert (changed["moved_up"], changed["taken"]) == ([studio.patient], 2)
        assert [line[1:] for line in roster(studio, session)][-1] == ("waiting", "already_enrolled")
