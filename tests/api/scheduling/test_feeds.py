"""Feeds: calendars that other programs subscribe to, with a token and nothing else."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from icalendar import Calendar

from tests.api.api_server import NOW
from tests.api.practice_client import Json, PracticeClient

TEN = "2026-05-11T10:00:00+02:00"


def open_feed(studio: PracticeClient, clinician: str | None = None, **body: object) -> Json:
    return studio.create(f"/v1/clinicians/{clinician or studio.clinician}/feeds", **body)


def get_feed(studio: PracticeClient, feed: Json, **headers: str) -> httpx2.Response:
    """Read as a calendar program does: without a key."""
    return studio.server.client(None).get(feed["url"], headers=headers)


def feed_events(studio: PracticeClient, feed: Json) -> list[Any]:
    answer = get_feed(studio, feed)
    assert answer.status_code == 200, answer.text
    return parse_events(answer.text)


def parse_events(text: str) -> list[Any]:
    """What another reader finds."""
    return list(Calendar.from_ical(text).walk("VEVENT"))


def wait_for_calendar(studio: PracticeClient, position: int) -> None:
    """Wait until the calendar knows."""
    query: dict[str, str | int] = {"from": "2026-05-01", "to": "2026-05-02", "after": position}
    assert studio.client.get("/v1/calendar", params=query).status_code == 200


class TestFeed:
    def test_shows_a_clinicians_visits_to_holders_of_the_token(self, studio: PracticeClient) -> None:
        feed, visit = open_feed(studio), studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])

        answer = get_feed(studio, feed)

        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        [event] = parse_events(answer.text)
        assert event["DTSTART"].dt.isoformat() == "2026-05-11T08:00:00+00:00"
        assert str(event["UID"]) == f"{visit['id']}@{studio.practice_id}"
        assert answer.headers["cache-control"] == "private, no-cache"

    def test_shows_only_that_the_clinician_is_busy(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])

        text = get_feed(studio, open_feed(studio)).text

        assert "SUMMARY:Busy" in text
        for secret in ("Ada", "Groß", "Physio", "Mitte", "Noa", studio.patient, studio.service):
            assert secret not in text

    @pytest.mark.parametrize(
        ("detail", "summary"), [("visit", "Physio"), ("initials", "Physio, A.G."), ("name", "Physio, Ada Groß")]
    )
    def test_shows_more_if_configured(self, studio: PracticeClient, detail: str, summary: str) -> None:
        visit = studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])

        [event] = feed_events(studio, open_feed(studio, detail=detail))

        assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (summary, "Mitte")
        assert str(event["DESCRIPTION"]) == "2026-05-11 10:00 CEST"

    def test_of_a_patient_tells_them_with_whom_and_on_their_own_clock(self, studio: PracticeClient) -> None:
        studio.patient = studio.add_patient(zone="America/New_York")
        visit = studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])

        feed = studio.create(f"/v1/patients/{studio.patient}/feeds", detail="visit")

        [event] = feed_events(studio, feed)
        assert str(event["SUMMARY"]) == "Physio, Dr. Noa Levi"
        assert str(event["DESCRIPTION"]) == "2026-05-11 04:00 EDT (10:00 CEST at the clinic)"

    def test_follows_what_becomes_of_a_visit(self, studio: PracticeClient) -> None:
        feed, visit = open_feed(studio), studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])
        [first] = feed_events(studio, feed)
        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-05-12T10:00:00+02:00").json()
        wait_for_calendar(studio, moved["position"])
        [second] = feed_events(studio, feed)
        cancelled = studio.post_action(visit["id"], "cancel", reason="ill").json()
        wait_for_calendar(studio, cancelled["position"])

        assert first["UID"] == second["UID"]
        assert (int(first["SEQUENCE"]), int(second["SEQUENCE"])) == (0, 1)
        assert second["DTSTART"].dt.isoformat() == "2026-05-12T08:00:00+00:00"
        assert feed_events(studio, feed) == []

    def test_reaches_from_a_month_ago_to_a_year_ahead(self, studio: PracticeClient) -> None:
        early, late = studio.book_appointment(TEN), studio.book_appointment("2027-05-03T10:00:00+02:00")
        feed = open_feed(studio)
        wait_for_calendar(studio, late["position"])

        with studio.server.at_time(NOW + timedelta(days=60)):
            later = [str(event["UID"]).partition("@")[0] for event in feed_events(studio, feed)]

        assert later == [late["id"]]
        assert [str(event["UID"]).partition("@")[0] for event in feed_events(studio, feed)] == [early["id"], late["id"]]

    def test_is_not_sent_again_while_nothing_changes(self, studio: PracticeClient) -> None:
        feed, visit = open_feed(studio), studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])
        etag = get_feed(studio, feed).headers["etag"]

        again = get_feed(studio, feed, **{"If-None-Match": f'W/{etag}, "other"'})
        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-05-12T10:00:00+02:00").json()
        wait_for_calendar(studio, moved["position"])

        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert get_feed(studio, feed, **{"If-None-Match": etag}).status_code == 200

    def test_shows_no_visit_of_others(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.book_appointment(TEN)
        wait_for_calendar(studio, visit["position"])

        assert feed_events(studio, open_feed(studio, other)) == []
        assert feed_events(studio, studio.create(f"/v1/patients/{studio.add_patient()}/feeds")) == []


class TestToken:
    def test_that_is_wrong_is_unknown(self, studio: PracticeClient, open_practice: Any) -> None:
        feed = open_feed(studio)
        nobody = studio.server.client(None)
        right = feed["url"]
        wrong = [
            right.replace("feed_", "feed-"),
            right[:-5] + ("A" if right[-5] != "A" else "B") + ".ics",
            "/v1/feeds/x.ics",
            f"/v1/feeds/{feed['id']}.ics",
            "/v1/feeds/" + "x" * 5000 + ".ics",
        ]

        answers = [nobody.get(path) for path in wrong]

        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}
        assert nobody.get(right.removesuffix(".ics")).status_code == 401
        assert nobody.post(right).status_code == 401

    def test_is_shown_once_and_kept_nowhere(self, studio: PracticeClient) -> None:
        headers = {"Idempotency-Key": "once"}
        path = f"/v1/clinicians/{studio.clinician}/feeds"
        first = studio.client.post(path, json={}, headers=headers).json()
        again = studio.client.post(path, json={}, headers=headers).json()
        token = re.sub(r"^/v1/feeds/|\.ics$", "", first["url"])

        with studio.server.container.storage.transaction(_tenant(studio)) as cursor:
            events = cursor.execute("select body::text from log.event").fetchall()
            feeds = cursor.execute("select f::text from access.feed f").fetchall()

        assert (again["id"], again["url"]) == (first["id"], None)
        assert len(token) > 40
        assert events
        assert feeds
        assert token not in str((events, feeds))
        assert get_feed(studio, first).status_code == 200
        studio.server.client(None).get(f"/v1/feeds/{token}x.ics")
        assert not any(token in line for line in studio.server.log.lines)
        assert token not in studio.server.metrics.exposition().decode()
        listed = studio.client.get("/v1/feeds", params={"after": first["position"]}).text
        assert token not in listed + studio.client.get(f"/v1/feeds/{first['id']}").text

    def test_opens_nothing_once_it_is_revoked(self, studio: PracticeClient) -> None:
        feed = open_feed(studio)

        revoked = studio.client.delete(f"/v1/feeds/{feed['id']}")

        assert (revoked.status_code, revoked.json()["revoked"]) == (200, True)
        assert get_feed(studio, feed).status_code == 404
        assert studio.client.delete(f"/v1/feeds/{feed['id']}").json()["version"] == 2
        after = {"after": revoked.json()["position"]}
        [listed] = studio.client.get("/v1/feeds", params=after).json()["feeds"]
        assert (listed["id"], listed["revoked"]) == (feed["id"], True)

    def test_opens_nothing_once_the_patient_is_erased(self, studio: PracticeClient) -> None:
        feed = studio.create(f"/v1/patients/{studio.patient}/feeds")
        assert get_feed(studio, feed).status_code == 200

        studio.client.delete(f"/v1/patients/{studio.patient}")

        assert get_feed(studio, feed).status_code == 404
        assert studio.client.post(f"/v1/patients/{studio.patient}/feeds", json={}).status_code == 404

    def test_gives_access_to_nothing_else(self, studio: PracticeClient) -> None:
        token = open_feed(studio)["url"].split("/")[-1].removesuffix(".ics")

        assert studio.server.client(token).get("/v1/practice").status_code == 401


class TestOpenFeed:
    def test_of_a_patient_refuses_to_tell_who_they_are(self, studio: PracticeClient) -> None:
        answer = studio.client.post(f"/v1/patients/{studio.patient}/feeds", json={"detail": "name"})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "detail")

    def test_of_a_merged_patient_names_the_survivor(self, studio: PracticeClient) -> None:
        other = studio.add_patient()
        feed = studio.create(f"/v1/patients/{other}/feeds")
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": other})

        answer = studio.client.post(f"/v1/patients/{other}/feeds", json={})

        assert (answer.status_code, answer.json()["code"]) == (409, "patient_merged")
        assert get_feed(studio, feed).status_code == 200

    def test_of_a_merged_patient_names_the_survivor_who_was_erased_too(self, studio: PracticeClient) -> None:
        other = studio.add_patient()
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": other})
        studio.client.delete(f"/v1/patients/{studio.patient}")

        answer = studio.client.post(f"/v1/patients/{other}/feeds", json={})

        assert (answer.status_code, answer.json()["code"]) == (409, "patient_merged")

    def test_is_for_their_own_clinician_where_a_key_is_bound(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        bound = studio.client_with_role("clinician", clinician_id=studio.clinician)
        theirs = open_feed(studio, other)

        mine = bound.post(f"/v1/clinicians/{studio.clinician}/feeds", json={})

        assert mine.status_code == 201
        for refused in (
            bound.post(f"/v1/clinicians/{other}/feeds", json={}),
            bound.post(f"/v1/patients/{studio.patient}/feeds", json={}),
            bound.get(f"/v1/feeds/{theirs['id']}"),
            bound.delete(f"/v1/feeds/{theirs['id']}"),
            bound.get("/v1/feeds", params={"clinician_id": other}),
        ):
            assert refused.status_code == 404
        listed = bound.get("/v1/feeds", params={"after": mine.json()["position"]}).json()["feeds"]
        assert [each["id"] for each in listed] == [mine.json()["id"]]


class TestInvitation:
    def test_keeps_its_uid_and_counts_up_until_the_visit_is_called_off(self, studio: PracticeClient) -> None:
        studio.patient = studio.add_patient(email="ada@example.org")
        visit = studio.book_appointment(TEN)
        path = f"/v1/appointments/{visit['id']}/invitation.ics"
        answers = [studio.client.get(path)]
        acts: list[tuple[str, Json]] = [
            ("reschedule", {"starts_at": "2026-05-12T10:00:00+02:00"}),
            ("cancel", {"reason": "ill"}),
            ("undo", {}),
        ]
        for verb, body in acts:
            assert studio.post_action(visit["id"], verb, **body).status_code == 200
            answers.append(studio.client.get(path))

        calendars: list[Any] = [Calendar.from_ical(answer.text) for answer in answers]
        feed_events = [calendar.walk("VEVENT")[0] for calendar in calendars]
        assert len({str(event["UID"]) for event in feed_events}) == 1
        assert [int(event["SEQUENCE"]) for event in feed_events] == [0, 1, 2, 3]
        assert [str(calendar["METHOD"]) for calendar in calendars] == ["REQUEST", "REQUEST", "CANCEL", "REQUEST"]
        assert [str(event["STATUS"]) for event in feed_events] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED"]
        assert [event["DTSTART"].dt.day for event in feed_events] == [11, 12, 12, 12]
        assert str(feed_events[0]["ATTENDEE"]) == "mailto:ada@example.org"
        assert str(feed_events[0]["ORGANIZER"]) == "mailto:noa@example.org"
        assert str(feed_events[0]["DESCRIPTION"]) == "2026-05-11 10:00 CEST\nDr. Noa Levi"
        again = studio.client.get(path, headers={"If-None-Match": answers[-1].headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_is_not_sent_for_what_was_only_asked_for(self, studio: PracticeClient) -> None:
        request = studio.book_appointment(TEN, status="requested")
        path = f"/v1/appointments/{request['id']}/invitation.ics"

        early = studio.client.get(path)
        studio.post_action(request["id"], "confirm")

        assert (early.status_code, early.json()["code"]) == (409, "not_confirmed")
        assert "METHOD:REQUEST" in studio.client.get(path).text
        studio.post_action(request["id"], "undo")
        assert "METHOD:CANCEL" in studio.client.get(path).text

    def test_does_not_name_erased_patients(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(TEN)
        studio.client.delete(f"/v1/patients/{studio.patient}")

        text = studio.client.get(f"/v1/appointments/{visit['id']}/invitation.ics").text

        assert "Ada" not in text
        assert "ATTENDEE;ROLE=REQ-PARTICIPANT" in text.replace("\r\n ", "")

    def test_is_refused_to_roles_without_patient_access(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(TEN)

        answer = studio.client_with_role("analyst").get(f"/v1/appointments/{visit['id']}/invitation.ics")

        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def _tenant(studio: PracticeClient) -> UUID:
    return UUID(studio.practice_id)
