"""Other calendars as busy time: nothing is offered there, nothing that is booked moves."""

from datetime import UTC, datetime
from typing import Any

import httpx2

from tests.api.practice_client import Json, PracticeClient
from tests.api.scheduling.explanations import explain, reason_events
from tests.application.scheduling.calendars.icalendar_file import ics

DENTIST = "UID:dentist\nDTSTART;TZID=Europe/Berlin:20260601T100000\nDURATION:PT1H"
LATER = DENTIST.replace("T100000", "T140000")
CHOIR = "UID:choir\nDTSTART;TZID=Europe/Berlin:20260602T160000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3"
TEN = "2026-06-01T10:00:00+02:00"
DAY = ("2026-06-01T00:00:00+02:00", "2026-06-02T00:00:00+02:00")


def post_calendar(
    studio: PracticeClient,
    *events: str,
    client: Any = None,
    clinician: str = "",
    headers: dict[str, str] | None = None,
    **more: object,
) -> httpx2.Response:
    path = f"/v1/clinicians/{clinician or studio.clinician}/busy-time"
    answer: httpx2.Response = (client or studio.client).put(
        path, json={"ics": ics(*events).decode(), **more}, headers=headers
    )
    return answer


def import_calendar(studio: PracticeClient, *events: str, **more: Any) -> Json:
    answer = post_calendar(studio, *events, **more)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def counts(found: Json) -> tuple[int, int, int, int]:
    return found["added"], found["moved"], found["removed"], found["unchanged"]


def busy(studio: PracticeClient) -> list[tuple[str, str]]:
    answer = studio.client.get(
        f"/v1/clinicians/{studio.clinician}/busy-time", params={"from": "2026-06-01", "to": "2026-07-01"}
    )
    assert answer.status_code == 200, answer.text
    return [(each["starts_at"], each["ends_at"]) for each in answer.json()["busy_time"]]


class TestImport:
    def test_takes_time_from_what_is_offered_and_booked(self, studio: PracticeClient) -> None:
        import_calendar(studio, DENTIST)

        refused = studio.post_booking(TEN)

        assert (refused.status_code, refused.json()["code"]) == (409, "busy_elsewhere")
        offered = studio.slots(*DAY)
        assert offered[0] == "2026-06-01T07:00:00Z"
        assert [start for start in offered if "T07:10:00Z" < start[10:] < "T09:00"] == []
        assert "2026-06-01T09:00:00Z" in offered
        assert studio.post_booking("2026-06-01T11:00:00+02:00").status_code == 201

    def test_is_told_by_the_event_that_says_so(self, studio: PracticeClient) -> None:
        import_calendar(studio, CHOIR)
        found = import_calendar(studio, CHOIR, DENTIST)

        explained = explain(studio, TEN)

        assert reason_events(explained) == [("busy_elsewhere", ["scheduling.busy_calendar.imported"])]
        [event] = explained["reasons"][0]["events"]
        assert (event["id"], event["position"]) == (found["id"], found["position"])
        unseeing = explain(studio, TEN, studio.client_with_role("analyst"))
        assert reason_events(unseeing) == [("busy_elsewhere", [])]

    def test_again_changes_nothing_and_follows_what_changed(self, studio: PracticeClient) -> None:
        first = import_calendar(studio, DENTIST, CHOIR)
        position = first["position"]

        again = [import_calendar(studio, DENTIST, CHOIR) for _ in range(3)]
        moved = import_calendar(studio, LATER, CHOIR)
        gone = import_calendar(studio, CHOIR)

        assert counts(first) == (4, 0, 0, 0)
        assert {counts(each) for each in again} == {(0, 0, 0, 4)}
        assert {(each["version"], each["position"]) for each in again} == {(first["version"], position)}
        assert counts(moved) == (0, 1, 0, 3)
        assert counts(gone) == (0, 0, 1, 3)
        assert [starts for starts, _ in busy(studio)] == [f"2026-06-{day}T14:00:00Z" for day in ("02", "09", "16")]
        assert studio.post_booking(TEN).status_code == 201

    def test_of_an_empty_calendar_takes_all_away(self, studio: PracticeClient) -> None:
        import_calendar(studio, DENTIST, CHOIR)

        assert counts(import_calendar(studio)) == (0, 0, 4, 0)
        assert busy(studio) == []

    def test_keeps_the_known_times_of_an_event_that_it_no_longer_understands(self, studio: PracticeClient) -> None:
        holiday = "UID:holiday\nDTSTART;VALUE=DATE:20260610"
        import_calendar(studio, DENTIST, CHOIR, holiday)
        known = busy(studio)

        found = import_calendar(
            studio,
            DENTIST.replace("Europe/Berlin", "Nowhere/Land"),
            f"{CHOIR}\nEXRULE:FREQ=MONTHLY",
            holiday.replace("0610", "0631"),
        )

        assert (counts(found), busy(studio)) == ((0, 0, 0, 5), known)
        assert found["left_out"] == {"unknown_zone": 1, "unsupported_rule": 1, "unreadable": 1}
        # What the file understands, or lacks, is as it says.
        assert counts(import_calendar(studio, f"{DENTIST}\nSTATUS:CANCELLED", CHOIR)) == (0, 0, 2, 3)

    def test_dry_run_reports_changes_only(self, studio: PracticeClient) -> None:
        tried = import_calendar(studio, DENTIST, dry_run=True)

        assert (counts(tried), tried["version"]) == ((1, 0, 0, 0), 0)
        assert busy(studio) == []
        assert studio.post_booking(TEN).status_code == 201

    def test_never_fails_for_a_visit_and_moves_none(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(TEN)

        found = import_calendar(studio, DENTIST)

        assert found["visits_beneath"] == [visit["id"]]
        kept = studio.client.get(f"/v1/appointments/{visit['id']}").json()
        assert (kept["version"], kept["status"]) == (1, "booked")
        # What keeps its own time does not ask for it again.
        with studio.server.at_time(datetime(2026, 6, 1, 6, tzinfo=UTC)):
            for verb in ("check-in", "undo"):
                assert studio.post_action(visit["id"], verb).status_code == 200
        assert studio.post_action(visit["id"], "cancel", reason="ill").status_code == 200
        taken = studio.post_action(visit["id"], "undo")
        assert (taken.status_code, taken.json()["code"]) == (409, "time_taken")

    def test_keeps_calendars_and_clinicians_apart(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        import_calendar(studio, DENTIST, calendar="private")
        import_calendar(studio, CHOIR, calendar="choir")
        import_calendar(studio, DENTIST, clinician=other)

        assert counts(import_calendar(studio, calendar="private")) == (0, 0, 1, 0)
        assert len(busy(studio)) == 3
        shown = studio.client.get(
            f"/v1/clinicians/{other}/busy-time", params={"from": "2026-06-01", "to": "2026-06-02"}
        )
        assert [each["calendar"] for each in shown.json()["busy_time"]] == ["imported"]

    def test_joins_what_overlaps_and_parts_what_lasts_long(self, studio: PracticeClient) -> None:
        holiday = "DTSTART;VALUE=DATE:20260608\nDTEND;VALUE=DATE:20260613"
        inside = "DTSTART;TZID=Europe/Berlin:20260609T100000\nDURATION:PT1H"

        import_calendar(studio, holiday, inside)

        assert busy(studio) == [("2026-06-07T22:00:00Z", "2026-06-12T22:00:00Z")]
        assert studio.slots("2026-06-08", "2026-06-13") == []

    def test_does_not_take_our_own_visits_for_something_else(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(TEN)
        url = studio.create(f"/v1/clinicians/{studio.clinician}/feeds")["url"]
        query = {"from": "2026-06-01", "to": "2026-06-02", "after": visit["position"]}
        studio.client.get("/v1/calendar", params=query)
        feed = studio.server.client(None).get(url).text

        answer = studio.client.put(f"/v1/clinicians/{studio.clinician}/busy-time", json={"ics": feed})

        assert (answer.json()["left_out"], counts(answer.json())) == ({"own": 1}, (0, 0, 0, 0))

    def test_is_none_for_an_invitation_that_the_clinician_has_declined(self, studio: PracticeClient) -> None:
        declined = f"{DENTIST}\nATTENDEE;PARTSTAT=DECLINED:mailto:Noa@example.org"
        colleague = f"{LATER.replace('dentist', 'team')}\nATTENDEE;PARTSTAT=DECLINED:mailto:lev@example.org"

        answer = post_calendar(studio, declined, colleague)

        assert (answer.json()["left_out"], counts(answer.json())) == ({"declined": 1}, (1, 0, 0, 0))
        assert busy(studio) == [("2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z")]

    def test_ends_with_the_cancellation_of_an_invitation(self, studio: PracticeClient) -> None:
        import_calendar(studio, DENTIST)
        cancellation = ics(DENTIST, head="METHOD:CANCEL\n").decode()

        answer = studio.client.put(f"/v1/clinicians/{studio.clinician}/busy-time", json={"ics": cancellation})

        assert (answer.json()["left_out"], counts(answer.json())) == ({"cancelled": 1}, (0, 0, 1, 0))

    def test_stores_no_event_details(self, studio: PracticeClient) -> None:
        secret = "UID:kanarienvogel@example.org\nSUMMARY:Kanarienvogel\nLOCATION:Kanarienvogel\nATTENDEE:mailto:kanarienvogel@x.org\n"
        found = import_calendar(studio, secret + "DTSTART:20260601T080000Z\nDURATION:PT1H")

        events = studio.client.get("/v1/events", params={"after": 0, "limit": 1000}).text

        assert found["added"] == 1
        assert "busy_calendar.imported" in events
        assert "kanarienvogel" not in events.lower()


class TestOrder:
    def test_the_same_request_is_carried_out_once(self, studio: PracticeClient) -> None:
        headers = {"Idempotency-Key": "once"}

        answers = [post_calendar(studio, DENTIST, headers=headers).json() for _ in range(2)]

        assert answers[0] == answers[1]
        assert counts(answers[0]) == (1, 0, 0, 0)

    def test_a_version_that_is_not_the_present_one_is_refused(self, studio: PracticeClient) -> None:
        early = post_calendar(studio, DENTIST, headers={"If-Match": '"1"'})
        version = import_calendar(studio, DENTIST)["version"]
        late = post_calendar(studio, CHOIR, headers={"If-Match": f'"{version - 1}"'})

        assert (early.status_code, late.status_code) == (412, 412)
        assert post_calendar(studio, CHOIR, headers={"If-Match": f'"{version}"'}).status_code == 200

    def test_a_bound_key_imports_for_its_own_clinician(self, studio: PracticeClient) -> None:
        other = studio.add_clinician()
        bound = studio.client_with_role("clinician", clinician_id=studio.clinician)

        assert post_calendar(studio, DENTIST, client=bound).status_code == 200
        assert post_calendar(studio, DENTIST, client=bound, clinician=other).status_code == 404
        assert post_calendar(studio, DENTIST, client=studio.client_with_role("biller")).status_code == 403


class TestRefusals:
    def test_of_invalid_calendars_keep_the_busy_time(self, studio: PracticeClient) -> None:
        import_calendar(studio, DENTIST)
        path = f"/v1/clinicians/{studio.clinician}/busy-time"

        for text in ("", "<html>Sign in</html>", ics(DENTIST).decode()[:-30]):
            answer = studio.client.put(path, json={"ics": text})
            assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_calendar")
        assert len(busy(studio)) == 1

    def test_of_too_much_say_so(self, studio: PracticeClient) -> None:
        path = f"/v1/clinicians/{studio.clinician}/busy-time"
        bomb = "DTSTART:20260601T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24)))

        assert post_calendar(studio, bomb).json()["code"] == "calendar_too_large"
        assert studio.client.put(path, json={"ics": "x" * (2**21 + 1)}).status_code == 422
        assert studio.client.put(path, json={"ics": "x" * (2**22)}).status_code == 413
        # A calendar of a usual size, and larger than any other body may be.
        large = [
            f"DTSTART:202606{1 + n % 28:02}T{n % 24:02}0000Z\nDURATION:PT1H\nDESCRIPTION:{'x' * 500}"
            for n in range(1000)
        ]
        assert import_calendar(studio, *large)["added"] == 1000

    def test_name_a_calendar_that_cannot_be(self, studio: PracticeClient) -> None:
        answer = post_calendar(studio, DENTIST, calendar="My Calendar!")

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "calendar")
