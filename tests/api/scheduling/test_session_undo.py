"""The last command on a session is undone: its cancellation, its move, who came and went."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from api.scheduling.sessions.schemas import UndoneSession
from tests.api.serving import NOW
from tests.api.studio import Json, Studio, at_once, codes

SIX = "2026-06-01T18:00:00+02:00"
FIVE = "2026-06-01T17:00:00+02:00"
START = datetime(2026, 6, 1, 16, tzinfo=UTC)


@pytest.fixture
def studio(studio: Studio) -> Studio:
    """With a class for one, given from nine to nine."""
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(name="יוגה", duration_minutes=60, step_minutes=30, seats=1)
    return studio


def planned(studio: Studio, starts_at: str = SIX, **other: object) -> Json:
    body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return studio.make("/v1/sessions", **(body | other))


def act(studio: Studio, session: Json, verb: str, **body: object) -> Json:
    path = f"/v1/sessions/{session['id']}"
    answer = studio.client.post(f"{path}/{verb}", json=body) if verb else studio.client.patch(path, json=body)
    assert answer.status_code == 200, answer.text
    acted: Json = answer.json()
    return acted


def undo(studio: Studio, acted: Json, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Undo what was answered so."""
    return studio.client.post(f"/v1/sessions/{acted['id']}/undo", json={"version": acted["version"]}, headers=headers)


def undone(studio: Studio, acted: Json) -> Json:
    answer = undo(studio, acted)
    assert answer.status_code == 200, answer.text
    UndoneSession.model_validate(answer.json())
    session: Json = answer.json()
    return session


def refused(studio: Studio, acted: Json) -> str:
    answer = undo(studio, acted)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["code"])


def grace(session: Json) -> timedelta:
    """How long after NOW nobody is told of its last command."""
    return datetime.fromisoformat(session["grace_until"]) - NOW


def roster(studio: Studio, session: Json) -> list[tuple[str, str, bool | None]]:
    lines = studio.client.get(f"/v1/sessions/{session['id']}/roster").json()["roster"]
    return [(line["patient_id"], line["status"], line["attended"]) for line in lines]


def stands(studio: Studio, patient: str, after: Json) -> list[str]:
    """How the calendar has it."""
    asked = {"after": after["position"]}
    found = studio.client.get(f"/v1/patients/{patient}/enrolments", params=asked).json()["enrolments"]
    return [each["status"] for each in found]


class TestGrace:
    def test_lasts_three_minutes_from_the_last_command_wherever_a_session_is_shown(self, studio: Studio) -> None:
        session = planned(studio)
        assert grace(session) == timedelta(minutes=3)

        with studio.program.at(NOW + timedelta(minutes=2)):
            acted = act(studio, session, "enrol", patient_id=studio.patient)
        assert grace(acted) == timedelta(minutes=5)

        with studio.program.at(NOW + timedelta(minutes=4)):
            last = undone(studio, acted)
        path, read = f"/v1/sessions/{session['id']}", studio.client.get
        after = {"after": last["position"]}
        shown = [
            last,
            read(path).json(),
            *read("/v1/sessions", params=after).json()["sessions"],
            *read("/v1/calendar", params={"from": "2026-06-01", "to": "2026-06-02"} | after).json()["sessions"],
            *(each["session"] for each in read(f"/v1/patients/{studio.patient}/enrolments").json()["enrolments"]),
        ]
        assert [grace(each) for each in shown] == [timedelta(minutes=7)] * 5
        assert grace(read(path, params={"version": 1}).json()) == timedelta(minutes=3)


class TestUndo:
    def test_of_a_cancellation_takes_the_time_back(self, studio: Studio) -> None:
        session = planned(studio)
        act(studio, session, "enrol", patient_id=studio.patient)
        cancelled = act(studio, session, "cancel", reason="wrong row")

        back = undone(studio, cancelled)

        assert (back["undone"], back["status"], back["cancellation_reason"]) == ("cancelled", "planned", None)
        assert back["taken"] == 1
        assert studio.book(SIX).json()["code"] == "time_taken"
        listed = studio.client.get("/v1/sessions", params={"after": back["position"]}).json()["sessions"]
        assert [(each["status"], each["taken"], each["version"]) for each in listed] == [
            ("planned", 1, back["version"])
        ]

    def test_of_a_cancellation_is_refused_once_the_time_was_given_away(self, studio: Studio) -> None:
        cancelled = act(studio, planned(studio), "cancel", reason="wrong row")
        studio.booked(SIX)

        assert refused(studio, cancelled) == "time_taken"
        assert studio.client.get(f"/v1/sessions/{cancelled['id']}").json()["version"] == cancelled["version"]

    def test_of_a_cancellation_is_refused_once_others_filled_the_day(self, studio: Studio) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 1}})
        cancelled = act(studio, planned(studio), "cancel", reason="wrong row")
        studio.booked("2026-06-01T09:00:00+02:00")

        assert refused(studio, cancelled) == "daily_limit"

    def test_of_a_change_is_of_all_that_was_changed_with_it(self, studio: Studio) -> None:
        session, other = planned(studio), studio.add_patient()
        act(studio, session, "enrol", patient_id=studio.patient)
        act(studio, session, "enrol", patient_id=other, if_full="wait")
        changed = act(studio, session, "", starts_at=FIVE, seats=2)
        assert changed["moved_up"] == [other]

        back = undone(studio, changed)

        assert (back["starts_at"], back["seats"], back["taken"], back["waiting"]) == (session["starts_at"], 1, 1, 1)
        assert (back["undone"], back["back_in_line"]) == ("seats_changed", [other])
        assert studio.book(FIVE).status_code == 201
        assert stands(studio, other, back) == ["waiting"]

    def test_of_a_move_is_refused_once_the_old_time_was_given_away(self, studio: Studio) -> None:
        moved = act(studio, planned(studio), "", starts_at="2026-06-01T10:00:00+02:00")
        studio.booked(SIX)

        assert refused(studio, moved) == "time_taken"

    def test_of_an_enrolment_leaves_nobody_who_ever_withdrew(self, studio: Studio) -> None:
        session = planned(studio)
        enrolled = act(studio, session, "enrol", patient_id=studio.patient)

        back = undone(studio, enrolled)

        assert (back["taken"], roster(studio, session)) == (0, [])
        assert stands(studio, studio.patient, back) == ["archived"]
        again = act(studio, session, "enrol", patient_id=studio.patient)
        assert stands(studio, studio.patient, again) == ["enrolled"]

    def test_of_a_withdrawal_gives_the_seat_back_and_who_moved_up_waits_again(self, studio: Studio) -> None:
        session, others = planned(studio), [studio.add_patient(), studio.add_patient()]
        act(studio, session, "enrol", patient_id=studio.patient)
        for other in others:
            act(studio, session, "enrol", patient_id=other, if_full="wait")
        withdrawn = act(studio, session, "withdraw", patient_id=studio.patient)
        assert withdrawn["moved_up"] == others[:1]

        back = undone(studio, withdrawn)

        assert back["back_in_line"] == others[:1]
        assert roster(studio, session) == [
            (studio.patient, "enrolled", None),
            (others[0], "waiting", None),
            (others[1], "waiting", None),
        ]
        assert [stands(studio, who, back) for who in (studio.patient, *others)] == [
            ["enrolled"],
            ["waiting"],
            ["waiting"],
        ]

    def test_takes_no_seat_from_somebody_who_may_know_of_it(self, studio: Studio) -> None:
        session, other = planned(studio), studio.add_patient()
        act(studio, session, "enrol", patient_id=studio.patient)
        act(studio, session, "enrol", patient_id=other, if_full="wait")
        withdrawn = act(studio, session, "withdraw", patient_id=studio.patient)

        with studio.program.at(NOW + timedelta(minutes=3)):
            assert refused(studio, withdrawn) == "seat_given_on"
        with studio.program.at(NOW + timedelta(minutes=2, seconds=59)):
            assert undone(studio, withdrawn)["back_in_line"] == [other]

    def test_of_attendance_is_possible_until_a_day_after_the_session(self, studio: Studio) -> None:
        session, body = planned(studio), {"patient_ids": [studio.patient], "attended": True}
        act(studio, session, "enrol", patient_id=studio.patient)
        with studio.program.at(START):
            noted = act(studio, session, "attendance", **body)

        with studio.program.at(START + timedelta(hours=25)):
            assert refused(studio, noted) == "too_late_to_undo"
        with studio.program.at(START + timedelta(hours=24, minutes=59)):
            undone(studio, noted)
        assert roster(studio, session) == [(studio.patient, "enrolled", None)]

    def test_of_anything_else_is_possible_until_the_session_starts(self, studio: Studio) -> None:
        session = planned(studio)
        enrolled = act(studio, session, "enrol", patient_id=studio.patient)

        with studio.program.at(START):
            assert refused(studio, enrolled) == "already_started"

    def test_cannot_be_undone(self, studio: Studio) -> None:
        enrolled = act(studio, planned(studio), "enrol", patient_id=studio.patient)
        back = undone(studio, enrolled)

        assert refused(studio, back) == "nothing_to_undo"

    def test_of_the_planning_archives_it_and_gives_its_time_back(self, studio: Studio) -> None:
        session = planned(studio)

        archived = undone(studio, session)

        assert (archived["undone"], archived["status"], archived["cancellation_reason"]) == (
            "planned",
            "archived",
            None,
        )
        listed = studio.client.get("/v1/sessions", params={"after": archived["position"], "status": "archived"}).json()
        assert [each["id"] for each in listed["sessions"]] == [session["id"]]
        assert studio.client.get("/v1/conflicts", params={"after": archived["position"]}).json()["conflicts"] == []
        assert studio.book(SIX).status_code == 201
        assert refused(studio, archived) == "nothing_to_undo"
        path = f"/v1/sessions/{session['id']}"
        answers = [
            studio.client.post(f"{path}/enrol", json={"patient_id": studio.patient, "if_full": "wait"}),
            studio.client.post(f"{path}/cancel", json={"reason": "ill"}),
            studio.client.patch(path, json={"seats": 3}),
        ]
        assert codes(answers) == [(409, "already_archived")] * 3

    def test_of_the_planning_is_refused_once_somebody_is_enrolled(self, studio: Studio) -> None:
        session = planned(studio)
        act(studio, session, "enrol", patient_id=studio.patient)

        assert refused(studio, session) == "not_last"

    def test_of_the_planning_is_possible_until_the_session_starts(self, studio: Studio) -> None:
        session = planned(studio)

        with studio.program.at(START):
            assert refused(studio, session) == "already_started"

    def test_of_the_planning_leaves_the_course_that_it_was_planned_with(self, studio: Studio) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": SIX}
        course = studio.make("/v1/courses", **body, rrule="FREQ=WEEKLY;COUNT=3")
        path, second = f"/v1/courses/{course['id']}", course["occurrences"][1]["session_id"]

        undone(studio, studio.client.get(f"/v1/sessions/{second}").json())

        later = {"from_occurrence": 1, "scope": "all", "starts_at": FIVE}
        moved = studio.client.post(f"{path}/change", json=later).json()
        assert moved["last_change"]["kept"] == [{"index": 2, "code": "already_archived"}]
        ended = studio.client.post(f"{path}/cancel", json={"from_occurrence": 1, "reason": "ill"}).json()
        assert ended["last_cancellation"]["kept"] == [{"index": 2, "code": "already_archived"}]
        assert [each["status"] for each in ended["occurrences"]] == ["cancelled", "archived", "cancelled"]

    def test_is_of_the_command_that_was_seen_and_not_of_somebody_elses(self, studio: Studio) -> None:
        session = planned(studio, seats=2)
        mine = act(studio, session, "enrol", patient_id=studio.patient)
        act(studio, session, "enrol", patient_id=studio.add_patient())

        assert refused(studio, mine) == "not_last"
        assert undo(studio, mine, {"If-Match": f'"{mine["version"]}"'}).status_code == 412
        assert studio.client.post(f"/v1/sessions/{session['id']}/undo", json={}).status_code == 422
        assert studio.client.get(f"/v1/sessions/{session['id']}").json()["taken"] == 2

    def test_and_whoever_comes_at_once_never_share_a_seat(self, studio: Studio) -> None:
        session, others = planned(studio), [studio.add_patient() for _ in range(5)]
        act(studio, session, "enrol", patient_id=studio.patient)
        withdrawn = act(studio, session, "withdraw", patient_id=studio.patient)
        path = f"/v1/sessions/{session['id']}/enrol"

        answers = at_once(
            6,
            lambda number: (
                undo(studio, withdrawn)
                if number == 5
                else studio.client.post(path, json={"patient_id": others[number]})
            ),
        )

        assert sum(answer.status_code == 200 for answer in answers) == 1, codes(answers)
        assert len(roster(studio, session)) == 1

    def test_of_one_session_of_a_course_leaves_the_others(self, studio: Studio) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": SIX}
        course = studio.make("/v1/courses", **body, rrule="FREQ=WEEKLY;COUNT=3")
        cancel = {"from_occurrence": 1, "reason": "wrong course"}
        ended = studio.client.post(f"/v1/courses/{course['id']}/cancel", json=cancel).json()
        second = ended["occurrences"][1]["session_id"]

        undone(studio, studio.client.get(f"/v1/sessions/{second}").json())

        shown = studio.client.get(f"/v1/courses/{course['id']}").json()["occurrences"]
        assert [each["status"] for each in shown] == ["cancelled", "planned", "cancelled"]

    def test_gives_no_seat_to_somebody_who_was_erased(self, studio: Studio) -> None:
        session = planned(studio)
        act(studio, session, "enrol", patient_id=studio.patient)
        withdrawn = act(studio, session, "withdraw", patient_id=studio.patient)
        studio.client.delete(f"/v1/patients/{studio.patient}")

        assert undo(studio, withdrawn).status_code == 404

    def test_is_answered_once_under_one_key(self, studio: Studio) -> None:
        enrolled = act(studio, planned(studio), "enrol", patient_id=studio.patient)

        answers = [undo(studio, enrolled, {"Idempotency-Key": "oops"}) for _ in range(2)]

        assert answers[0].json() == answers[1].json()
        assert answers[0].status_code == 200

    def test_is_told_to_those_whom_it_concerns_and_to_their_calendars(self, studio: Studio) -> None:
        session, other = planned(studio, seats=2), studio.add_patient()
        act(studio, session, "enrol", patient_id=other)
        feed = studio.make(f"/v1/patients/{studio.patient}/feeds")["url"]
        enrolled = act(studio, session, "enrol", patient_id=studio.patient)
        back = undone(studio, act(studio, session, "withdraw", patient_id=studio.patient))

        def told(patient: str) -> list[str]:
            asked = {"after": back["position"]}
            lines = studio.client.get(f"/v1/patients/{patient}/history", params=asked).json()["history"]
            return [line["sentence"] for line in lines]

        assert "A patient stands again as before" in told(studio.patient)
        assert not {"A patient stands again as before", "The last command was undone"} & set(told(other))
        text = studio.program.client(None).get(feed).text
        assert f"SEQUENCE:{back['version'] - 1}\r\n" in text
        assert back["version"] > enrolled["version"] + 1

    def test_is_for_those_who_give_it(self, studio: Studio) -> None:
        enrolled = act(studio, planned(studio), "enrol", patient_id=studio.patient)
        other = studio.key_of("clinician", clinician_id=studio.add_clinician())

        body = {"version": enrolled["version"]}
        assert other.post(f"/v1/sessions/{enrolled['id']}/undo", json=body).status_code == 404
