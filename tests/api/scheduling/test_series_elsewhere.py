"""Visits of a series given to another clinician, place or room together: EC-06 and EC-07 whole."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.practice_client import WEEKDAYS, Json, PracticeClient
from tests.api.scheduling.series_requests import appointments_by_index, change_series, post_change

COMPLETED = datetime(2026, 6, 9, 12, tzinfo=UTC)
"""Noon after the second of eight Tuesdays."""


def weekday_hours(start: str = "09:00", end: str = "17:00") -> list[Json]:
    return [{"weekday": day, "from": start, "to": end} for day in WEEKDAYS]


def add_location(studio: PracticeClient, clinician: str, **hours: str) -> str:
    """Open a second location, where the clinician is all the time too."""
    place = str(studio.create("/v1/locations", name="Nord", zone="Europe/Berlin")["id"])
    body = {"location_id": place, "weekly": weekday_hours(**hours), "overrides": []}
    assert studio.client.put(f"/v1/clinicians/{clinician}/hours", json=body).status_code == 200
    return place


def add_colleague(studio: PracticeClient) -> str:
    """Add a second clinician who gives the studio's service too."""
    other = studio.add_clinician()
    answer = studio.client.patch(f"/v1/services/{studio.service}", json={"clinician_ids": [studio.clinician, other]})
    assert answer.status_code == 200, answer.text
    return other


class TestThisAndFollowing:
    """EC-06, word for word."""

    def test_keeps_identities_overrides_and_cancellations(self, studio: PracticeClient, weekly_series: Json) -> None:
        place = add_location(studio, studio.clinician)
        ids = {each["index"]: each["appointment_id"] for each in weekly_series["occurrences"]}
        assert studio.post_action(ids[3], "reschedule", starts_at="2026-06-17T11:00:00+02:00").status_code == 200
        assert studio.post_action(ids[6], "cancel", reason="holiday").status_code == 200
        with studio.server.at_time(COMPLETED):
            for index in (1, 2):
                assert studio.post_action(ids[index], "check-in").status_code == 200
                assert studio.post_action(ids[index], "complete").status_code == 200
            before = appointments_by_index(studio, weekly_series)

            moved = change_series(
                studio, weekly_series, from_occurrence=4, scope="following", starts_at="2026-06-23T14:00:00+02:00"
            )
            elsewhere = change_series(studio, weekly_series, from_occurrence=4, scope="all", location_id=place)

        times = {
            1: "06-02T08",
            2: "06-09T08",
            3: "06-17T09",
            4: "06-23T12",
            5: "06-30T12",
            7: "07-14T12",
            8: "07-21T12",
        }
        for series in (moved, elsewhere):
            active = [each for each in series["occurrences"] if each["status"] != "cancelled"]
            assert {each["index"]: each["starts_at"][5:13] for each in active} == times
            assert {each["index"]: each["appointment_id"] for each in series["occurrences"]} == ids
            assert [each["index"] for each in series["occurrences"] if each["status"] == "cancelled"] == [6]
            originals = [each["original"] for each in series["occurrences"]]
            assert originals == sorted(set(originals)) == [each["original"] for each in weekly_series["occurrences"]]
        after = appointments_by_index(studio, weekly_series)
        assert {index: after[index] for index in (1, 2, 6)} == {index: before[index] for index in (1, 2, 6)}
        assert [index for index, visit in after.items() if visit["location_id"] == place] == [3, 4, 5, 7, 8]
        assert elsewhere["last_change"] == {
            "scope": "all",
            "from_occurrence": 4,
            "changed": [3, 4, 5, 7, 8],
            "kept": [
                {"index": 1, "code": "already_closed"},
                {"index": 2, "code": "already_closed"},
                {"index": 6, "code": "already_cancelled"},
            ],
        }
        assert [each["index"] for each in elsewhere["occurrences"] if each["moved"]] == [3]

    def test_shows_each_original_once_in_every_view(self, studio: PracticeClient, weekly_series: Json) -> None:
        third = weekly_series["occurrences"][2]["appointment_id"]
        assert studio.post_action(third, "reschedule", starts_at="2026-06-17T11:00:00+02:00").status_code == 200
        moved = change_series(
            studio, weekly_series, from_occurrence=4, scope="following", starts_at="2026-06-23T14:00:00+02:00"
        )

        window = {"from": "2026-06-01", "to": "2026-08-01", "after": moved["position"]}
        known = [(weekly_series["id"], each["index"], each["original"]) for each in weekly_series["occurrences"]]
        for path in ("/v1/calendar", "/v1/appointments"):
            shown = studio.client.get(path, params=window).json()["appointments"]
            assert [(each["series_id"], each["occurrence"], each["original"]) for each in shown] == known
        singles = appointments_by_index(studio, weekly_series).values()
        assert [(each["series_id"], each["occurrence"], each["original"]) for each in singles] == known


class TestOneCommand:
    """EC-07: a series command never silently does nothing."""

    @pytest.mark.parametrize("end", ["", ";UNTIL=", ";COUNT="])
    def test_without_an_end_is_refused_with_the_field(self, studio: PracticeClient, end: str) -> None:
        answer = studio.post_series(rrule=f"FREQ=WEEKLY{end}")

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (
            422,
            "rrule.count" if "COUNT" in end else "rrule.until",
        )

    @pytest.mark.parametrize("policy", ["all_or_nothing", "skip"])
    def test_with_the_fifth_of_eight_taken_reports_it(self, studio: PracticeClient, policy: str) -> None:
        taken = studio.book_appointment("2026-06-30T10:30:00+02:00")
        head = taken["position"]

        answer = studio.post_series(on_conflict=policy)

        if policy == "skip":
            assert answer.status_code == 201
            assert (answer.json()["booked"], answer.json()["skipped"]) == (7, 1)
            assert answer.json()["occurrences"][4]["skipped"] == "time_taken"
        else:
            assert answer.status_code == 409
            assert [(each["index"], each["conflicting_id"]) for each in answer.json()["conflicts"]] == [
                (5, taken["id"])
            ]
            assert studio.create("/v1/patients", given_name="Noa", family_name="Levi")["position"] == head + 1

    def test_on_a_cancelled_series_reports_the_reason_for_each_visit(
        self, studio: PracticeClient, weekly_series: Json
    ) -> None:
        change_series(studio, weekly_series, from_occurrence=1, scope="all", cancel={"reason": "ill"})
        place, room = add_location(studio, studio.clinician), studio.add_room()

        for asked in (
            {"starts_at": "2026-06-02T11:00:00+02:00"},
            {"clinician_id": studio.clinician},
            {"location_id": place},
            {"resource_ids": [room]},
            {"cancel": {"reason": "ill"}},
        ):
            answer = post_change(studio, weekly_series, from_occurrence=1, scope="all", **asked)
            assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_change")
            assert answer.json()["kept"] == [{"index": i, "code": "already_cancelled"} for i in range(1, 9)]

    def test_without_effect_is_reported(self, studio: PracticeClient, weekly_series: Json) -> None:
        so: list[Json] = [{"clinician_id": studio.clinician}, {"location_id": studio.location}, {"resource_ids": []}]
        for asked in so:
            answer = post_change(studio, weekly_series, from_occurrence=7, scope="following", **asked)
            assert answer.json()["kept"] == [{"index": index, "code": "already_so"} for index in (7, 8)]


class TestToAnotherClinician:
    def test_releases_the_time_of_one_and_takes_that_of_the_other(
        self, studio: PracticeClient, weekly_series: Json
    ) -> None:
        other = add_colleague(studio)

        series = change_series(studio, weekly_series, from_occurrence=5, scope="following", clinician_id=other)

        assert series["clinician_id"] == other
        assert [visit["clinician_id"] == other for visit in appointments_by_index(studio, series).values()] == [
            False
        ] * 4 + [True] * 4
        someone = studio.add_patient()
        assert studio.post_booking("2026-06-30T10:00:00+02:00", patient_id=someone).status_code == 201
        assert studio.post_booking("2026-06-30T10:00:00+02:00", clinician_id=other).json()["code"] == "time_taken"

    def test_and_time_are_one_change_with_one_undo(self, studio: PracticeClient, weekly_series: Json) -> None:
        other = add_colleague(studio)
        was = appointments_by_index(studio, weekly_series)[2]
        series = change_series(
            studio,
            weekly_series,
            from_occurrence=2,
            scope="this",
            clinician_id=other,
            starts_at="2026-06-11T15:00:00+02:00",
        )
        moved = appointments_by_index(studio, series)[2]

        undone = studio.post_action(moved["id"], "undo").json()

        assert (moved["clinician_id"], moved["starts_at"], moved["version"]) == (other, "2026-06-11T13:00:00Z", 2)
        fields = ("clinician_id", "starts_at", "ends_at", "location_id", "status")
        assert [undone[name] for name in fields] == [was[name] for name in fields]
        assert series["clinician_id"] == studio.clinician

    def test_is_refused_or_skipped_where_they_are_busy(self, studio: PracticeClient, weekly_series: Json) -> None:
        other = add_colleague(studio)
        taken = studio.book_appointment(
            "2026-07-07T10:30:00+02:00", clinician_id=other, patient_id=studio.add_patient()
        )
        body = {"from_occurrence": 1, "scope": "all", "clinician_id": other}

        refused = post_change(studio, weekly_series, **body)
        preview = post_change(studio, weekly_series, **body, dry_run=True).json()
        skipped = change_series(studio, weekly_series, **body, on_conflict="skip")

        assert (refused.status_code, refused.json()["code"]) == (409, "series_conflict")
        assert [(each["index"], each["conflicting_id"]) for each in refused.json()["conflicts"]] == [(6, taken["id"])]
        assert [each["index"] for each in preview["conflicts"]] == [6]
        assert {each["clinician_id"] for each in preview["visits"]} == {other}
        assert skipped["last_change"]["kept"] == [{"index": 6, "code": "time_taken"}]
        assert appointments_by_index(studio, skipped)[6]["clinician_id"] == studio.clinician

    def test_moves_to_the_location_of_that_clinician(self, studio: PracticeClient, weekly_series: Json) -> None:
        other = add_colleague(studio)
        assert studio.set_hours(other, [])
        place = add_location(studio, other)

        series = change_series(studio, weekly_series, from_occurrence=8, scope="this", clinician_id=other)

        assert appointments_by_index(studio, series)[8]["location_id"] == place
        refused = post_change(
            studio, weekly_series, from_occurrence=7, scope="this", clinician_id=other, location_id=studio.location
        )
        assert [each["code"] for each in refused.json()["conflicts"]] == ["outside_hours"]

    def test_keeps_the_terms_that_each_visit_was_booked_on(self, studio: PracticeClient, weekly_series: Json) -> None:
        """The service's current notice and length do not apply to a time agreed before."""
        other = add_colleague(studio)
        stricter = {"duration_minutes": 90, "minimum_notice_minutes": 43_200}
        assert studio.client.patch(f"/v1/services/{studio.service}", json=stricter).status_code == 200

        with studio.server.at_time(datetime(2026, 6, 1, 8, tzinfo=UTC)):
            series = change_series(studio, weekly_series, from_occurrence=1, scope="all", clinician_id=other)

        assert {visit["ends_at"][11:16] for visit in appointments_by_index(studio, series).values()} == {"08:50"}

    def test_keeps_them_at_a_new_time_too(self, studio: PracticeClient, weekly_series: Json) -> None:
        price = {"amount_minor": 9900, "currency": "EUR"}
        changed = {"duration_minutes": 90, "buffer_after_minutes": 60, "price": price}
        assert studio.client.patch(f"/v1/services/{studio.service}", json=changed).status_code == 200
        body = {"from_occurrence": 1, "scope": "all", "starts_at": "2026-06-02T16:00:00+02:00"}

        preview = post_change(studio, weekly_series, **body, dry_run=True).json()
        series = change_series(studio, weekly_series, **body)

        visits = appointments_by_index(studio, series)
        assert {(visit["starts_at"][11:16], visit["ends_at"][11:16]) for visit in visits.values()} == {
            ("14:00", "14:50")
        }
        assert {visit["ends_at"][11:16] for visit in preview["visits"]} == {"14:50"}
        assert {visit["buffer_after_minutes"] for visit in visits.values()} == {0}
        assert price not in [visit["price"] for visit in visits.values()]

    def test_is_refused_for_a_bound_clinician(self, studio: PracticeClient, weekly_series: Json) -> None:
        other = add_colleague(studio)
        bound = studio.client_with_role("clinician", clinician_id=studio.clinician)
        body = {"from_occurrence": 8, "scope": "this", "clinician_id": other}

        assert bound.post(f"/v1/series/{weekly_series['id']}/change", json=body).status_code == 404
        assert studio.client.post(f"/v1/series/{weekly_series['id']}/change", json=body).status_code == 200


class TestToAnotherRoom:
    def test_takes_the_named_one_for_every_visit(self, studio: PracticeClient) -> None:
        rooms = [studio.add_room("1"), studio.add_room("2")]
        studio.service = studio.add_service(requires=[{"kind": "room"}])
        series = studio.post_series().json()
        load_format = appointments_by_index(studio, series)[1]["resource_ids"][0]
        [wanted] = [room for room in rooms if room != load_format]

        moved = change_series(studio, series, from_occurrence=1, scope="all", resource_ids=[wanted])

        assert {tuple(visit["resource_ids"]) for visit in appointments_by_index(studio, moved).values()} == {(wanted,)}
        assert {visit["version"] for visit in appointments_by_index(studio, moved).values()} == {2}

    def test_is_refused_where_it_is_taken(self, studio: PracticeClient) -> None:
        other, rooms = add_colleague(studio), [studio.add_room("1"), studio.add_room("2")]
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other], requires=[{"kind": "room"}])
        series = studio.post_series().json()
        [wanted] = [room for room in rooms if room != appointments_by_index(studio, series)[1]["resource_ids"][0]]
        someone = studio.add_patient()
        studio.book_appointment(
            "2026-06-23T10:00:00+02:00", clinician_id=other, patient_id=someone, resource_ids=[wanted]
        )

        refused = post_change(studio, series, from_occurrence=1, scope="all", resource_ids=[wanted])

        assert [(each["index"], each["code"]) for each in refused.json()["conflicts"]] == [(4, "resource_unavailable")]


class TestExpiredHolds:
    def test_are_removed_by_the_next_booking_of_their_time(self, studio: PracticeClient) -> None:
        body = {"service_id": studio.service, "clinician_id": studio.clinician, "minutes": 10}
        for starts_at in ("2026-06-09T10:00:00+02:00", "2026-06-16T14:00:00+02:00"):
            studio.create("/v1/holds", starts_at=starts_at, **body)

        with studio.server.at_time(studio.server.clock.now() + timedelta(minutes=10)):
            series = studio.post_series()
            assert series.status_code == 201, series.text
            moved = change_series(
                studio, series.json(), from_occurrence=1, scope="all", starts_at="2026-06-02T14:00:00+02:00"
            )

        assert len(moved["last_change"]["changed"]) == 8


class TestSingleVisits:
    def test_that_were_booked_alone_have_no_series(self, studio: PracticeClient) -> None:
        alone = studio.book_appointment()

        assert (alone["series_id"], alone["occurrence"], alone["original"]) == (None, None, None)

    def test_move_to_the_location_of_the_clinician_on_the_new_day(self, studio: PracticeClient) -> None:
        studio.set_hours(studio.clinician, [{"weekday": "mon", "from": "09:00", "to": "17:00"}])
        place = str(studio.create("/v1/locations", name="Nord", zone="Europe/Berlin")["id"])
        body = {"location_id": place, "weekly": [{"weekday": "tue", "from": "09:00", "to": "17:00"}], "overrides": []}
        assert studio.client.put(f"/v1/clinicians/{studio.clinician}/hours", json=body).status_code == 200
        visit = studio.book_appointment()

        moved = studio.post_action(visit["id"], "reschedule", starts_at="2026-06-02T10:00:00+02:00").json()

        assert (visit["location_id"], moved["location_id"]) == (studio.location, place)
        assert studio.post_action(visit["id"], "undo").json()["location_id"] == studio.location


class TestHistory:
    def test_lists_the_series_and_its_visits_page_by_page(self, studio: PracticeClient) -> None:
        series, alone = studio.post_series(rrule="FREQ=WEEKLY;COUNT=3").json(), studio.book_appointment()
        path = f"/v1/series/{series['id']}/history"
        third = appointments_by_index(studio, series)[3]
        studio.post_action(third["id"], "cancel", reason="on holiday")
        moved = change_series(
            studio, series, from_occurrence=1, scope="following", starts_at="2026-06-02T14:00:00+02:00"
        )

        history, cursor = [], None
        while True:
            asked = {"after": moved["position"], "limit": 3} | ({"cursor": cursor} if cursor else {})
            page = studio.client.get(path, params=asked).json()
            history += page["history"]
            if not (cursor := page["next_cursor"]):
                break

        assert [line["position"] for line in history] == sorted(line["position"] for line in history)
        assert [line["event_type"].split(".", 1)[1] for line in history] == [
            "series.planned", *["appointment.booked"] * 3, "appointment.cancelled", "series.changed",
            *["appointment.rescheduled"] * 2,
        ]  # fmt: skip
        assert {line["id"] for line in history} == {
            series["id"],
            *(each["id"] for each in appointments_by_index(studio, series).values()),
        }
        assert alone["id"] not in {line["id"] for line in history}
        assert studio.client.get(f"/v1/series/{alone['id']}/history").status_code == 404
