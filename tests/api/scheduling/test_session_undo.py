"""The last command on a session is undone: its cancellation, its move, who came and went."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from api.scheduling.sessions.schemas import UndoneSession
from tests.api.api_server import NOW
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

SIX = "2026-06-01T18:00:00+02:00"
FIVE = "2026-06-01T17:00:00+02:00"
START = datetime(2026, 6, 1, 16, tzinfo=UTC)


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    """With a class for one, given from nine to nine."""
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(name="יוגה", duration_minutes=60, step_minutes=30, seats=1)
    return studio


def plan_session(studio: PracticeClient, starts_at: str = SIX, **other: object) -> Json:
    body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return studio.create("/v1/sessions", **(body | other))


def act_on_session(studio: PracticeClient, session: Json, verb: str, **body: object) -> Json:
    path = f"/v1/sessions/{session['id']}"
    answer = studio.client.post(f"{path}/{verb}", json=body) if verb else studio.client.patch(path, json=body)
    assert answer.status_code == 200, answer.text
    acted: Json = answer.json()
    return acted


def post_undo(studio: PracticeClient, acted: Json, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Undo what was answered so."""
    return studio.client.post(f"/v1/sessions/{acted['id']}/undo", json={"version": acted["version"]}, headers=headers)


def undo_session(studio: PracticeClient, acted: Json) -> Json:
    answer = post_undo(studio, acted)
    assert answer.status_code == 200, answer.text
    UndoneSession.model_validate(answer.json())
    session: Json = answer.json()
    return session


def refused_undo_code(studio: PracticeClient, acted: Json) -> str:
    answer = post_undo(studio, acted)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["code"])


def grace_period(session: Json) -> timedelta:
    """The time after NOW in which the last command is not announced."""
    return datetime.fromisoformat(session["grace_until"]) - NOW


def roster(studio: PracticeClient, session: Json) -> list[tuple[str, str, bool | None]]:
    lines = studio.client.get(f"/v1/sessions/{session['id']}/roster").json()["roster"]
    return [(line["patient_id"], line["status"], line["attended"]) for line in lines]


def calendar_seats(studio: PracticeClient, patient: str, after: Json) -> list[str]:
    """How the calendar has it."""
    asked = {"after": after["position"]}
    found = studio.client.get(f"/v1/patients/{patient}/enrolments", params=asked).json()["enrolments"]
    return [each["status"] for each in found]


class TestGrace:
    def test_lasts_three_minutes_in_every_view_of_a_session(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        assert grace_period(session) == timedelta(minutes=3)

        with studio.server.at_time(NOW + timedelta(minutes=2)):
            acted = act_on_session(studio, session, "enrol", patient_id=studio.patient)
        assert grace_period(acted) == timedelta(minutes=5)

        with studio.server.at_time(NOW + timedelta(minutes=4)):
            last = undo_session(studio, acted)
        path, read = f"/v1/sessions/{session['id']}", studio.client.get
        after = {"after": last["position"]}
        shown = [
            last,
            read(path).json(),
            *read("/v1/sessions", params=after).json()["sessions"],
            *read("/v1/calendar", params={"from": "2026-06-01", "to": "2026-06-02"} | after).json()["sessions"],
            *(each["session"] for each in read(f"/v1/patients/{studio.patient}/enrolments").json()["enrolments"]),
        ]
        assert [grace_period(each) for each in shown] == [timedelta(minutes=7)] * 5
        assert grace_period(read(path, params={"version": 1}).json()) == timedelta(minutes=3)


class TestUndo:
    def test_of_a_cancellation_takes_the_time_again(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        cancelled = act_on_session(studio, session, "cancel", reason="wrong row")

        back = undo_session(studio, cancelled)

        assert (back["undone"], back["status"], back["cancellation_reason"]) == ("cancelled", "planned", None)
        assert back["taken"] == 1
        assert studio.post_booking(SIX).json()["code"] == "time_taken"
        listed = studio.client.get("/v1/sessions", params={"after": back["position"]}).json()["sessions"]
        assert [(each["status"], each["taken"], each["version"]) for each in listed] == [
            ("planned", 1, back["version"])
        ]

    def test_of_a_cancellation_is_refused_if_the_time_is_taken(self, studio: PracticeClient) -> None:
        cancelled = act_on_session(studio, plan_session(studio), "cancel", reason="wrong row")
        studio.book_appointment(SIX)

        assert refused_undo_code(studio, cancelled) == "time_taken"
        assert studio.client.get(f"/v1/sessions/{cancelled['id']}").json()["version"] == cancelled["version"]

    def test_of_a_cancellation_is_refused_if_the_daily_limit_is_reached(self, studio: PracticeClient) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 1}})
        cancelled = act_on_session(studio, plan_session(studio), "cancel", reason="wrong row")
        studio.book_appointment("2026-06-01T09:00:00+02:00")

        assert refused_undo_code(studio, cancelled) == "daily_limit"

    def test_of_a_change_restores_all_its_fields(self, studio: PracticeClient) -> None:
        session, other = plan_session(studio), studio.add_patient()
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        act_on_session(studio, session, "enrol", patient_id=other, if_full="wait")
        changed = act_on_session(studio, session, "", starts_at=FIVE, seats=2)
        assert changed["moved_up"] == [other]

        back = undo_session(studio, changed)

        assert (back["starts_at"], back["seats"], back["taken"], back["waiting"]) == (session["starts_at"], 1, 1, 1)
        assert (back["undone"], back["back_in_line"]) == ("seats_changed", [other])
        assert studio.post_booking(FIVE).status_code == 201
        assert calendar_seats(studio, other, back) == ["waiting"]

    def test_of_a_move_is_refused_if_the_old_time_is_taken(self, studio: PracticeClient) -> None:
        moved = act_on_session(studio, plan_session(studio), "", starts_at="2026-06-01T10:00:00+02:00")
        studio.book_appointment(SIX)

        assert refused_undo_code(studio, moved) == "time_taken"

    def test_of_a_move_is_refused_once_the_earlier_start_has_passed(self, studio: PracticeClient) -> None:
        moved = act_on_session(studio, plan_session(studio, FIVE), "", starts_at=SIX)

        with studio.server.at_time(START - timedelta(minutes=30)):
            assert refused_undo_code(studio, moved) == "already_started"

        assert studio.client.get(f"/v1/sessions/{moved['id']}").json()["version"] == moved["version"]

    def test_of_an_enrolment_leaves_no_withdrawn_patient(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        enrolled = act_on_session(studio, session, "enrol", patient_id=studio.patient)

        back = undo_session(studio, enrolled)

        assert (back["taken"], roster(studio, session)) == (0, [])
        assert calendar_seats(studio, studio.patient, back) == ["archived"]
        again = act_on_session(studio, session, "enrol", patient_id=studio.patient)
        assert calendar_seats(studio, studio.patient, again) == ["enrolled"]

    def test_of_a_withdrawal_returns_the_seat_and_the_place_on_the_waiting_list(self, studio: PracticeClient) -> None:
        session, others = plan_session(studio), [studio.add_patient(), studio.add_patient()]
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        for other in others:
            act_on_session(studio, session, "enrol", patient_id=other, if_full="wait")
        withdrawn = act_on_session(studio, session, "withdraw", patient_id=studio.patient)
        assert withdrawn["moved_up"] == others[:1]

        back = undo_session(studio, withdrawn)

        assert back["back_in_line"] == others[:1]
        assert roster(studio, session) == [
            (studio.patient, "enrolled", None),
            (others[0], "waiting", None),
            (others[1], "waiting", None),
        ]
        assert [calendar_seats(studio, who, back) for who in (studio.patient, *others)] == [
            ["enrolled"],
            ["waiting"],
            ["waiting"],
        ]

    def test_takes_no_seat_after_the_grace_period(self, studio: PracticeClient) -> None:
        session, other = plan_session(studio), studio.add_patient()
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        act_on_session(studio, session, "enrol", patient_id=other, if_full="wait")
        withdrawn = act_on_session(studio, session, "withdraw", patient_id=studio.patient)

        with studio.server.at_time(NOW + timedelta(minutes=3)):
            assert refused_undo_code(studio, withdrawn) == "seat_given_on"
        with studio.server.at_time(NOW + timedelta(minutes=2, seconds=59)):
            assert undo_session(studio, withdrawn)["back_in_line"] == [other]

    def test_of_attendance_is_possible_until_a_day_after_the_session(self, studio: PracticeClient) -> None:
        session, body = plan_session(studio), {"patient_ids": [studio.patient], "attended": True}
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        with studio.server.at_time(START):
            noted = act_on_session(studio, session, "attendance", **body)

        with studio.server.at_time(START + timedelta(hours=25)):
            assert refused_undo_code(studio, noted) == "too_late_to_undo"
        with studio.server.at_time(START + timedelta(hours=24, minutes=59)):
            undo_session(studio, noted)
        assert roster(studio, session) == [(studio.patient, "enrolled", None)]

    def test_of_anything_else_is_possible_until_the_session_starts(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        enrolled = act_on_session(studio, session, "enrol", patient_id=studio.patient)

        with studio.server.at_time(START):
            assert refused_undo_code(studio, enrolled) == "already_started"

    def test_cannot_be_undone(self, studio: PracticeClient) -> None:
        enrolled = act_on_session(studio, plan_session(studio), "enrol", patient_id=studio.patient)
        back = undo_session(studio, enrolled)

        assert refused_undo_code(studio, back) == "nothing_to_undo"

    def test_of_the_planning_archives_the_session_and_frees_its_time(self, studio: PracticeClient) -> None:
        session = plan_session(studio)

        archived = undo_session(studio, session)

        assert (archived["undone"], archived["status"], archived["cancellation_reason"]) == (
            "planned",
            "archived",
            None,
        )
        listed = studio.client.get("/v1/sessions", params={"after": archived["position"], "status": "archived"}).json()
        assert [each["id"] for each in listed["sessions"]] == [session["id"]]
        assert studio.client.get("/v1/conflicts", params={"after": archived["position"]}).json()["conflicts"] == []
        assert studio.post_booking(SIX).status_code == 201
        assert refused_undo_code(studio, archived) == "nothing_to_undo"
        path = f"/v1/sessions/{session['id']}"
        answers = [
            studio.client.post(f"{path}/enrol", json={"patient_id": studio.patient, "if_full": "wait"}),
            studio.client.post(f"{path}/cancel", json={"reason": "ill"}),
            studio.client.patch(path, json={"seats": 3}),
        ]
        assert codes(answers) == [(409, "already_archived")] * 3

    def test_of_the_planning_is_refused_after_an_enrolment(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)

        assert refused_undo_code(studio, session) == "not_last"

    def test_of_the_planning_is_possible_until_the_session_starts(self, studio: PracticeClient) -> None:
        session = plan_session(studio)

        with studio.server.at_time(START):
            assert refused_undo_code(studio, session) == "already_started"

    def test_of_the_planning_keeps_the_course(self, studio: PracticeClient) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": SIX}
        course = studio.create("/v1/courses", **body, rrule="FREQ=WEEKLY;COUNT=3")
        path, second = f"/v1/courses/{course['id']}", course["occurrences"][1]["session_id"]

        undo_session(studio, studio.client.get(f"/v1/sessions/{second}").json())

        later = {"from_occurrence": 1, "scope": "all", "starts_at": FIVE}
        moved = studio.client.post(f"{path}/change", json=later).json()
        assert moved["last_change"]["kept"] == [{"index": 2, "code": "already_archived"}]
        ended = studio.client.post(f"{path}/cancel", json={"from_occurrence": 1, "reason": "ill"}).json()
        assert ended["last_cancellation"]["kept"] == [{"index": 2, "code": "already_archived"}]
        assert [each["status"] for each in ended["occurrences"]] == ["cancelled", "archived", "cancelled"]

    def test_undoes_the_named_command_only(self, studio: PracticeClient) -> None:
        session = plan_session(studio, seats=2)
        mine = act_on_session(studio, session, "enrol", patient_id=studio.patient)
        act_on_session(studio, session, "enrol", patient_id=studio.add_patient())

        assert refused_undo_code(studio, mine) == "not_last"
        assert post_undo(studio, mine, {"If-Match": f'"{mine["version"]}"'}).status_code == 412
        assert studio.client.post(f"/v1/sessions/{session['id']}/undo", json={}).status_code == 422
        assert studio.client.get(f"/v1/sessions/{session['id']}").json()["taken"] == 2

    def test_and_a_concurrent_enrolment_never_share_a_seat(self, studio: PracticeClient) -> None:
        session, others = plan_session(studio), [studio.add_patient() for _ in range(5)]
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        withdrawn = act_on_session(studio, session, "withdraw", patient_id=studio.patient)
        path = f"/v1/sessions/{session['id']}/enrol"

        answers = map_concurrently(
            6,
            lambda number: (
                post_undo(studio, withdrawn)
                if number == 5
                else studio.client.post(path, json={"patient_id": others[number]})
            ),
        )

        assert sum(answer.status_code == 200 for answer in answers) == 1, codes(answers)
        assert len(roster(studio, session)) == 1

    def test_of_one_session_of_a_course_leaves_the_others(self, studio: PracticeClient) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": SIX}
        course = studio.create("/v1/courses", **body, rrule="FREQ=WEEKLY;COUNT=3")
        cancel = {"from_occurrence": 1, "reason": "wrong course"}
        ended = studio.client.post(f"/v1/courses/{course['id']}/cancel", json=cancel).json()
        second = ended["occurrences"][1]["session_id"]

        undo_session(studio, studio.client.get(f"/v1/sessions/{second}").json())

        shown = studio.client.get(f"/v1/courses/{course['id']}").json()["occurrences"]
        assert [each["status"] for each in shown] == ["cancelled", "planned", "cancelled"]

    def test_gives_no_seat_to_an_erased_patient(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        withdrawn = act_on_session(studio, session, "withdraw", patient_id=studio.patient)
        studio.client.delete(f"/v1/patients/{studio.patient}")

        assert post_undo(studio, withdrawn).status_code == 404

    def test_repeats_its_response_under_one_key(self, studio: PracticeClient) -> None:
        enrolled = act_on_session(studio, plan_session(studio), "enrol", patient_id=studio.patient)

        answers = [post_undo(studio, enrolled, {"Idempotency-Key": "oops"}) for _ in range(2)]

        assert answers[0].json() == answers[1].json()
        assert answers[0].status_code == 200

    def test_updates_the_calendars_of_the_patients(self, studio: PracticeClient) -> None:
        session, other = plan_session(studio, seats=2), studio.add_patient()
        act_on_session(studio, session, "enrol", patient_id=other)
        feed = studio.create(f"/v1/patients/{studio.patient}/feeds")["url"]
        enrolled = act_on_session(studio, session, "enrol", patient_id=studio.patient)
        back = undo_session(studio, act_on_session(studio, session, "withdraw", patient_id=studio.patient))

        def sentences(patient: str) -> list[str]:
            asked = {"after": back["position"]}
            lines = studio.client.get(f"/v1/patients/{patient}/history", params=asked).json()["history"]
            return [line["sentence"] for line in lines]

        assert "A patient's earlier status was restored" in sentences(studio.patient)
        assert not {"A patient's earlier status was restored", "The last command was undone"} & set(sentences(other))
        text = studio.server.client(None).get(feed).text
        assert f"SEQUENCE:{back['version'] - 1}\r\n" in text
        assert back["version"] > enrolled["version"] + 1

    def test_is_allowed_to_its_own_clinicians_only(self, studio: PracticeClient) -> None:
        enrolled = act_on_session(studio, plan_session(studio), "enrol", patient_id=studio.patient)
        other = studio.client_with_role("clinician", clinician_id=studio.add_clinician())

        body = {"version": enrolled["version"]}
        assert other.post(f"/v1/sessions/{enrolled['id']}/undo", json=body).status_code == 404
