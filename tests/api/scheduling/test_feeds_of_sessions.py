"""Sessions in the calendars of those who give them and of those who have a seat."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from icalendar import Calendar

from tests.api.api_server import NOW
from tests.api.practice_client import Json, PracticeClient

SIX = "2026-06-01T18:00:00+02:00"
NEXT_WEEK = "2026-06-08T18:00:00+02:00"


@pytest.fixture
def studio(studio: PracticeClient) -> PracticeClient:
    """With a class for two, given from nine to nine."""
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(name="יוגה", duration_minutes=60, step_minutes=30, seats=2)
    return studio


def plan_session(studio: PracticeClient, starts_at: str = SIX, **other: object) -> Json:
    body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return studio.create("/v1/sessions", **(body | other))


def act_on_session(studio: PracticeClient, session: Json, verb: str, **body: object) -> Json:
    answer = studio.client.post(f"/v1/sessions/{session['id']}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    acted: Json = answer.json()
    return acted


def open_clinician_feed(studio: PracticeClient, clinician: str | None = None, **body: object) -> Json:
    return studio.create(f"/v1/clinicians/{clinician or studio.clinician}/feeds", **body)


def open_patient_feed(studio: PracticeClient, patient: str | None = None, **body: object) -> Json:
    return studio.create(f"/v1/patients/{patient or studio.patient}/feeds", **body)


def get_feed(studio: PracticeClient, feed: Json, after: Json, **headers: str) -> httpx2.Response:
    """Read as a calendar program does, once the calendar knows of ``after``."""
    window: dict[str, str | int] = {"from": "2026-05-01", "to": "2026-05-02", "after": after["position"]}
    assert studio.client.get("/v1/calendar", params=window).status_code == 200
    return studio.server.client(None).get(feed["url"], headers=headers)


def feed_events(studio: PracticeClient, feed: Json, after: Json) -> list[Any]:
    answer = get_feed(studio, feed, after)
    assert answer.status_code == 200, answer.text
    return parse_events(answer)


def parse_events(answer: httpx2.Response) -> list[Any]:
    """What another reader finds."""
    return list(Calendar.from_ical(answer.text).walk("VEVENT"))


def get_invitation(studio: PracticeClient, session: Json, patient: str | None = None) -> httpx2.Response:
    asked = {"patient_id": patient or studio.patient}
    return studio.client.get(f"/v1/sessions/{session['id']}/invitation.ics", params=asked)


class TestClinicianFeed:
    def test_shows_the_sessions_that_they_give_beside_their_visits(self, studio: PracticeClient) -> None:
        helper = studio.add_clinician("09:00", "21:00", ("mon",))
        stranger = studio.add_clinician()
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, helper]})
        session = plan_session(studio, staff_ids=[studio.clinician, helper])
        visit = studio.book_appointment("2026-06-01T10:00:00+02:00")

        uids = [str(event["UID"]) for event in feed_events(studio, open_clinician_feed(studio), visit)]

        assert uids == [f"{booked['id']}@{studio.practice_id}" for booked in (visit, session)]
        [event] = feed_events(studio, open_clinician_feed(studio, helper), visit)
        assert (event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat()) == (
            "2026-06-01T16:00:00+00:00",
            "2026-06-01T17:00:00+00:00",
        )
        assert feed_events(studio, open_clinician_feed(studio, stranger), visit) == []

    def test_shows_only_that_the_clinician_is_busy(self, studio: PracticeClient) -> None:
        enrolled = act_on_session(studio, plan_session(studio), "enrol", patient_id=studio.patient)

        text = get_feed(studio, open_clinician_feed(studio), enrolled).text

        assert "SUMMARY:Busy" in text
        for secret in ("Ada", "Groß", "יוגה", "Mitte", "Noa", studio.patient, studio.service):
            assert secret not in text

    @pytest.mark.parametrize("detail", ["visit", "initials", "name"])
    def test_names_nobody_who_comes_however_much_it_tells(self, studio: PracticeClient, detail: str) -> None:
        enrolled = act_on_session(studio, plan_session(studio), "enrol", patient_id=studio.patient)

        [event] = feed_events(studio, open_clinician_feed(studio, detail=detail), enrolled)

        assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("יוגה", "Mitte")
        assert str(event["DESCRIPTION"]) == "2026-06-01 18:00 CEST"

    def test_follows_what_becomes_of_a_session_and_not_who_comes(self, studio: PracticeClient) -> None:
        session, feed = plan_session(studio), open_clinician_feed(studio)
        [first] = feed_events(studio, feed, session)
        etag = get_feed(studio, feed, session).headers["etag"]
        enrolled = act_on_session(studio, session, "enrol", patient_id=studio.patient)

        assert get_feed(studio, feed, enrolled, **{"If-None-Match": etag}).status_code == 304
        moved = studio.client.patch(f"/v1/sessions/{session['id']}", json={"starts_at": NEXT_WEEK}).json()
        [second] = feed_events(studio, feed, moved)
        assert first["UID"] == second["UID"]
        assert int(first["SEQUENCE"]) < int(second["SEQUENCE"])
        assert second["DTSTART"].dt.isoformat() == "2026-06-08T16:00:00+00:00"
        assert feed_events(studio, feed, act_on_session(studio, session, "cancel", reason="ill")) == []

    def test_reaches_as_far_as_for_visits(self, studio: PracticeClient) -> None:
        session, feed = plan_session(studio), open_clinician_feed(studio)
        assert len(feed_events(studio, feed, session)) == 1

        with studio.server.at_time(NOW + timedelta(days=90)):
            assert feed_events(studio, feed, session) == []


class TestPatientFeed:
    def test_shows_the_sessions_in_which_they_have_a_seat(self, studio: PracticeClient) -> None:
        studio.patient = studio.add_patient(zone="America/New_York")
        session, feed = plan_session(studio, seats=1), open_patient_feed(studio, detail="visit")
        other = studio.add_patient()
        waiting = open_patient_feed(studio, other)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        last = act_on_session(studio, session, "enrol", patient_id=other, if_full="wait")

        [event] = feed_events(studio, feed, last)

        assert str(event["UID"]) == f"{session['id']}@{studio.practice_id}"
        assert str(event["SUMMARY"]) == "יוגה, Dr. Noa Levi"
        assert str(event["DESCRIPTION"]) == "2026-06-01 12:00 EDT (18:00 CEST at the clinic)"
        assert feed_events(studio, waiting, last) == []
        withdrawn = act_on_session(studio, session, "withdraw", patient_id=studio.patient)
        assert feed_events(studio, feed, withdrawn) == []
        [moved_up] = feed_events(studio, waiting, withdrawn)
        assert str(moved_up["SUMMARY"]) == "Busy"

    def test_counts_up_with_what_concerns_them_and_with_nothing_else(self, studio: PracticeClient) -> None:
        session, feed = plan_session(studio, seats=3), open_patient_feed(studio)
        mine = act_on_session(studio, session, "enrol", patient_id=studio.patient)
        etag = get_feed(studio, feed, mine).headers["etag"]
        [first] = feed_events(studio, feed, mine)
        other = act_on_session(studio, session, "enrol", patient_id=studio.add_patient())

        assert get_feed(studio, feed, other, **{"If-None-Match": etag}).status_code == 304
        moved = studio.client.patch(f"/v1/sessions/{session['id']}", json={"starts_at": NEXT_WEEK}).json()
        [second] = feed_events(studio, feed, moved)
        assert (int(first["SEQUENCE"]), int(second["SEQUENCE"])) == (1, 3)
        assert feed_events(studio, feed, act_on_session(studio, session, "cancel", reason="ill")) == []

    def test_shows_one_session_once_to_a_person_who_was_merged(self, studio: PracticeClient) -> None:
        session, other = plan_session(studio), studio.add_patient()
        for patient in (studio.patient, other):
            act_on_session(studio, session, "enrol", patient_id=patient)
        feed = open_patient_feed(studio)
        merged = studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": other}).json()

        assert len(feed_events(studio, feed, merged)) == 1


class TestInvitation:
    def test_keeps_its_uid_and_counts_up_until_the_seat_is_given_up(self, studio: PracticeClient) -> None:
        studio.patient = studio.add_patient(given_name="נועה", email="noa@example.com")
        session = plan_session(studio)
        answers = []
        for verb, body in (
            ("enrol", {"patient_id": studio.patient}),
            ("withdraw", {"patient_id": studio.patient}),
            ("enrol", {"patient_id": studio.patient}),
            ("cancel", {"reason": "ill"}),
        ):
            act_on_session(studio, session, verb, **body)
            answers.append(get_invitation(studio, session))

        calendars: list[Any] = [Calendar.from_ical(answer.text) for answer in answers]
        seats = [parse_events(answer)[0] for answer in answers]
        assert {str(event["UID"]) for event in seats} == {f"{session['id']}@{studio.practice_id}"}
        assert [int(event["SEQUENCE"]) for event in seats] == [1, 2, 3, 4]
        assert [str(calendar["METHOD"]) for calendar in calendars] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
        assert [str(event["STATUS"]) for event in seats] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
        assert str(seats[0]["ATTENDEE"]) == "mailto:noa@example.com"
        assert str(seats[0]["ORGANIZER"]) == "mailto:noa@example.org"
        assert str(seats[0]["DESCRIPTION"]) == "2026-06-01 18:00 CEST\nDr. Noa Levi"

    def test_has_the_number_that_the_feed_has(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        last = act_on_session(studio, session, "enrol", patient_id=studio.add_patient())

        [event] = feed_events(studio, open_patient_feed(studio), last)

        [same] = parse_events(get_invitation(studio, session))
        assert (event["SEQUENCE"], event["DTSTAMP"].dt) == (same["SEQUENCE"], same["DTSTAMP"].dt)

    def test_names_nobody_else_on_the_roster(self, studio: PracticeClient) -> None:
        session, other = plan_session(studio), studio.add_patient(given_name="Grace", family_name="Hopper")
        for patient in (studio.patient, other):
            act_on_session(studio, session, "enrol", patient_id=patient)

        assert "Grace" not in get_invitation(studio, session).text
        etag = get_invitation(studio, session).headers["etag"]
        act_on_session(studio, session, "withdraw", patient_id=other)
        assert get_invitation(studio, session).headers["etag"] == etag

    def test_is_not_sent_to_who_never_had_a_seat(self, studio: PracticeClient) -> None:
        session, other = plan_session(studio, seats=1), studio.add_patient()
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        act_on_session(studio, session, "enrol", patient_id=other, if_full="wait")

        for patient in (other, studio.add_patient()):
            answer = get_invitation(studio, session, patient)
            assert (answer.status_code, answer.json()["code"]) == (409, "not_enrolled")
        assert studio.client.get(f"/v1/sessions/{session['id']}/invitation.ics").status_code == 422

    def test_does_not_name_erased_patients(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)
        studio.client.delete(f"/v1/patients/{studio.patient}")

        assert "Ada" not in get_invitation(studio, session).text

    def test_is_refused_to_roles_without_patient_access(self, studio: PracticeClient) -> None:
        session = plan_session(studio)
        act_on_session(studio, session, "enrol", patient_id=studio.patient)

        analyst = studio.client_with_role("analyst")

        answer = analyst.get(f"/v1/sessions/{session['id']}/invitation.ics", params={"patient_id": studio.patient})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
