"""Sessions in the calendars of those who give them and of those who have a seat."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from icalendar import Calendar

from tests.api.serving import NOW
from tests.api.studio import Json, Studio

SIX = "2026-06-01T18:00:00+02:00"
NEXT_WEEK = "2026-06-08T18:00:00+02:00"


@pytest.fixture
def studio(studio: Studio) -> Studio:
    """With a class for two, given from nine to nine."""
    studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "21:00"}])
    studio.service = studio.add_service(name="יוגה", duration_minutes=60, step_minutes=30, seats=2)
    return studio


def planned(studio: Studio, starts_at: str = SIX, **other: object) -> Json:
    body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "starts_at": starts_at}
    return studio.make("/v1/sessions", **(body | other))


def act(studio: Studio, session: Json, verb: str, **body: object) -> Json:
    answer = studio.client.post(f"/v1/sessions/{session['id']}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    acted: Json = answer.json()
    return acted


def of_clinician(studio: Studio, clinician: str | None = None, **body: object) -> Json:
    return studio.make(f"/v1/clinicians/{clinician or studio.clinician}/feeds", **body)


def of_patient(studio: Studio, patient: str | None = None, **body: object) -> Json:
    return studio.make(f"/v1/patients/{patient or studio.patient}/feeds", **body)


def read(studio: Studio, feed: Json, after: Json, **headers: str) -> httpx2.Response:
    """Read as a calendar program does, once the calendar knows of ``after``."""
    window: dict[str, str | int] = {"from": "2026-05-01", "to": "2026-05-02", "after": after["position"]}
    assert studio.client.get("/v1/calendar", params=window).status_code == 200
    return studio.program.client(None).get(feed["url"], headers=headers)


def events(studio: Studio, feed: Json, after: Json) -> list[Any]:
    answer = read(studio, feed, after)
    assert answer.status_code == 200, answer.text
    return found(answer)


def found(answer: httpx2.Response) -> list[Any]:
    """What another reader finds."""
    return list(Calendar.from_ical(answer.text).walk("VEVENT"))


def invited(studio: Studio, session: Json, patient: str | None = None) -> httpx2.Response:
    asked = {"patient_id": patient or studio.patient}
    return studio.client.get(f"/v1/sessions/{session['id']}/invitation.ics", params=asked)


class TestFeedOfAClinician:
    def test_shows_the_sessions_that_they_give_beside_their_visits(self, studio: Studio) -> None:
        helper = studio.add_clinician("09:00", "21:00", ("mon",))
        stranger = studio.add_clinician()
        studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, helper]})
        session = planned(studio, staff_ids=[studio.clinician, helper])
        visit = studio.booked("2026-06-01T10:00:00+02:00")

        uids = [str(event["UID"]) for event in events(studio, of_clinician(studio), visit)]

        assert uids == [f"{thing['id']}@{studio.practice_id}" for thing in (visit, session)]
        [event] = events(studio, of_clinician(studio, helper), visit)
        assert (event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat()) == (
            "2026-06-01T16:00:00+00:00",
            "2026-06-01T17:00:00+00:00",
        )
        assert events(studio, of_clinician(studio, stranger), visit) == []

    def test_tells_that_somebody_is_busy_and_nothing_else(self, studio: Studio) -> None:
        enrolled = act(studio, planned(studio), "enrol", patient_id=studio.patient)

        text = read(studio, of_clinician(studio), enrolled).text

        assert "SUMMARY:Busy" in text
        for secret in ("Ada", "Groß", "יוגה", "Mitte", "Noa", studio.patient, studio.service):
            assert secret not in text

    @pytest.mark.parametrize("detail", ["visit", "initials", "name"])
    def test_names_nobody_who_comes_however_much_it_tells(self, studio: Studio, detail: str) -> None:
        enrolled = act(studio, planned(studio), "enrol", patient_id=studio.patient)

        [event] = events(studio, of_clinician(studio, detail=detail), enrolled)

        assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("יוגה", "Mitte")
        assert str(event["DESCRIPTION"]) == "2026-06-01 18:00 CEST"

    def test_follows_what_becomes_of_a_session_and_not_who_comes(self, studio: Studio) -> None:
        session, feed = planned(studio), of_clinician(studio)
        [first] = events(studio, feed, session)
        etag = read(studio, feed, session).headers["etag"]
        enrolled = act(studio, session, "enrol", patient_id=studio.patient)

        assert read(studio, feed, enrolled, **{"If-None-Match": etag}).status_code == 304
        moved = studio.client.patch(f"/v1/sessions/{session['id']}", json={"starts_at": NEXT_WEEK}).json()
        [second] = events(studio, feed, moved)
        assert first["UID"] == second["UID"]
        assert int(first["SEQUENCE"]) < int(second["SEQUENCE"])
        assert second["DTSTART"].dt.isoformat() == "2026-06-08T16:00:00+00:00"
        assert events(studio, feed, act(studio, session, "cancel", reason="ill")) == []

    def test_reaches_as_far_as_for_visits(self, studio: Studio) -> None:
        session, feed = planned(studio), of_clinician(studio)
        assert len(events(studio, feed, session)) == 1

        with studio.program.at(NOW + timedelta(days=90)):
            assert events(studio, feed, session) == []


class TestFeedOfAPatient:
    def test_shows_the_sessions_in_which_they_have_a_seat(self, studio: Studio) -> None:
        studio.patient = studio.add_patient(zone="America/New_York")
        session, feed = planned(studio, seats=1), of_patient(studio, detail="visit")
        other = studio.add_patient()
        waiting = of_patient(studio, other)
        act(studio, session, "enrol", patient_id=studio.patient)
        last = act(studio, session, "enrol", patient_id=other, if_full="wait")

        [event] = events(studio, feed, last)

        assert str(event["UID"]) == f"{session['id']}@{studio.practice_id}"
        assert str(event["SUMMARY"]) == "יוגה, Dr. Noa Levi"
        assert str(event["DESCRIPTION"]) == "2026-06-01 12:00 EDT (18:00 CEST at the clinic)"
        assert events(studio, waiting, last) == []
        withdrawn = act(studio, session, "withdraw", patient_id=studio.patient)
        assert events(studio, feed, withdrawn) == []
        [moved_up] = events(studio, waiting, withdrawn)
        assert str(moved_up["SUMMARY"]) == "Busy"

    def test_counts_up_with_what_concerns_them_and_with_nothing_else(self, studio: Studio) -> None:
        session, feed = planned(studio, seats=3), of_patient(studio)
        mine = act(studio, session, "enrol", patient_id=studio.patient)
        etag = read(studio, feed, mine).headers["etag"]
        [first] = events(studio, feed, mine)
        other = act(studio, session, "enrol", patient_id=studio.add_patient())

        assert read(studio, feed, other, **{"If-None-Match": etag}).status_code == 304
        moved = studio.client.patch(f"/v1/sessions/{session['id']}", json={"starts_at": NEXT_WEEK}).json()
        [second] = events(studio, feed, moved)
        assert (int(first["SEQUENCE"]), int(second["SEQUENCE"])) == (1, 3)
        assert events(studio, feed, act(studio, session, "cancel", reason="ill")) == []

    def test_shows_one_session_once_to_a_person_who_was_merged(self, studio: Studio) -> None:
        session, other = planned(studio), studio.add_patient()
        for patient in (studio.patient, other):
            act(studio, session, "enrol", patient_id=patient)
        feed = of_patient(studio)
        merged = studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": other}).json()

        assert len(events(studio, feed, merged)) == 1


class TestInvitation:
    def test_keeps_its_uid_and_counts_up_until_the_seat_is_given_up(self, studio: Studio) -> None:
        studio.patient = studio.add_patient(given_name="נועה", email="noa@example.com")
        session = planned(studio)
        said = []
        for verb, body in (
            ("enrol", {"patient_id": studio.patient}),
            ("withdraw", {"patient_id": studio.patient}),
            ("enrol", {"patient_id": studio.patient}),
            ("cancel", {"reason": "ill"}),
        ):
            act(studio, session, verb, **body)
            said.append(invited(studio, session))

        calendars: list[Any] = [Calendar.from_ical(answer.text) for answer in said]
        seats = [found(answer)[0] for answer in said]
        assert {str(event["UID"]) for event in seats} == {f"{session['id']}@{studio.practice_id}"}
        assert [int(event["SEQUENCE"]) for event in seats] == [1, 2, 3, 4]
        assert [str(calendar["METHOD"]) for calendar in calendars] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
        assert [str(event["STATUS"]) for event in seats] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
        assert str(seats[0]["ATTENDEE"]) == "mailto:noa@example.com"
        assert str(seats[0]["ORGANIZER"]) == "mailto:noa@example.org"
        assert str(seats[0]["DESCRIPTION"]) == "2026-06-01 18:00 CEST\nDr. Noa Levi"

    def test_has_the_number_that_the_feed_has(self, studio: Studio) -> None:
        session = planned(studio)
        act(studio, session, "enrol", patient_id=studio.patient)
        last = act(studio, session, "enrol", patient_id=studio.add_patient())

        [event] = events(studio, of_patient(studio), last)

        [same] = found(invited(studio, session))
        assert (event["SEQUENCE"], event["DTSTAMP"].dt) == (same["SEQUENCE"], same["DTSTAMP"].dt)

    def test_names_nobody_else_on_the_roster(self, studio: Studio) -> None:
        session, other = planned(studio), studio.add_patient(given_name="Grace", family_name="Hopper")
        for patient in (studio.patient, other):
            act(studio, session, "enrol", patient_id=patient)

        assert "Grace" not in invited(studio, session).text
        etag = invited(studio, session).headers["etag"]
        act(studio, session, "withdraw", patient_id=other)
        assert invited(studio, session).headers["etag"] == etag

    def test_is_not_sent_to_who_never_had_a_seat(self, studio: Studio) -> None:
        session, other = planned(studio, seats=1), studio.add_patient()
        act(studio, session, "enrol", patient_id=studio.patient)
        act(studio, session, "enrol", patient_id=other, if_full="wait")

        for patient in (other, studio.add_patient()):
            answer = invited(studio, session, patient)
            assert (answer.status_code, answer.json()["code"]) == (409, "not_enrolled")
        assert studio.client.get(f"/v1/sessions/{session['id']}/invitation.ics").status_code == 422

    def test_names_nobody_who_was_erased(self, studio: Studio) -> None:
        session = planned(studio)
        act(studio, session, "enrol", patient_id=studio.patient)
        studio.client.delete(f"/v1/patients/{studio.patient}")

        assert "Ada" not in invited(studio, session).text

    def test_is_not_for_those_who_do_not_see_patients(self, studio: Studio) -> None:
        session = planned(studio)
        act(studio, session, "enrol", patient_id=studio.patient)

        analyst = studio.key_of("analyst")

        answer = analyst.get(f"/v1/sessions/{session['id']}/invitation.ics", params={"patient_id": studio.patient})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
