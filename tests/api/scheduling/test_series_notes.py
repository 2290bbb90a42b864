"""Notes on the visits of a series, together: EC-06 and EC-07 where they speak of notes."""

from datetime import UTC, datetime

import pytest

from api.scheduling.series.schemas import ChangePreview
from tests.api.practice_client import Json, PracticeClient
from tests.api.scheduling.series_requests import appointments_by_index, change_series, post_change

NOTES = "Türcode 4711, מביאה את בנה"


def get_notes(studio: PracticeClient, series: Json) -> list[str | None]:
    return [visit["notes"] for _, visit in sorted(appointments_by_index(studio, series).items())]


def set_note(studio: PracticeClient, series: Json, index: int, text: str | None) -> None:
    visit = series["occurrences"][index - 1]["appointment_id"]
    assert studio.client.patch(f"/v1/appointments/{visit}", json={"notes": text}).status_code == 200


class TestBooking:
    def test_gives_each_visit_the_notes(self, studio: PracticeClient) -> None:
        series = studio.post_series(notes=f"{NOTES}\n", rrule="FREQ=WEEKLY;COUNT=3").json()

        assert get_notes(studio, series) == [NOTES] * 3
        assert [each["noted"] for each in series["occurrences"]] == [False] * 3

    def test_refuses_invalid_notes(self, studio: PracticeClient) -> None:
        for dry_run in (False, True):
            refused = studio.post_series(notes="x" * 5001, dry_run=dry_run)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "notes")
        assert studio.client.get("/v1/series").json()["series"] == []

    def test_is_undone_visit_by_visit_with_its_notes(self, studio: PracticeClient) -> None:
        series = studio.post_series(notes=NOTES, rrule="FREQ=WEEKLY;COUNT=2").json()

        undone = studio.post_action(series["occurrences"][0]["appointment_id"], "undo").json()

        assert (undone["status"], undone["version"]) == ("archived", 3)


class TestChange:
    @pytest.mark.parametrize(
        ("scope", "noted"), [("this", [4]), ("following", [4, 5, 6, 7, 8]), ("all", [1, 2, 3, 4, 5, 6, 7, 8])]
    )
    def test_changes_only_the_notes_of_visits_in_scope(
        self, studio: PracticeClient, weekly_series: Json, scope: str, noted: list[int]
    ) -> None:
        before = appointments_by_index(studio, weekly_series)

        series = change_series(studio, weekly_series, from_occurrence=4, scope=scope, notes=NOTES)

        after = appointments_by_index(studio, series)
        assert series["last_change"] == {"scope": scope, "from_occurrence": 4, "changed": noted, "kept": []}
        assert [index for index, visit in after.items() if visit["notes"] == NOTES] == noted
        own = {"notes", "version", "grace_until"}
        for index, visit in after.items():
            assert {name for name in visit if visit[name] != before[index][name]} <= own

    def test_applies_to_all_visits_of_a_cancelled_series(self, studio: PracticeClient, weekly_series: Json) -> None:
        """EC-07, word for word."""
        change_series(studio, weekly_series, from_occurrence=1, scope="all", cancel={"reason": "therapy is over"})

        series = change_series(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES)

        assert (get_notes(studio, series), series["last_change"]["kept"]) == ([NOTES] * 8, [])
        assert {each["status"] for each in series["occurrences"]} == {"cancelled"}

    def test_applies_to_past_visits_too(self, studio: PracticeClient, weekly_series: Json) -> None:
        with studio.server.at_time(datetime(2026, 6, 2, 12, tzinfo=UTC)):
            assert studio.post_action(weekly_series["occurrences"][0]["appointment_id"], "complete").status_code == 200

            series = change_series(studio, weekly_series, from_occurrence=2, scope="all", notes=NOTES)

        assert (get_notes(studio, series), series["occurrences"][0]["status"]) == ([NOTES] * 8, "completed")

    def test_keeps_notes_of_a_single_visit_and_reports_it(self, studio: PracticeClient, weekly_series: Json) -> None:
        set_note(studio, weekly_series, 3, "fasting")
        change_series(studio, weekly_series, from_occurrence=5, scope="this", notes="bring the X-ray")

        series = change_series(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES)

        assert [each["index"] for each in series["occurrences"] if each["noted"]] == [3, 5]
        assert series["last_change"]["kept"] == [{"index": index, "code": "noted_by_itself"} for index in (3, 5)]
        assert get_notes(studio, series) == [NOTES, NOTES, "fasting", NOTES, "bring the X-ray", NOTES, NOTES, NOTES]

    def test_from_a_visit_with_its_own_notes_replaces_them(self, studio: PracticeClient, weekly_series: Json) -> None:
        set_note(studio, weekly_series, 3, "fasting")

        series = change_series(studio, weekly_series, from_occurrence=3, scope="following", notes=NOTES)

        assert get_notes(studio, series) == [None, None, *[NOTES] * 6]
        assert not any(each["noted"] for each in series["occurrences"])

    def test_keeps_its_own_notes_with_a_visit_that_was_moved(self, studio: PracticeClient, weekly_series: Json) -> None:
        """EC-06: neither the move nor the series loses the notes."""
        set_note(studio, weekly_series, 4, "fasting")
        change_series(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES)
        moved = change_series(
            studio, weekly_series, from_occurrence=4, scope="following", starts_at="2026-06-23T14:00:00+02:00"
        )

        assert get_notes(studio, moved) == [NOTES] * 3 + ["fasting"] + [NOTES] * 4

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_removes_notes(self, studio: PracticeClient, nothing: str | None) -> None:
        series = studio.post_series(notes=NOTES).json()

        series = change_series(studio, series, from_occurrence=3, scope="following", notes=nothing)

        assert get_notes(studio, series) == [NOTES, NOTES, *[None] * 6]

    def test_without_effect_is_refused_with_the_reason_for_each_visit(
        self, studio: PracticeClient, weekly_series: Json
    ) -> None:
        set_note(studio, weekly_series, 2, "fasting")
        before = change_series(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES)["version"]

        refused = post_change(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES).json()

        codes = [each["code"] for each in refused["kept"]]
        assert (refused["code"], codes) == ("nothing_to_change", ["already_so", "noted_by_itself", *["already_so"] * 6])
        assert studio.client.get(f"/v1/series/{weekly_series['id']}").json()["version"] == before

    def test_can_be_previewed(self, studio: PracticeClient, weekly_series: Json) -> None:
        set_note(studio, weekly_series, 2, "fasting")

        preview = post_change(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES, dry_run=True).json()

        ChangePreview.model_validate(preview)
        assert (preview["noted"], preview["kept"]) == (
            [1, 3, 4, 5, 6, 7, 8],
            [{"index": 2, "code": "noted_by_itself"}],
        )
        assert get_notes(studio, weekly_series) == [None, "fasting", *[None] * 6]

    @pytest.mark.parametrize(
        "more", [{"starts_at": "2026-06-23T14:00:00+02:00"}, {"resource_ids": []}, {"cancel": {"reason": "x"}}]
    )
    def test_is_refused_together_with_another_change(
        self, studio: PracticeClient, weekly_series: Json, more: Json
    ) -> None:
        for text in (NOTES, None):
            refused = post_change(studio, weekly_series, from_occurrence=4, scope="all", notes=text, **more)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "notes")

    def test_with_invalid_notes_is_refused(self, studio: PracticeClient, weekly_series: Json) -> None:
        refused = post_change(studio, weekly_series, from_occurrence=4, scope="all", notes="x" * 5001)

        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "notes")

    def test_is_one_command_for_one_version(self, studio: PracticeClient, weekly_series: Json) -> None:
        path = f"/v1/series/{weekly_series['id']}/change"
        body = {"from_occurrence": 1, "scope": "all", "notes": NOTES}
        once = {"Idempotency-Key": "one", "If-Match": f'"{weekly_series["version"]}"'}

        first, again = (studio.client.post(path, json=body, headers=once) for _ in range(2))

        assert (first.status_code, again.json()["version"]) == (200, first.json()["version"])
        assert {visit["version"] for visit in appointments_by_index(studio, weekly_series).values()} == {2}
        stale = studio.client.post(path, json=body | {"notes": "x"}, headers={"If-Match": once["If-Match"]})
        assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")

    def test_of_one_visit_is_undone_by_itself(self, studio: PracticeClient, weekly_series: Json) -> None:
        series = change_series(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES)
        visit = series["occurrences"][0]["appointment_id"]

        undone = studio.post_action(visit, "undo").json()

        assert (undone["status"], undone["notes"]) == ("booked", None)
        assert get_notes(studio, series) == [None, *[NOTES] * 7]

    def test_about_an_erased_patient_is_refused(self, studio: PracticeClient, weekly_series: Json) -> None:
        assert studio.client.delete(f"/v1/patients/{studio.patient}").status_code == 200

        assert (
            post_change(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES).json()["code"]
            == "patient_erased"
        )

    def test_is_limited_to_a_bound_clinicians_own_series(self, studio: PracticeClient, weekly_series: Json) -> None:
        bound = studio.client_with_role("clinician", clinician_id=studio.add_clinician())
        body = {"from_occurrence": 1, "scope": "all", "notes": NOTES}

        assert bound.post(f"/v1/series/{weekly_series['id']}/change", json=body).status_code == 404

    def test_shows_notes_on_the_visit_only(self, studio: PracticeClient, weekly_series: Json) -> None:
        change_series(studio, weekly_series, from_occurrence=1, scope="all", notes=NOTES)

        log = studio.client.get("/v1/events", params={"limit": 1000})

        assert sum(each["event_type"].endswith(".notes_changed") for each in log.json()["events"]) == 9
        assert "Türcode" not in log.text
        assert "Türcode" not in studio.client.get(f"/v1/series/{weekly_series['id']}").text
