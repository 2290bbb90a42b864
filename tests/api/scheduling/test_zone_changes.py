"""TZ6: after a change of time zone rules, visits keep their local times; the move is recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.kernel.practice_log import PracticeLog
from tests.api.api_server import ApiServer
from tests.api.practice_client import Json
from tests.api.scheduling.zone_change_practice import NOW, ZoneChangePractice, releases, zone_change_practice

NINE_AS_BOOKED, NINE_NOW = "2025-04-01T13:00:00Z", "2025-04-01T12:00:00Z"
TEN_AS_BOOKED, TEN_NOW = "2025-04-01T14:00:00Z", "2025-04-01T13:00:00Z"


@pytest.fixture
def asuncion(server: ApiServer) -> Iterator[ZoneChangePractice]:
    with zone_change_practice(server) as opened:
        yield opened


def history(asuncion: ZoneChangePractice, path: str) -> list[Json]:
    lines: list[Json] = asuncion.get_json(f"{path}/history?after={asuncion.position()}")["history"]
    return lines


class TestVisit:
    def test_of_nine_o_clock_stays_at_nine_o_clock(self, asuncion: ZoneChangePractice) -> None:
        visit = asuncion.book_appointment(NINE_AS_BOOKED)

        done = asuncion.adopt_zone_rules()

        assert [(str(one.id), one.starts_at, one.to) for one in done.kept] == [
            (visit["id"], datetime(2025, 4, 1, 13, tzinfo=UTC), datetime(2025, 4, 1, 12, tzinfo=UTC))
        ]
        shown = asuncion.get_json(f"/v1/appointments/{visit['id']}")
        assert (shown["starts_at"], shown["ends_at"]) == (NINE_NOW, "2025-04-01T12:50:00Z")
        assert (shown["resource_ids"], shown["override"], shown["status"]) == (visit["resource_ids"], None, "booked")
        assert TEN_NOW in asuncion.slots("2025-04-01", "2025-04-02")
        assert NINE_NOW not in asuncion.slots("2025-04-01", "2025-04-02")

    def test_says_in_its_history_and_the_practice_s_why_it_moved(self, asuncion: ZoneChangePractice) -> None:
        visit = asuncion.book_appointment(NINE_AS_BOOKED)
        asuncion.adopt_zone_rules()

        line = history(asuncion, f"/v1/appointments/{visit['id']}")[-1]
        events = asuncion.get_json("/v1/events?limit=500")["events"]
        adopted = events[-1]

        assert (line["sentence"], line["actor"]) == ("The visit was moved", "system")
        assert adopted["event_type"] == "practice.practice.zone_rules_adopted"
        assert adopted["command_id"] == line["causation_id"]
        assert "2024a America/Asuncion 2025-03-23T03:00Z/2025-10-05T04:00Z -04:00 -03:00" in str(adopted)

    @pytest.mark.parametrize("starts_at", ["2025-03-20T13:00:00Z", "2025-10-06T13:00:00Z", "2024-10-02T13:00:00Z"])
    def test_of_a_day_on_which_nothing_changed_stays(self, asuncion: ZoneChangePractice, starts_at: str) -> None:
        visit = asuncion.book_appointment(starts_at, override={"reason": "so far ahead"})

        assert asuncion.adopt_zone_rules().kept == []
        assert asuncion.start_of(visit["id"]) == starts_at

    def test_that_was_booked_by_the_new_rules_stays(self, server: ApiServer, asuncion: ZoneChangePractice) -> None:
        with server.at_time(NOW):
            visit = asuncion.book_appointment(NINE_NOW)
            other = asuncion.book_appointment("2025-04-02T13:00:00Z")
        was_moved = asuncion.book_appointment("2025-04-03T13:00:00Z")["id"]
        with server.at_time(NOW):
            answer = asuncion.post_action(was_moved, "reschedule", starts_at="2025-04-04T13:00:00Z")
            assert answer.status_code == 200, answer.text

        assert asuncion.adopt_zone_rules().kept == []
        assert [asuncion.start_of(id_) for id_ in (visit["id"], other["id"], was_moved)] == [
            NINE_NOW,
            "2025-04-02T13:00:00Z",
            "2025-04-04T13:00:00Z",
        ]

    @pytest.mark.parametrize(
        ("verb", "body"), [("cancel", {"reason": "ill"}), ("reschedule", {"starts_at": "2025-04-04T13:00:00Z"})]
    )
    def test_that_was_brought_back_by_an_undo_is_meant_as_it_was_booked(
        self, server: ApiServer, asuncion: ZoneChangePractice, verb: str, body: Json
    ) -> None:
        id_ = asuncion.book_appointment(NINE_AS_BOOKED)["id"]
        with server.at_time(NOW):
            assert asuncion.post_action(id_, verb, **body).status_code == 200
            assert asuncion.post_action(id_, "undo").status_code == 200

        asuncion.adopt_zone_rules()

        assert asuncion.start_of(id_) == NINE_NOW

    def test_stays_where_somebody_puts_it_afterwards_and_not_where_an_undo_does(
        self, server: ApiServer, asuncion: ZoneChangePractice
    ) -> None:
        id_ = asuncion.book_appointment(NINE_AS_BOOKED)["id"]
        asuncion.adopt_zone_rules()

        found: list[str] = []
        asked: list[tuple[str, Json]] = [("undo", {}), ("reschedule", {"starts_at": NINE_AS_BOOKED})]
        for minute, (verb, body) in enumerate(asked):
            with server.at_time(NOW + timedelta(minutes=minute)):
                assert asuncion.post_action(id_, verb, **body).status_code == 200
            assert asuncion.start_of(id_) == NINE_AS_BOOKED
            asuncion.adopt_zone_rules()
            found.append(asuncion.start_of(id_))

        assert found == [NINE_NOW, NINE_AS_BOOKED]

    def test_that_is_only_requested_moves_and_takes_no_time(self, asuncion: ZoneChangePractice) -> None:
        requested = asuncion.book_appointment(NINE_AS_BOOKED, status="requested")
        cancelled = asuncion.book_appointment(TEN_AS_BOOKED)["id"]
        asuncion.post_action(cancelled, "cancel", reason="ill")

        assert [str(one.id) for one in asuncion.adopt_zone_rules().kept] == [requested["id"]]
        assert asuncion.start_of(requested["id"]) == NINE_NOW
        assert NINE_NOW in asuncion.slots("2025-04-01", "2025-04-02")

    def test_is_found_by_calendars_and_feeds(self, asuncion: ZoneChangePractice) -> None:
        visit = asuncion.book_appointment(NINE_AS_BOOKED)["id"]
        before = asuncion.client.get(f"/v1/appointments/{visit}/invitation.ics").text
        asuncion.adopt_zone_rules()

        after = asuncion.client.get(f"/v1/appointments/{visit}/invitation.ics").text
        query = f"from=2025-04-01T00:00:00Z&to=2025-04-02T00:00:00Z&after={asuncion.position()}"

        assert ("DTSTART:20250401T130000Z" in before, "DTSTART:20250401T120000Z" in after) == (True, True)
        assert [line for line in before.splitlines() if line.startswith("SEQUENCE")] < [
            line for line in after.splitlines() if line.startswith("SEQUENCE")
        ]
        assert [one["starts_at"] for one in asuncion.get_json(f"/v1/calendar?{query}")["appointments"]] == [NINE_NOW]


class TestAdoption:
    def test_that_is_tried_records_nothing_and_tells_the_same(self, asuncion: ZoneChangePractice) -> None:
        asuncion.book_appointment(NINE_AS_BOOKED)
        before = asuncion.position()

        tried = asuncion.adopt_zone_rules(dry_run=True)

        assert asuncion.position() == before
        assert asuncion.adopt_zone_rules() == tried

    def test_does_nothing_the_second_time(self, asuncion: ZoneChangePractice) -> None:
        asuncion.book_appointment(NINE_AS_BOOKED)
        asuncion.adopt_zone_rules()
        before = asuncion.position()

        assert asuncion.adopt_zone_rules().kept == []
        assert asuncion.position() == before

    def test_records_nothing_where_no_rules_changed(self, server: ApiServer, studio: Any) -> None:
        before = studio.server.container.logs.of(UUID(studio.practice_id)).reader.position()

        with server.at_time(NOW):
            done = server.container.scheduling.adopt_zone_rules(UUID(studio.practice_id), releases())

        assert (done.kept, done.changes) == ([], [])
        assert studio.server.container.logs.of(UUID(studio.practice_id)).reader.position() == before

    def test_goes_on_where_one_ended_that_was_killed(
        self, asuncion: ZoneChangePractice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Consecutive visits block each other: the latest must move first."""
        visits = [asuncion.book_appointment(f"2025-04-01T{hour}:00:00Z")["id"] for hour in (13, 14, 15, 16)]
        monkeypatch.setattr("application.scheduling.zone_changes.adopt_zone_rules._BATCH", 1)
        record, appends = PracticeLog.record, []

        def dies_at_the_third(log: PracticeLog, *aggregates: Any, **more: Any) -> int:
            appends.append(aggregates)
            if len(appends) == 3:
                raise KeyboardInterrupt
            return record(log, *aggregates, **more)

        with monkeypatch.context() as patched:
            patched.setattr(PracticeLog, "record", dies_at_the_third)
            with pytest.raises(KeyboardInterrupt):
                asuncion.adopt_zone_rules()
        half = [asuncion.start_of(id_)[11:16] for id_ in visits]
        done = asuncion.adopt_zone_rules()

        assert half == ["12:00", "13:00", "15:00", "16:00"]
        assert [asuncion.start_of(id_)[11:16] for id_ in visits] == ["12:00", "13:00", "14:00", "15:00"]
        assert [str(one.id) for one in done.kept] == visits[2:]
        assert not any(one.is_beside for one in done.kept)

    def test_moves_the_latest_first_where_all_go_to_a_later_time(
        self, asuncion: ZoneChangePractice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("application.scheduling.zone_changes.adopt_zone_rules._BATCH", 1)
        ahead = [(datetime(2024, 1, 1, tzinfo=UTC), -7200)]
        visits = [asuncion.book_appointment(f"2025-04-01T{hour}:00:00Z")["id"] for hour in (13, 14, 15)]

        done = asuncion.adopt_zone_rules(releases(ahead))

        assert [str(one.id) for one in done.kept] == visits[::-1]
        assert [asuncion.start_of(id_)[11:16] for id_ in visits] == ["14:00", "15:00", "16:00"]
        assert not any(one.is_beside for one in done.kept)

    def test_leaves_alone_what_would_have_begun(self, server: ApiServer, asuncion: ZoneChangePractice) -> None:
        behind = [(datetime(2024, 1, 1, tzinfo=UTC), -18000)]
        id_ = asuncion.book_appointment("2024-10-01T13:00:00Z")["id"]

        done = asuncion.adopt_zone_rules(releases(behind))

        assert [str(one.id) for one in done.begun] == [id_]
        assert asuncion.start_of(id_) == "2024-10-01T13:00:00Z"


class TestConflicts:
    def test_the_time_on_the_wall_wins_and_the_visit_lies_beside(
        self, server: ApiServer, asuncion: ZoneChangePractice
    ) -> None:
        """Nine o'clock was booked under the new rules before the earlier visit had moved."""
        first = asuncion.book_appointment(NINE_AS_BOOKED)["id"]
        with server.at_time(NOW):
            second = asuncion.book_appointment(NINE_NOW)["id"]

        done = asuncion.adopt_zone_rules()

        shown = asuncion.get_json(f"/v1/appointments/{first}")
        assert (shown["starts_at"], asuncion.start_of(second)) == (NINE_NOW, NINE_NOW)
        assert shown["override"]["rules"] == ["time_taken", "patient_busy"]
        assert shown["override"]["overlaps"] == [second]
        assert "time zone" in shown["override"]["reason"]
        assert [one.is_beside for one in done.kept] == [True]
        assert asuncion.adopt_zone_rules().kept == []

    def test_two_zones_meet_at_one_clinician(self, asuncion: ZoneChangePractice) -> None:
        """What is agreed on in Montevideo stays, for its clocks have not changed."""
        tuesday = {"weekday": "tue", "from": "10:00", "to": "17:00"}
        asuncion.set_hours(asuncion.clinician, [tuesday])
        here, asuncion.location = (
            asuncion.location,
            asuncion.create("/v1/locations", name="Montevideo", zone="America/Montevideo")["id"],
        )
        asuncion.set_hours(asuncion.clinician, [tuesday | {"from": "09:00", "to": "10:00"}])
        stays = asuncion.book_appointment(NINE_NOW)
        moves = asuncion.book_appointment(NINE_AS_BOOKED)
        assert (stays["location_id"], moves["location_id"]) == (asuncion.location, here)

        done = asuncion.adopt_zone_rules()

        assert [(str(one.id), one.is_beside) for one in done.kept] == [(moves["id"], True)]
        assert asuncion.start_of(moves["id"]) == asuncion.start_of(stays["id"]) == NINE_NOW

    def test_a_session_lies_beside_too(self, server: ApiServer, asuncion: ZoneChangePractice) -> None:
        yoga = asuncion.add_service(name="Yoga", seats=5)
        body = {"service_id": yoga, "staff_ids": [asuncion.clinician]}
        session = asuncion.create("/v1/sessions", **body, starts_at=NINE_AS_BOOKED)["id"]
        with server.at_time(NOW):
            visit = asuncion.book_appointment(NINE_NOW)["id"]

        done = asuncion.adopt_zone_rules()

        assert [(str(one.id), one.is_beside) for one in done.kept] == [(session, True)]
        assert asuncion.get_json(f"/v1/sessions/{session}")["starts_at"] == asuncion.start_of(visit) == NINE_NOW
        with server.at_time(NOW):
            moved = asuncion.client.patch(f"/v1/sessions/{session}", json={"starts_at": TEN_NOW})
        assert moved.status_code == 200, moved.text


class TestSeriesAndCourses:
    def test_a_series_keeps_its_visits_their_numbers_and_that_they_can_be_changed_together(
        self, server: ApiServer, asuncion: ZoneChangePractice
    ) -> None:
        answer = asuncion.post_series("2025-03-18T12:00:00Z", "FREQ=WEEKLY;COUNT=4")
        assert answer.status_code == 201, answer.text
        ids = [one["appointment_id"] for one in answer.json()["occurrences"]]
        # As the rules of old would have had it: nine o'clock from 23 March on is 13:00 in UTC.
        for id_, day in zip(ids[1:], ("25", "01", "08"), strict=True):
            month = "03" if day == "25" else "04"
            moved = asuncion.post_action(id_, "reschedule", starts_at=f"2025-{month}-{day}T13:00:00Z")
            assert moved.status_code == 200, moved.text

        asuncion.adopt_zone_rules()

        shown = [asuncion.get_json(f"/v1/appointments/{id_}") for id_ in ids]
        assert [one["starts_at"][11:16] for one in shown] == ["12:00"] * 4
        assert [one["occurrence"] for one in shown] == [1, 2, 3, 4]
        assert [one["original"] for one in shown] == [one["original"] for one in answer.json()["occurrences"]]

    def test_a_series_that_lay_as_planned_is_still_changed_as_a_whole(
        self, server: ApiServer, asuncion: ZoneChangePractice
    ) -> None:
        """A visit that was moved with the clocks was not moved by itself."""
        series = asuncion.post_series("2025-04-01T13:00:00Z", "FREQ=WEEKLY;COUNT=3").json()
        asuncion.adopt_zone_rules()

        with server.at_time(NOW):
            version = asuncion.get_json(f"/v1/series/{series['id']}")
            changed = asuncion.client.post(
                f"/v1/series/{series['id']}/change",
                json={"scope": "all", "from_occurrence": 1, "starts_at": "2025-04-01T15:00:00Z"},
            )

        assert [one["starts_at"][11:16] for one in version["occurrences"]] == ["12:00"] * 3
        assert changed.status_code == 200, changed.text
        after = asuncion.get_json(f"/v1/series/{series['id']}")
        assert [one["starts_at"][11:16] for one in after["occurrences"]] == ["15:00"] * 3

    def test_a_session_moves_with_everybody_on_its_roster(self, asuncion: ZoneChangePractice) -> None:
        yoga = asuncion.add_service(name="Yoga", seats=5)
        body = {"service_id": yoga, "staff_ids": [asuncion.clinician], "starts_at": NINE_AS_BOOKED}
        session = asuncion.create("/v1/sessions", **body)
        enrolled = asuncion.client.post(f"/v1/sessions/{session['id']}/enrol", json={"patient_id": asuncion.patient})
        assert enrolled.status_code == 200, enrolled.text

        done = asuncion.adopt_zone_rules()

        shown = asuncion.get_json(f"/v1/sessions/{session['id']}")
        assert [(str(one.id), one.kind) for one in done.kept] == [(session["id"], "session")]
        assert shown["starts_at"] == NINE_NOW
        assert [one["patient_id"] for one in asuncion.get_json(f"/v1/sessions/{session['id']}/roster")["roster"]] == [
            asuncion.patient
        ]
        assert history(asuncion, f"/v1/sessions/{session['id']}")[-1]["actor"] == "system"

    def test_a_course_that_lay_as_planned_is_still_changed_as_a_whole(
        self, server: ApiServer, asuncion: ZoneChangePractice
    ) -> None:
        yoga = asuncion.add_service(name="Yoga", seats=5)
        body = {"service_id": yoga, "staff_ids": [asuncion.clinician], "rrule": "FREQ=WEEKLY;COUNT=3"}
        course = asuncion.create("/v1/courses", **body, starts_at=NINE_AS_BOOKED)["id"]

        asuncion.adopt_zone_rules()

        shown = asuncion.get_json(f"/v1/courses/{course}")["occurrences"]
        with server.at_time(NOW):
            changed = asuncion.client.post(
                f"/v1/courses/{course}/change",
                json={"scope": "all", "from_occurrence": 1, "starts_at": "2025-04-01T15:00:00Z"},
            )
        assert [one["starts_at"][11:16] for one in shown] == ["12:00"] * 3
        assert changed.status_code == 200, changed.text
        after = asuncion.get_json(f"/v1/courses/{course}")["occurrences"]
        assert [one["starts_at"][11:16] for one in after] == ["15:00"] * 3
        assert asuncion.adopt_zone_rules().kept == []
