"""Cancellations are facts to count: when, by whom, and whether later than the notice allows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.api.practice_client import Json, PracticeClient

NINE = "2026-06-01T09:00:00+02:00"
START = datetime(2026, 6, 1, 7, tzinfo=UTC)
DAY = timedelta(days=1)
FACTS = ("cancelled_at", "cancelled_by", "cancelled_late")


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    """With a service whose visits are cancelled in time up to a day before."""
    studio.service = studio.add_service(cancellation_notice_minutes=1440)
    return studio


def cancelled(studio: PracticeClient, visit: Json, at: datetime = START - DAY, **by: Any) -> Json:
    with studio.server.at_time(at):
        answer = studio.post_action(visit["id"], "cancel", reason="patient rang", **by)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def facts(shown: Json) -> tuple[object, ...]:
    return tuple(shown[name] for name in FACTS)


def listed(studio: PracticeClient, after: int) -> list[Json]:
    answer = studio.client.get("/v1/appointments", params={"status": "cancelled", "after": after})
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["appointments"]
    return found


def reported(studio: PracticeClient, columns: str) -> list[tuple[Any, ...]]:
    """Return rows of the analysts' view, by start and time of cancellation."""
    with psycopg.connect(studio.server.container.storage.server.conninfo("scheduler_analyst")) as connection:
        connection.execute("select set_config('app.tenant_id', %s, false)", (studio.practice_id,))
        statement = f"select {columns} from reporting.cancellation order by starts_at, cancelled_at"
        return connection.execute(statement.encode()).fetchall()


class TestCancellation:
    @pytest.mark.parametrize(
        ("before", "late"), [(DAY, False), (DAY - timedelta(seconds=1), True), (timedelta(minutes=1), True)]
    )
    def test_is_late_if_the_notice_is_too_short(self, studio: PracticeClient, before: timedelta, late: bool) -> None:
        visit = studio.book_appointment(NINE)

        shown = cancelled(studio, visit, START - before, cancelled_by="patient")

        assert facts(visit) == (None, None, None)
        assert datetime.fromisoformat(shown["cancelled_at"]) == START - before
        assert (shown["cancelled_by"], shown["cancelled_late"]) == ("patient", late)
        assert [facts(each) for each in listed(studio, shown["position"])] == [facts(shown)]

    def test_is_of_the_practice_if_staff_say_so(self, studio: PracticeClient) -> None:
        shown = cancelled(studio, studio.book_appointment(NINE), cancelled_by="practice")

        assert shown["cancelled_by"] == "practice"

    def test_is_of_nobody_known_if_it_is_not_stated(self, studio: PracticeClient) -> None:
        assert cancelled(studio, studio.book_appointment(NINE))["cancelled_by"] is None

    def test_of_somebody_else_is_refused(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)

        refused = studio.post_action(visit["id"], "cancel", reason="ill", cancelled_by="weather")

        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_value")
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["status"] == "booked"

    def test_is_judged_by_the_notice_of_the_booking(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        answer = studio.client.patch(f"/v1/services/{studio.service}", json={"cancellation_notice_minutes": None})

        shown = cancelled(studio, visit, START - timedelta(hours=2))

        assert answer.json()["cancellation_notice_minutes"] is None
        assert (shown["cancellation_notice_minutes"], shown["cancelled_late"]) == (1440, True)

    def test_is_judged_by_the_time_of_a_moved_visit(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-06-02T09:00:00+02:00").json()

        shown = cancelled(studio, visit, START - timedelta(hours=1))

        assert moved["cancellation_notice_minutes"] == 1440
        assert shown["cancelled_late"] is False

    @pytest.mark.parametrize("notice", [None, 0])
    def test_is_never_late_without_a_notice(self, studio: PracticeClient, notice: int | None) -> None:
        studio.service = studio.add_service(cancellation_notice_minutes=notice)

        shown = cancelled(studio, studio.book_appointment(NINE), START - timedelta(minutes=1))

        assert shown["cancelled_late"] is (None if notice is None else False)

    def test_of_a_request_is_never_late(self, studio: PracticeClient) -> None:
        request = studio.book_appointment(NINE, status="requested")

        assert cancelled(studio, request, START - timedelta(minutes=1))["cancelled_late"] is None

    def test_that_is_undone_is_none(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        first = cancelled(studio, visit, START - timedelta(hours=3), cancelled_by="patient")

        undone = studio.post_action(visit["id"], "undo").json()

        assert facts(undone) == (None, None, None)
        assert listed(studio, undone["position"]) == []
        again = cancelled(studio, visit)
        assert facts(again) == ("2026-05-31T07:00:00Z", None, False)
        assert [facts(each) for each in listed(studio, again["position"])] == [facts(again)]
        then = studio.client.get(f"/v1/appointments/{visit['id']}", params={"version": first["version"]}).json()
        assert facts(then) == facts(first)

    def test_is_in_the_history(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE)
        shown = cancelled(studio, visit, START - timedelta(hours=3), cancelled_by="patient")

        history = studio.client.get(f"/v1/appointments/{visit['id']}/history", params={"after": shown["position"]})

        assert history.json()["history"][-1]["facts"] == {"patient_id": studio.patient, "by": "patient", "late": True}
        assert history.json()["history"][-1]["personal"] == {"reason": "patient rang"}

    @pytest.mark.parametrize("minutes", [-1, 525_601, "a day"])
    def test_needs_a_notice_within_a_year(self, studio: PracticeClient, minutes: object) -> None:
        answer = studio.client.patch(f"/v1/services/{studio.service}", json={"cancellation_notice_minutes": minutes})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cancellation_notice_minutes")


class TestSeries:
    def test_cancels_each_visit_by_its_own_notice(self, studio: PracticeClient) -> None:
        series = studio.post_series(NINE, "FREQ=WEEKLY;COUNT=3").json()
        change = {
            "from_occurrence": 1,
            "scope": "all",
            "cancel": {"reason": "therapy is over", "cancelled_by": "patient"},
        }

        with studio.server.at_time(START - timedelta(hours=3)):
            answer = studio.client.post(f"/v1/series/{series['id']}/change", json=change)

        assert answer.status_code == 200, answer.text
        visits = listed(studio, answer.json()["position"])
        assert [(each["cancelled_by"], each["cancelled_late"]) for each in visits] == [
            ("patient", True),
            ("patient", False),
            ("patient", False),
        ]


class TestSeats:
    def plan(self, studio: PracticeClient) -> Json:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": NINE, "seats": 2}
        return studio.create("/v1/sessions", **body)

    def withdraw(self, studio: PracticeClient, session: Json, at: datetime, **body: object) -> Json:
        with studio.server.at_time(at):
            answer = studio.client.post(
                f"/v1/sessions/{session['id']}/withdraw", json={"patient_id": studio.patient, **body}
            )
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    def enrolment(self, studio: PracticeClient, after: int) -> Json:
        answer = studio.client.get(f"/v1/patients/{studio.patient}/enrolments", params={"after": after})
        [shown] = answer.json()["enrolments"]
        found: Json = shown
        return found

    def test_are_cancelled_late_by_the_notice_of_the_session(self, studio: PracticeClient) -> None:
        session = self.plan(studio)
        studio.client.post(f"/v1/sessions/{session['id']}/enrol", json={"patient_id": studio.patient})

        left = self.withdraw(studio, session, START - timedelta(hours=3), cancelled_by="patient")

        assert session["cancellation_notice_minutes"] == 1440
        shown = self.enrolment(studio, left["position"])
        assert (shown["status"], *facts(shown)) == ("withdrawn", "2026-06-01T04:00:00Z", "patient", True)

    def test_that_are_taken_again_are_not_cancelled(self, studio: PracticeClient) -> None:
        session = self.plan(studio)
        path = f"/v1/sessions/{session['id']}/enrol"
        studio.client.post(path, json={"patient_id": studio.patient})
        self.withdraw(studio, session, START - DAY, cancelled_by="practice")

        again = studio.client.post(path, json={"patient_id": studio.patient}).json()

        assert facts(self.enrolment(studio, again["position"])) == (None, None, None)
        undone = studio.client.post(f"/v1/sessions/{session['id']}/undo", json={"version": again["version"]}).json()
        shown = self.enrolment(studio, undone["position"])
        assert (shown["status"], *facts(shown)) == ("withdrawn", "2026-05-31T07:00:00Z", "practice", False)

    def test_of_a_course_are_cancelled_by_somebody_too(self, studio: PracticeClient) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": NINE, "seats": 2}
        course = studio.create("/v1/courses", rrule="FREQ=WEEKLY;COUNT=2", **body)
        path = f"/v1/courses/{course['id']}"
        studio.client.post(f"{path}/enrol", json={"patient_id": studio.patient})

        with studio.server.at_time(START - timedelta(hours=3)):
            left = studio.client.post(
                f"{path}/withdraw", json={"patient_id": studio.patient, "cancelled_by": "patient"}
            ).json()

        answer = studio.client.get(f"/v1/patients/{studio.patient}/enrolments", params={"after": left["position"]})
        assert [facts(each)[1:] for each in answer.json()["enrolments"]] == [("patient", True), ("patient", False)]


class TestReport:
    def test_counts_visits_and_seats(self, studio: PracticeClient) -> None:
        seats = TestSeats()
        session = seats.plan(studio)
        studio.client.post(f"/v1/sessions/{session['id']}/enrol", json={"patient_id": studio.patient})
        seats.withdraw(studio, session, START - DAY, cancelled_by="practice")
        visits = [studio.book_appointment(f"2026-06-02T{hour}:00:00+02:00") for hour in ("09", "10", "11")]
        cancelled(studio, visits[0], START + timedelta(hours=23), cancelled_by="patient")
        position = cancelled(studio, visits[1], START)["position"]
        listed(studio, position)

        rows = reported(
            studio, "appointment_id::text, session_id::text, patient_id::text, cancelled_by, cancelled_late"
        )

        assert rows == [
            (None, session["id"], studio.patient, "practice", False),
            (visits[0]["id"], None, studio.patient, "patient", True),
            (visits[1]["id"], None, studio.patient, None, False),
        ]
