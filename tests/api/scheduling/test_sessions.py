"""Sessions: a class with seats, several staff and a room; the last seat is never sold twice."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import httpx2
import pytest

from api.scheduling.sessions.schemas import (
    ChangedRosterShown,
    EnrolledShown,
    PatientEnrolmentPage,
    RosterPage,
    SessionInFull,
    SessionPage,
)
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

SIX = "2026-06-01T18:00:00+02:00"
FIVE = "2026-06-01T17:00:00+02:00"
START = datetime(2026, 6, 1, 16, tzinfo=UTC)
DAY = {"from": "2026-06-01", "to": "2026-06-02"}


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    """With a class of the service ``yoga``: an hour, in a room, from nine to nine."""
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(
        name="Yoga", duration_minutes=60, step_minutes=30, buffer_after_minutes=15, requires=[{"kind": "room"}], seats=2
    )
    studio.add_room()
    return studio


def post_session(studio: PracticeClient, starts_at: object = SIX, **other: object) -> httpx2.Response:
    body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return studio.client.post("/v1/sessions", json=body | other)


def plan_session(studio: PracticeClient, starts_at: object = SIX, **other: object) -> Json:
    answer = post_session(studio, starts_at, **other)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def post_action(studio: PracticeClient, session: Json, verb: str, **body: object) -> httpx2.Response:
    return studio.client.post(f"/v1/sessions/{session['id']}/{verb}", json=body)


def enrol(studio: PracticeClient, session: Json, patient: str, **other: object) -> httpx2.Response:
    return post_action(studio, session, "enrol", patient_id=patient, **other)


def add_patients(studio: PracticeClient, number: int) -> list[str]:
    return [studio.add_patient(given_name="נועה", family_name=f"Levi {index}") for index in range(number)]


def get_session(studio: PracticeClient, session: Json) -> Json:
    shown: Json = studio.client.get(f"/v1/sessions/{session['id']}").json()
    return shown


class TestPlan:
    def test_takes_the_time_of_staff_and_room(self, studio: PracticeClient) -> None:
        session = plan_session(studio)

        SessionInFull.model_validate(session)
        assert (session["seats"], session["taken"], session["free"], session["waiting"]) == (2, 0, 2, 0)
        assert (session["starts_at"], session["ends_at"]) == ("2026-06-01T16:00:00Z", "2026-06-01T17:00:00Z")
        assert session["display"] == {"clinic": "18:00 CEST", "clinic_date": "2026-06-01"}
        assert len(session["resource_ids"]) == 1
        assert "2026-06-01T15:30:00Z" not in studio.slots("2026-06-01", "2026-06-02")
        assert studio.post_booking(SIX).json()["code"] == "time_taken"
        assert post_session(studio, "2026-06-01T19:00:00+02:00").json()["code"] == "buffer"
        assert get_session(studio, session) == {key: value for key, value in session.items() if key != "position"}

    def test_is_refused_if_a_visit_has_the_time(self, studio: PracticeClient) -> None:
        studio.book_appointment(SIX)

        assert (post_session(studio).status_code, post_session(studio).json()["code"]) == (409, "time_taken")

    def test_needs_all_staff_and_a_room(self, studio: PracticeClient) -> None:
        helper = studio.add_clinician("18:00", "19:00", ("mon",))
        stranger = studio.add_clinician()
        studio.service = studio.add_service(
            duration_minutes=60, step_minutes=30, clinician_ids=[studio.clinician, helper], requires=[{"kind": "room"}]
        )

        both = plan_session(studio, staff_ids=[studio.clinician, helper], seats=8)

        assert (both["staff_ids"], both["seats"]) == ([studio.clinician, helper], 8)
        later = "2026-06-08T18:30:00+02:00"
        for staff, code in (([studio.clinician, helper], "outside_hours"), ([stranger], "clinician_not_offering")):
            assert post_session(studio, later, staff_ids=staff, seats=8).json()["code"] == code
        assert post_session(studio, later, staff_ids=[studio.clinician], seats=8).status_code == 201

    def test_sets_the_number_of_seats(self, studio: PracticeClient) -> None:
        studio.service = studio.add_service(duration_minutes=60)

        for seats in (None, 0, 501, "3", 2.5):
            answer = post_session(studio, seats=seats)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "seats"), answer.text

    def test_is_recorded_once_per_idempotency_key(self, studio: PracticeClient) -> None:
        body = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": SIX}
        answers = [
            studio.client.post("/v1/sessions", json=body, headers={"Idempotency-Key": "monday"}) for _ in range(2)
        ]

        assert answers[0].json() == answers[1].json()

    def test_succeeds_once_when_many_compete_for_the_same_time(self, studio: PracticeClient) -> None:
        answers = map_concurrently(8, lambda number: post_session(studio) if number % 2 else studio.post_booking(SIX))

        assert sum(answer.status_code == 201 for answer in answers) == 1
        assert {code for _, code in codes(answers) if code} <= {"time_taken", "resource_unavailable"}

    def test_counts_as_one_visit_towards_a_limit(self, studio: PracticeClient) -> None:
        studio.client.patch(f"/v1/clinicians/{studio.clinician}", json={"limits": {"per_day": 2}})
        plan_session(studio)
        studio.book_appointment("2026-06-01T09:00:00+02:00")

        assert post_session(studio, "2026-06-01T12:00:00+02:00").json()["code"] == "daily_limit"
        assert studio.post_booking("2026-06-01T12:00:00+02:00").json()["code"] == "daily_limit"

    def test_explains_why_a_time_is_not_free(self, studio: PracticeClient) -> None:
        session = plan_session(studio)

        asked = {"service_id": studio.service, "clinician_id": studio.clinician, "at": SIX}
        reasons = studio.client.get("/v1/slots/explain", params=asked).json()["reasons"]

        cited = {(fact["id"], fact["sentence"]) for reason in reasons for fact in reason["events"]}
        assert (session["id"], "The session was planned") in cited


class TestSeats:
    def test_the_last_one_is_never_sold_twice(self, studio: PracticeClient) -> None:
        session = plan_session(studio, seats=30)
        patients = add_patients(studio, 50)

        answers = map_concurrently(50, lambda number: enrol(studio, session, patients[number]))

        assert codes(answers) == [(200, None)] * 30 + [(409, "session_full")] * 20
        shown = get_session(studio, session)
        assert (shown["taken"], shown["free"], shown["waiting"], shown["version"]) == (30, 0, 0, 31)
        won = {patient for patient, answer in zip(patients, answers, strict=True) if answer.status_code == 200}
        roster = studio.client.get(f"/v1/sessions/{session['id']}/roster", params={"limit": 200}).json()["roster"]
        assert {line["patient_id"] for line in roster} == won

    def test_that_become_free_go_to_the_first_on_the_waiting_list(self, studio: PracticeClient) -> None:
        session, (dana, noa, li, ada) = plan_session(studio), add_patients(studio, 4)
        answers = [enrol(studio, session, patient, if_full="wait") for patient in (dana, noa, li, ada)]
        EnrolledShown.model_validate(answers[3].json())
        assert [answer.json()["enrolment"]["place"] for answer in answers] == [None, None, 1, 2]

        left = post_action(studio, session, "withdraw", patient_id=dana).json()

        ChangedRosterShown.model_validate(left)
        assert (left["moved_up"], left["taken"], left["waiting"]) == ([li], 2, 1)
        history = studio.client.get(f"/v1/sessions/{session['id']}/history", params={"after": left["position"]}).json()[
            "history"
        ]
        assert [line["sentence"] for line in history[-2:]] == [
            "A patient's seat was cancelled",
            "A waiting patient moved up to a seat",
        ]
        assert history[-1]["facts"] == {"patient_id": li}

    def test_that_are_added_go_to_the_waiting_list(self, studio: PracticeClient) -> None:
        session, (dana, noa, li) = plan_session(studio), add_patients(studio, 3)
        for patient in (dana, noa, li):
            enrol(studio, session, patient, if_full="wait")

        raised = studio.client.patch(f"/v1/sessions/{session['id']}", json={"seats": 3}).json()
        lowered = studio.client.patch(f"/v1/sessions/{session['id']}", json={"seats": 2})

        assert (raised["moved_up"], raised["taken"], raised["waiting"], raised["free"]) == ([li], 3, 0, 0)
        assert (lowered.status_code, lowered.json()["code"]) == (409, "seats_taken")

    @pytest.mark.parametrize("same", [{}, {"seats": 3}, {"starts_at": "now"}])
    def test_each_patient_who_moved_up_is_listed_once(self, studio: PracticeClient, same: Json) -> None:
        session, (dana, noa, li) = plan_session(studio), add_patients(studio, 3)
        for patient in (dana, noa, li):
            enrol(studio, session, patient, if_full="wait")
        path, key = f"/v1/sessions/{session['id']}", {"Idempotency-Key": "more seats"}
        raised = studio.client.patch(path, json={"seats": 3}, headers=key).json()
        again = studio.client.patch(path, json={"seats": 3}, headers=key).json()

        other = studio.client.patch(path, json=same and {name: raised[name] for name in same}).json()

        assert (raised["moved_up"], again["moved_up"], other["moved_up"]) == ([li], [li], [])
        assert other["version"] == raised["version"]

    def test_are_given_once_per_idempotency_key(self, studio: PracticeClient) -> None:
        session, (dana, noa) = plan_session(studio, seats=1), add_patients(studio, 2)
        path, key = f"/v1/sessions/{session['id']}", {"Idempotency-Key": "dana", "If-Match": '"1"'}

        first = studio.client.post(f"{path}/enrol", json={"patient_id": dana}, headers=key)
        post_action(studio, session, "withdraw", patient_id=dana)
        enrol(studio, session, noa)
        again = studio.client.post(f"{path}/enrol", json={"patient_id": dana}, headers=key)
        other = studio.client.post(f"{path}/enrol", json={"patient_id": noa}, headers=key)

        assert (again.status_code, again.json()) == (200, first.json())
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")

    def test_are_given_once_to_a_merged_patient(self, studio: PracticeClient) -> None:
        session, (dana, twin, other) = plan_session(studio), add_patients(studio, 3)
        assert enrol(studio, session, dana).status_code == 200
        assert enrol(studio, session, dana).json()["code"] == "already_enrolled"
        enrol(studio, session, other)
        merge_patients(studio, twin, dana)

        assert enrol(studio, session, twin).json()["code"] == "already_enrolled"
        refused = enrol(studio, session, dana)
        assert (refused.json()["code"], refused.status_code) == ("patient_merged", 409)
        left = post_action(studio, session, "withdraw", patient_id=twin).json()
        assert left["taken"] == 1

    def test_are_refused_to_erased_patients_who_can_still_be_withdrawn(self, studio: PracticeClient) -> None:
        session, (dana, noa) = plan_session(studio), add_patients(studio, 2)
        enrol(studio, session, dana)
        last = [studio.client.delete(f"/v1/patients/{patient}").json()["position"] for patient in (dana, noa)][-1]

        assert enrol(studio, session, noa).status_code == 404
        roster = studio.client.get(f"/v1/sessions/{session['id']}/roster", params={"after": last}).json()["roster"]
        assert [(line["patient_id"], line["patient"]) for line in roster] == [(dana, None)]
        assert post_action(studio, session, "withdraw", patient_id=dana).json()["taken"] == 0

    def test_are_given_until_the_start_at_the_expected_version(self, studio: PracticeClient) -> None:
        session, (dana, noa) = plan_session(studio), add_patients(studio, 2)
        path = f"/v1/sessions/{session['id']}/enrol"
        seen = {"If-Match": '"1"'}
        assert studio.client.post(path, json={"patient_id": dana}, headers=seen).status_code == 200
        assert studio.client.post(path, json={"patient_id": noa}, headers=seen).json()["code"] == "stale_version"

        with studio.server.at_time(START):
            assert enrol(studio, session, noa).json()["code"] == "already_started"
            assert post_action(studio, session, "withdraw", patient_id=dana).json()["code"] == "already_started"
        assert post_action(studio, session, "withdraw", patient_id=noa).json()["code"] == "not_enrolled"


class TestAttendance:
    def test_is_recorded_per_patient_from_the_start_on(self, studio: PracticeClient) -> None:
        session, (dana, noa, li) = plan_session(studio), add_patients(studio, 3)
        for patient in (dana, noa, li):
            enrol(studio, session, patient, if_full="wait")
        early = post_action(studio, session, "attendance", patient_ids=[dana], attended=True)
        assert (early.status_code, early.json()["code"]) == (409, "not_started")

        with studio.server.at_time(START):
            post_action(studio, session, "attendance", patient_ids=[dana, noa], attended=True)
            put_right = post_action(studio, session, "attendance", patient_ids=[noa], attended=False)
            none = post_action(studio, session, "attendance", patient_ids=[dana, li], attended=False)

        assert put_right.status_code == 200
        assert (none.status_code, none.json()["code"]) == (409, "not_enrolled")
        roster = studio.client.get(f"/v1/sessions/{session['id']}/roster").json()
        RosterPage.model_validate(roster)
        assert [(line["patient_id"], line["status"], line["attended"]) for line in roster["roster"]] == [
            (dana, "enrolled", True),
            (noa, "enrolled", False),
            (li, "waiting", None),
        ]


class TestChange:
    def test_to_the_same_rooms_records_nothing(self, studio: PracticeClient) -> None:
        rooms = [studio.add_room(name) for name in ("1", "2", "3")]
        for both in permutations(rooms, 2):
            session = plan_session(studio, resource_ids=list(both))

            for named in ([], [both[0]], [both[1]], [both[1], both[0]], list(both)):
                changed = studio.client.patch(f"/v1/sessions/{session['id']}", json={"resource_ids": named}).json()
                assert (changed["version"], changed["resource_ids"]) == (1, session["resource_ids"])
            studio.client.post(f"/v1/sessions/{session['id']}/cancel", json={"reason": "x"})

    def test_moves_the_session_and_keeps_its_roster(self, studio: PracticeClient) -> None:
        session, (dana,) = plan_session(studio), add_patients(studio, 1)
        enrol(studio, session, dana)

        moved = studio.client.patch(f"/v1/sessions/{session['id']}", json={"starts_at": FIVE}).json()

        assert (moved["starts_at"], moved["taken"]) == ("2026-06-01T15:00:00Z", 1)
        assert moved["resource_ids"] == session["resource_ids"]
        assert post_session(studio, FIVE).json()["code"] == "time_taken"
        assert plan_session(studio, "2026-06-01T19:00:00+02:00")

    def test_changes_the_staff(self, studio: PracticeClient) -> None:
        session, helper = plan_session(studio), studio.add_clinician("09:00", "21:00", ("mon",))
        path = f"/v1/sessions/{session['id']}"
        refused = studio.client.patch(path, json={"staff_ids": [helper]})
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, helper]})

        given = studio.client.patch(path, json={"staff_ids": [helper]})

        assert refused.json()["code"] == "clinician_not_offering"
        assert given.json()["staff_ids"] == [helper]
        assert post_session(studio, staff_ids=[helper]).json()["code"] == "time_taken"
        assert post_session(studio).json()["code"] == "resource_unavailable"

    def test_is_refused_if_the_time_is_taken(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        studio.book_appointment("2026-06-01T09:00:00+02:00")

        refused = studio.client.patch(
            f"/v1/sessions/{session['id']}", json={"starts_at": "2026-06-01T09:00:00+02:00", "seats": 9}
        )

        assert refused.json()["code"] == "time_taken"
        assert (get_session(studio, session)["version"], get_session(studio, session)["seats"]) == (1, 2)

    def test_cancels_it_with_a_reason_and_frees_its_time(self, studio: PracticeClient) -> None:
        session, (dana,) = plan_session(studio), add_patients(studio, 1)
        enrol(studio, session, dana)

        cancelled = post_action(studio, session, "cancel", reason="the heating is broken").json()

        assert (cancelled["status"], cancelled["cancellation_reason"]) == ("cancelled", "the heating is broken")
        assert post_action(studio, session, "cancel", reason="again").json()["version"] == cancelled["version"]
        assert enrol(studio, session, dana).json()["code"] == "already_cancelled"
        assert plan_session(studio)
        assert (
            studio.client_with_role("analyst").get(f"/v1/sessions/{session['id']}").json()["cancellation_reason"]
            is None
        )


class TestViews:
    def test_show_sessions_among_visits_with_counts_and_no_names(self, studio: PracticeClient) -> None:
        studio.book_appointment("2026-06-01T09:00:00+02:00")
        session = plan_session(studio)
        last = [enrol(studio, session, patient, if_full="wait").json() for patient in add_patients(studio, 3)][-1]

        page = studio.client.get("/v1/calendar", params={**DAY, "after": last["position"]}).json()
        first = studio.client.get("/v1/calendar", params={**DAY, "limit": 1}).json()
        second = studio.client.get("/v1/calendar", params={**DAY, "limit": 1, "cursor": first["next_cursor"]}).json()

        assert len(page["appointments"]) == 1
        [shown] = page["sessions"]
        assert shown == {key: get_session(studio, session)[key] for key in shown}
        assert (shown["taken"], shown["free"], shown["waiting"]) == (2, 0, 1)
        assert (len(first["appointments"]), first["sessions"]) == (1, [])
        assert (second["appointments"], second["sessions"], second["next_cursor"]) == ([], [shown], None)

    def test_filter_sessions(self, studio: PracticeClient) -> None:
        first = plan_session(studio)
        last = plan_session(studio, "2026-06-08T18:00:00+02:00")
        post_action(studio, last, "cancel", reason="ill")
        position = studio.create("/v1/locations", name="Nord", zone="UTC")["position"]

        for query, found in (
            ({}, [first, last]),
            ({"clinician_id": studio.clinician, "status": "planned"}, [first]),
            ({"resource_id": first["resource_ids"][0], **DAY}, [first]),
            ({"service_id": studio.service, "location_id": studio.location, "status": "cancelled"}, [last]),
        ):
            answer = studio.client.get("/v1/sessions", params={**query, "after": position}).json()
            SessionPage.model_validate(answer)
            assert [each["id"] for each in answer["sessions"]] == [session["id"] for session in found]

    def test_list_the_enrolments_of_a_patient(self, studio: PracticeClient) -> None:
        early, late = plan_session(studio), plan_session(studio, "2026-06-08T18:00:00+02:00")
        dana, noa, li = add_patients(studio, 3)
        for patient in (noa, li, dana):
            enrol(studio, early, patient, if_full="wait")
        last = enrol(studio, late, dana).json()
        post_action(studio, early, "withdraw", patient_id=noa)
        last = post_action(studio, late, "withdraw", patient_id=dana).json()

        page = studio.client.get(f"/v1/patients/{dana}/enrolments", params={"after": last["position"]}).json()

        PatientEnrolmentPage.model_validate(page)
        assert [(each["session"]["id"], each["status"]) for each in page["enrolments"]] == [
            (early["id"], "enrolled"),
            (late["id"], "withdrawn"),
        ]
        history = studio.client.get(f"/v1/patients/{dana}/history", params={"limit": 200}).json()["history"]
        assert {line["sentence"] for line in history if line["kind"] == "session"} >= {
            "The session was planned",
            "A patient joined the waiting line",
            "A waiting patient moved up to a seat",
        }
        text = str(history)
        assert dana in text
        assert noa not in text
        assert li not in text

    def test_list_the_history_of_a_patient_in_full_pages(self, studio: PracticeClient) -> None:
        session = plan_session(studio, seats=6)
        dana, *others = add_patients(studio, 6)
        answers = [enrol(studio, session, patient).json() for patient in (*others[:3], dana, *others[3:])]
        path = f"/v1/patients/{dana}/history"
        history = studio.client.get(path, params={"after": answers[-1]["position"]}).json()["history"]
        assert [line["kind"] for line in history] == ["session", "patient", "session"]

        for limit, sizes in ((1, [1, 1, 1]), (2, [2, 1]), (3, [3])):
            pages: list[list[Json]] = []
            query: dict[str, Any] | None = {"limit": limit}
            while query:
                page = studio.client.get(path, params=query).json()
                pages.append(page["history"])
                query = query | {"cursor": page["next_cursor"]} if page["next_cursor"] else None
            assert [len(page) for page in pages] == sizes
            assert [line for page in pages for line in page] == history

    def test_page_the_roster(self, studio: PracticeClient) -> None:
        session, patients = plan_session(studio), add_patients(studio, 5)
        last = [enrol(studio, session, patient, if_full="wait").json()["position"] for patient in patients][-1]

        lines: list[Json] = []
        query: dict[str, Any] | None = {"limit": 2, "after": last}
        while query:
            page = studio.client.get(f"/v1/sessions/{session['id']}/roster", params=query).json()
            lines += page["roster"]
            query = query | {"cursor": page["next_cursor"]} if page["next_cursor"] else None

        assert [line["patient_id"] for line in lines] == patients
        assert lines[-1]["place"] == 3
        assert lines[-1]["patient"] == {"given_name": "נועה", "family_name": "Levi 4"}
        unnamed = studio.client_with_role("analyst").get(f"/v1/sessions/{session['id']}/roster")
        assert {line["patient"] is None for line in unnamed.json()["roster"]} == {True}

    def test_list_a_session_outside_the_hours_as_a_conflict(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        helper = studio.add_clinician("09:00", "21:00", ("mon",))
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, helper]})
        hours = studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "17:00"}])

        found = studio.client.get("/v1/conflicts", params={"after": hours["position"]}).json()["conflicts"]

        [conflict] = found
        assert (conflict["session_id"], conflict["appointment_id"]) == (session["id"], None)
        assert conflict["clinician_id"] == studio.clinician
        assert [reason["code"] for reason in conflict["reasons"]] == ["outside_hours"]
        assert {"action": "reassign", "clinician_ids": [helper]} in conflict["remedies"]


class TestPermissions:
    def test_of_a_bound_clinician_cover_their_own_sessions_only(self, studio: PracticeClient) -> None:
        mine, other = studio.clinician, studio.add_clinician("09:00", "21:00", ("mon",))
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [mine, other]})
        theirs = plan_session(studio, staff_ids=[other])
        studio.add_room("Room 2")
        both = plan_session(studio, "2026-06-01T14:00:00+02:00", staff_ids=[mine, other])
        bound = studio.client_with_role("clinician", clinician_id=mine)
        patient = {"patient_id": studio.patient}

        for session, status in ((theirs, 404), (both, 200)):
            path = f"/v1/sessions/{session['id']}"
            assert bound.post(f"{path}/enrol", json=patient).status_code == status
            assert bound.post(f"{path}/withdraw", json=patient).status_code == status
            assert bound.patch(path, json={"seats": 5}).status_code == status
        assert bound.patch(f"/v1/sessions/{both['id']}", json={"staff_ids": [other, mine]}).status_code == 200
        assert bound.post(f"/v1/sessions/{theirs['id']}/cancel", json={"reason": "x"}).status_code == 404
        body = {"service_id": studio.service, "starts_at": "2026-06-01T11:00:00+02:00"}
        assert bound.post("/v1/sessions", json=body | {"staff_ids": [mine, other]}).status_code == 404
        assert bound.post("/v1/sessions", json=body | {"staff_ids": [mine]}).status_code == 201


def merge_patients(studio: PracticeClient, survivor: str, other: str) -> None:
    answer = studio.client.post(f"/v1/patients/{survivor}/merge", json={"other_id": other})
    assert answer.status_code == 200, answer.text
