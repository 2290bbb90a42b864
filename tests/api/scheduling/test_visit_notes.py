"""Notes on visits over HTTP: storage, permissions, undo, erasure."""

import httpx2
import pytest

from application.kernel.permissions import ALLOWED, Permission
from domain.access.api_key import Role
from tests.api.practice_client import Json, PracticeClient, codes
from tests.support.concurrency import map_concurrently

SECRET = "מביאה את בנה; door code 4711"


def set_notes(studio: PracticeClient, visit: str, notes: object, **headers: str) -> Json:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = studio.client.patch(f"/v1/appointments/{visit}", json={"notes": notes}, headers=sent)
    assert answer.status_code == 200, answer.text
    get_appointment: Json = answer.json()
    return get_appointment


def get_appointment(studio: PracticeClient, visit: str, **query: int) -> Json:
    body: Json = studio.client.get(f"/v1/appointments/{visit}", params=query).json()
    return body


def event_bodies(studio: PracticeClient) -> list[Json]:
    events: list[Json] = studio.client.get("/v1/events", params={"limit": 1000}).json()["events"]
    return events


class TestBooking:
    @pytest.mark.parametrize("status", ["confirmed", "requested"])
    def test_takes_notes_along(self, studio: PracticeClient, status: str) -> None:
        visit = studio.book_appointment(notes=f" {SECRET}\n", status=status)

        assert (visit["notes"], visit["version"]) == (SECRET, 2)
        assert get_appointment(studio, visit["id"])["notes"] == SECRET

    @pytest.mark.parametrize("more", [{}, {"notes": None}, {"notes": ""}])
    def test_without_notes_records_the_booking_alone(self, studio: PracticeClient, more: Json) -> None:
        before = len(event_bodies(studio))

        visit = studio.book_appointment(**more)

        assert (visit["notes"], visit["version"], len(event_bodies(studio))) == (None, 1, before + 1)

    def test_with_notes_is_answered_twice_and_recorded_once(self, studio: PracticeClient) -> None:
        sent = {"json": studio.booking_body(notes=SECRET), "headers": {"Idempotency-Key": "one"}}

        first, second = (studio.client.post("/v1/appointments", **sent) for _ in range(2))  # type: ignore[arg-type]

        assert (first.status_code, second.json()) == (201, first.json())
        assert sum(each["event_type"].endswith("notes_changed") for each in event_bodies(studio)) == 1

    def test_with_notes_is_undone_as_one(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(notes=SECRET)["id"]

        undone = studio.post_action(visit, "undo").json()

        assert (undone["status"], undone["notes"]) == ("archived", SECRET)

    def test_with_notes_that_are_too_long_books_nothing(self, studio: PracticeClient) -> None:
        refused = studio.post_booking(notes="x" * 5001)

        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "notes")
        assert studio.post_booking(notes="x" * 5000).status_code == 201

    def test_that_was_only_asked_for_has_no_invitation_however_much_is_noted(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(status="requested", notes=SECRET)["id"]
        set_notes(studio, visit, "rang again")

        refused = studio.client.get(f"/v1/appointments/{visit}/invitation.ics")

        assert refused.json()["code"] == "not_confirmed"
        assert studio.post_action(visit, "confirm").status_code == 200
        assert "METHOD:REQUEST" in studio.client.get(f"/v1/appointments/{visit}/invitation.ics").text


class TestChange:
    def test_is_kept_and_changes_nothing_else(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        noted = set_notes(studio, visit["id"], SECRET, If_Match='"1"')

        assert (noted["notes"], noted["version"]) == (SECRET, 2)
        changed = {"notes", "version", "position", "grace_until"}
        assert {name for name in visit if visit[name] != noted[name]} <= changed
        assert set_notes(studio, visit["id"], SECRET)["version"] == 2

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_takes_notes_away(self, studio: PracticeClient, nothing: str | None) -> None:
        visit = studio.book_appointment(notes=SECRET)["id"]

        assert set_notes(studio, visit, nothing)["notes"] is None

    def test_of_a_version_that_is_over_is_refused(self, studio: PracticeClient) -> None:
        """R1: what A saved is not lost to B, who had not seen it."""
        visit = studio.book_appointment()["id"]

        def save(number: int) -> httpx2.Response:
            path = f"/v1/appointments/{visit}"
            return studio.client.patch(path, json={"notes": f"by {number}"}, headers={"If-Match": '"1"'})

        assert codes(map_concurrently(2, save)) == [(200, None), (412, "stale_version")]
        assert get_appointment(studio, visit)["version"] == 2

    def test_is_carried_out_once_for_each_key(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        first = set_notes(studio, visit, SECRET, Idempotency_Key="one")
        set_notes(studio, visit, "something else", Idempotency_Key="two")

        again = set_notes(studio, visit, SECRET, Idempotency_Key="one")

        assert again == first
        assert get_appointment(studio, visit)["notes"] == "something else"
        other = {"json": {"notes": "x"}, "headers": {"Idempotency-Key": "one"}}
        mismatch = studio.client.patch(f"/v1/appointments/{visit}", **other)  # type: ignore[arg-type]
        assert (mismatch.status_code, mismatch.json()["code"]) == (422, "idempotency_mismatch")

    @pytest.mark.parametrize(
        "body", [{}, {"notes": 1}, {"notes": ["x"]}, {"notes": "a\0"}, {"notes": "x" * 5001}, {"notes": "x", "a": 1}]
    )
    def test_that_cannot_be_is_refused_and_changes_nothing(self, studio: PracticeClient, body: Json) -> None:
        visit = studio.book_appointment()["id"]

        refused = studio.client.patch(f"/v1/appointments/{visit}", json=body)

        assert (refused.status_code, get_appointment(studio, visit)["version"]) == (422, 1)

    def test_is_told_by_the_history_and_by_the_past(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        position = set_notes(studio, visit, SECRET)["position"]
        set_notes(studio, visit, None)

        history = studio.client.get(f"/v1/appointments/{visit}/history", params={"after": position + 1}).json()

        [_, noted, cleared] = history["history"]
        assert noted["sentence"] == cleared["sentence"] == "The notes on the visit were changed"
        assert (noted["personal"]["notes"], cleared["personal"]["notes"]) == (SECRET, None)
        assert [get_appointment(studio, visit, version=version)["notes"] for version in (1, 2, 3)] == [
            None,
            SECRET,
            None,
        ]

    def test_is_undone_by_itself(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(notes="first")["id"]
        set_notes(studio, visit, SECRET)

        assert studio.post_action(visit, "undo").json()["notes"] == "first"
        assert studio.post_action(visit, "undo").json()["code"] == "nothing_to_undo"
        assert get_appointment(studio, visit)["status"] == "booked"

    def test_is_passed_over_by_an_undo_that_names_what_it_undoes(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        studio.post_action(visit, "cancel", reason="wrong row")
        set_notes(studio, visit, SECRET)

        undone = studio.post_action(visit, "undo", act="cancelled").json()

        assert (undone["status"], undone["notes"]) == ("booked", SECRET)
        assert studio.post_booking().json()["code"] == "time_taken"
        assert studio.post_action(visit, "undo", act="cancelled").json()["code"] == "nothing_to_undo"
        studio.post_action(visit, "cancel", reason="ill")
        refused = studio.post_action(visit, "undo", act="booked")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_last")
        assert studio.post_action(visit, "undo", act="lost").status_code == 422


class TestPermissions:
    @pytest.mark.parametrize("role", sorted(Role))
    def test_depends_on_the_role(self, studio: PracticeClient, role: Role) -> None:
        visit = studio.book_appointment(notes=SECRET)["id"]
        client = studio.client_with_role(role)

        notes = client.get(f"/v1/appointments/{visit}").json()["notes"]
        changed = client.patch(f"/v1/appointments/{visit}", json={"notes": "x"})

        assert notes == (SECRET if role in ALLOWED[Permission.READ_REMARKS] else None)
        assert (changed.status_code == 200) == (role in ALLOWED[Permission.CHANGE_VISITS])

    def test_is_not_another_clinician_who_would_write(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()["id"]
        bound = studio.client_with_role("clinician", clinician_id=studio.add_clinician())

        assert bound.patch(f"/v1/appointments/{visit}", json={"notes": "x"}).status_code == 404

    def test_excludes_lists_and_calendars(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(notes=SECRET)
        studio.client.post(
            "/v1/webhook-endpoints", json={"url": "https://hooks.invalid/", "events": ["appointment.updated"]}
        )
        position = set_notes(studio, visit["id"], SECRET + "!")["position"]
        feed = studio.client.post(f"/v1/patients/{studio.patient}/feeds", json={"detail": "visit"}).json()

        texts = [
            studio.client.get("/v1/appointments", params={"after": position}).text,
            studio.client.get(
                "/v1/calendar", params={"from": "2026-06-01", "to": "2026-06-02", "after": position}
            ).text,
            studio.client.get(f"/v1/appointments/{visit['id']}/invitation.ics").text,
            studio.server.client(None).get(feed["url"]).text,
            studio.client.get("/v1/events", params={"limit": 1000}).text,
            studio.server.metrics.exposition().decode(),
            "\n".join(studio.server.log.lines),
        ]

        assert [text for text in texts if "door code" in text] == []


class TestErasedPatient:
    def test_notes_are_gone_and_none_are_kept_any_more(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(notes=SECRET)["id"]
        assert studio.client.delete(f"/v1/patients/{studio.patient}").status_code == 200

        refused = studio.client.patch(f"/v1/appointments/{visit}", json={"notes": "x"})

        assert (refused.status_code, refused.json()["code"]) == (409, "patient_erased")
        assert get_appointment(studio, visit)["notes"] is None
        assert get_appointment(studio, visit, version=2)["notes"] is None
