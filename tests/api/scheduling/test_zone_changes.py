"""TZ6: where a country changes its clocks, visits keep their times on the wall; the instants are made anew, and it is recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.kernel.practice_log import PracticeLog
from tests.api.scheduling.asuncion import NOW, Practice, practice, releases
from tests.api.serving import Program
from tests.api.studio import Json

NINE_AS_BOOKED, NINE_NOW = "2025-04-01T13:00:00Z", "2025-04-01T12:00:00Z"
TEN_AS_BOOKED, TEN_NOW = "2025-04-01T14:00:00Z", "2025-04-01T13:00:00Z"


@pytest.fixture
def asuncion(program: Program) -> Iterator[Practice]:
    with practice(program) as opened:
        yield opened


def history(asuncion: Practice, path: str) -> list[Json]:
    lines: list[Json] = asuncion.shown(f"{path}/history?after={asuncion.position()}")["history"]
    return lines


class TestAVisit:
    def test_of_nine_o_clock_stays_at_nine_o_clock(self, asuncion: Practice) -> None:
        visit = asuncion.booked(NINE_AS_BOOKED)

        done = asuncion.keep()

        assert [(str(one.id), one.starts_at, one.to) for one in done.kept] == [
            (visit["id"], datetime(2025, 4, 1, 13, tzinfo=UTC), datetime(2025, 4, 1, 12, tzinfo=UTC))
        ]
        shown = asuncion.shown(f"/v1/appointments/{visit['id']}")
        assert (shown["starts_at"], shown["ends_at"]) == (NINE_NOW, "2025-04-01T12:50:00Z")
        assert (shown["resource_ids"], shown["override"], shown["status"]) == (visit["resource_ids"], None, "booked")
        assert TEN_NOW in asuncion.slots("2025-04-01", "2025-04-02")
        assert NINE_NOW not in asuncion.slots("2025-04-01", "2025-04-02")

    def test_says_in_its_history_and_the_practice_s_why_it_moved(self, asuncion: Practice) -> None:
        visit = asuncion.booked(NINE_AS_BOOKED)
        asuncion.keep()

        line = history(asuncion, f"/v1/appointments/{visit['id']}")[-1]
        events = asuncion.shown("/v1/events?limit=500")["events"]
        adopted = events[-1]

        assert (line["sentence"], line["actor"]) == ("The visit was moved", "system")
        assert adopted["event_type"] == "practice.practice.zone_rules_adopted"
        assert adopted["command_id"] == line["causation_id"]
        assert "2024a America/Asuncion 2025-03-23T03:00Z/2025-10-05T04:00Z -04:00 -03:00" in str(adopted)

    @pytest.mark.parametrize("starts_at", ["2025-03-20T13:00:00Z", "2025-10-06T13:00:00Z", "2024-10-02T13:00:00Z"])
    def test_of_a_day_on_which_nothing_changed_stays(self, asuncion: Practice, starts_at: str) -> None:
        visit = asuncion.booked(starts_at, override={"reason": "so far ahead"})

        assert asuncion.keep().kept == []
        assert asuncion.start_of(visit["id"]) == starts_at

    def test_that_was_booked_by_the_new_rules_stays(self, program: Program, asuncion: Practice) -> None:
        with program.at(NOW):
            visit = asuncion.booked(NINE_NOW)
            other = asuncion.booked("2025-04-02T13:00:00Z")
        was_moved = asuncion.booked("2025-04-03T13:00:00Z")["id"]
        with program.at(NOW):
            answer = asuncion.act(was_moved, "reschedule", starts_at="2025-04-04T13:00:00Z")
            assert answer.status_code == 200, answer.text

        assert asuncion.keep().kept == []
        assert [asuncion.start_of(id_) for id_ in (visit["id"], other["id"], was_moved)] == [
            NINE_NOW,
            "2025-04-02T13:00:00Z",
            "2025-04-04T13:00:00Z",
        ]

    @pytest.mark.parametrize(
        ("verb", "body"), [("cancel", {"reason": "ill"}), ("reschedule", {"starts_at": "2025-04-04T13:00:00Z"})]
    )
    def test_that_was_brought_back_by_an_undo_is_meant_as_it_was_booked(
        self, program: Program, asuncion: Practice, verb: str, body: Json
    ) -> None:
        id_ = asuncion.booked(NINE_AS_BOOKED)["id"]
        with program.at(NOW):
            assert asuncion.act(id_, verb, **body).status_code == 200
            assert asuncion.act(id_, "undo").status_code == 200

        asuncion.keep()

        assert asuncion.start_of(id_) == NINE_NOW

    def test_stays_where_somebody_puts_it_afterwards_and_not_where_an_undo_does(
        self, program: Program, asuncion: Practice
    ) -> None:
        id_ = asuncion.booked(NINE_AS_BOOKED)["id"]
        asuncion.keep()

        found: list[str] = []
        asked: list[tuple[str, Json]] = [("undo", {}), ("reschedule", {"starts_at": NINE_AS_BOOKED})]
        for minute, (verb, body) in enumerate(asked):
            with program.at(NOW + timedelta(minutes=minute)):
                assert asuncion.act(id_, verb, **body).status_code == 200
            assert asuncion.start_of(id_) == NINE_AS_BOOKED
            asuncion.keep()
            found.append(asuncion.start_of(id_))

        assert found == [NINE_NOW, NINE_AS_BOOKED]

    def test_that_is_only_requested_moves_and_takes_no_time(self, asuncion: Practice) -> None:
        requested = asuncion.booked(NINE_AS_BOOKED, status="requested")
        cancelled = asuncion.booked(TEN_AS_BOOKED)["id"]
        asuncion.act(cancelled, "cancel", reason="ill")

        assert [str(one.id) for one in asuncion.keep().kept] == [requested["id"]]
        assert asuncion.start_of(requested["id"]) == NINE_NOW
        assert NINE_NOW in asuncion.slots("2025-04-01", "2025-04-02")

    def test_is_found_by_calendars_and_feeds(self, asuncion: Practice) -> None:
        visit = asuncion.booked(NINE_AS_BOOKED)["id"]
        before = asuncion.client.get(f"/v1/appointments/{visit}/invitation.ics").text
        asuncion.keep()

        after = asuncion.client.get(f"/v1/appointments/{visit}/invitation.ics").text
        query = f"from=2025-04-01T00:00:00Z&to=2025-04-02T00:00:00Z&after={asuncion.position()}"

        assert ("DTSTART:20250401T130000Z" in before, "DTSTART:20250401T120000Z" in after) == (True, True)
        assert [line for line in before.splitlines() if line.startswith("SEQUENCE")] < [
            line for line in after.splitlines() if line.startswith("SEQUENCE")
        ]
        assert [one["starts_at"] for one in asuncion.shown(f"/v1/calendar?{query}")["appointments"]] == [NINE_NOW]


class TestARun:
    def test_that_is_tried_records_nothing_and_tells_the_same(self, asuncion: Practice) -> None:
        asuncion.booked(NINE_AS_BOOKED)
        before = asuncion.position()

        tried = asuncion.keep(dry_run=True)

        assert asuncion.position() == before
        assert asuncion.keep() == tried

    def test_does_nothing_the_second_time(self, asuncion: Practice) -> None:
        asuncion.booked(NINE_AS_BOOKED)
        asuncion.keep()
        before = asuncion.position()

        assert asuncion.keep().kept == []
        assert asuncion.position() == before

    def test_records_nothing_where_no_rules_changed(self, program: Program, studio: Any) -> None:
        before = studio.program.container.logs.of(UUID(studio.practice_id)).reader.position()

        with program.at(NOW):
            done = program.container.scheduling.adopt_zone_rules(UUID(studio.practice_id), releases())

        assert (done.kept, done.changes) == ([], [])
        assert studio.program.container.logs.of(UUID(studio.practice_id)).reader.position() == before

    def test_goes_on_where_one_ended_that_was_killed(self, asuncion: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
        """Visits one after the other lie in each other's way: those that are moved first must make room for the others."""
        visits = [asuncion.booked(f"2025-04-01T{hour}:00:00Z")["id"] for hour in (13, 14, 15, 16)]
        monkeypatch.setattr("application.scheduling.zone_changes.adopt_zone_rules._BATCH", 1)
        record, appends = PracticeLog.record, []

        def dies_at_the_third(log: PracticeLog, *things: Any, **more: Any) -> int:
            appends.append(things)
            if len(appends) == 3:
                raise KeyboardInterrupt
            return record(log, *things, **more)

        with monkeypatch.context() as patched:
            patched.setattr(PracticeLog, "record", dies_at_the_third)
            with pytest.raises(KeyboardInterrupt):
                asuncion.keep()
        half = [asuncion.start_of(id_)[11:16] for id_ in visits]
        done = asuncion.keep()

        assert half == ["12:00", "13:00", "15:00", "16:00"]
        assert [asuncion.start_of(id_)[11:16] for id_ in visits] == ["12:00", "13:00", "14:00", "15:00"]
        assert [str(one.id) for one in done.kept] == visits[2:]
        assert not any(one.is_beside for one in done.kept)

    def test_moves_the_latest_first_where_all_go_to_a_later_time(
        self, asuncion: Practice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("application.scheduling.zone_changes.adopt_zone_rules._BATCH", 1)
        ahead = [(datetime(2024, 1, 1, tzinfo=UTC), -7200)]
        visits = [asuncion.booked(f"2025-04-01T{hour}:00:00Z")["id"] for hour in (13, 14, 15)]

        done = asuncion.keep(releases(ahead))

        assert [str(one.id) for one in done.kept] == visits[::-1]
        assert [asuncion.start_of(id_)[11:16] for id_ in visits] == ["14:00", "15:00", "16:00"]
        assert not any(one.is_beside for one in done.kept)

    def test_leaves_alone_what_would_have_begun(self, program: Program, asuncion: Practice) -> None:
        behind = [(datetime(2024, 1, 1, tzinfo=UTC), -18000)]
        id_ = asuncion.booked("2024-10-01T13:00:00Z")["id"]

        done = asuncion.keep(releases(behind))

        assert [str(one.id) for one in done.begun] == [id_]
        assert asuncion.start_of(id_) == "2024-10-01T13:00:00Z"


class TestWhereOthersHaveTheTime:
    def test_the_time_on_the_wall_wins_and_the_visit_lies_beside(self, program: Program, asuncion: Practice) -> None:
        """Somebody booked nine o'clock by the new rules, before the visit of nine o'clock had moved."""
        first = asuncion.booked(NINE_AS_BOOKED)["id"]
        with program.at(NOW):
            second = asuncion.booked(NINE_NOW)["id"]

        done = asuncion.keep()

        shown = asuncion.shown(f"/v1/appointments/{first}")
        assert (shown["starts_at"], asuncion.start_of(second)) == (NINE_NOW, NINE_NOW)
        assert (shown["override"]["rules"], shown["override"]["overlaps"]) == (["time_taken"], [second])
        assert "time zone" in shown["override"]["reason"]
        assert [one.is_beside for one in done.kept] == [True]
        assert asuncion.keep().kept == []

    def test_two_zones_meet_at_one_clinician(self, asuncion: Practice) -> None:
        """What is agreed on in Montevideo stays, for its clocks have not changed."""
        tuesday = {"weekday": "tue", "from": "10:00", "to": "17:00"}
        asuncion.set_hours(asuncion.clinician, [tuesday])
        here, asuncion.location = (
            asuncion.location,
            asuncion.make("/v1/locations", name="Montevideo", zone="America/Montevideo")["id"],
        )
        asuncion.set_hours(asuncion.clinician, [tuesday | {"from": "09:00", "to": "10:00"}])
        stays = asuncion.booked(NINE_NOW)
        moves = asuncion.booked(NINE_AS_BOOKED)
        assert (stays["location_id"], moves["location_id"]) == (asuncion.location, here)

        done = asuncion.keep()

        assert [(str(one.id), one.is_beside) for one in done.kept] == [(moves["id"], True)]
        assert asuncion.start_of(moves["id"]) == asuncion.start_of(stays["id"]) == NINE_NOW

    def test_a_session_lies_beside_too(self, program: Program, asuncion: Practice) -> None:
        yoga = asuncion.add_service(name="Yoga", seats=5)
        body = {"service_id": yoga, "staff_ids": [asuncion.clinician]}
        session = asuncion.make("/v1/sessions", **body, starts_at=NINE_AS_BOOKED)["id"]
        with program.at(NOW):
            visit = asuncion.booked(NINE_NOW)["id"]

        done = asuncion.keep()

        assert [(str(one.id), one.is_beside) for one in done.kept] == [(session, True)]
        assert asuncion.shown(f"/v1/sessions/{session}")["starts_at"] == asuncion.start_of(visit) == NINE_NOW
        with program.at(NOW):
            moved = asuncion.client.patch(f"/v1/sessions/{session}", json={"starts_at": TEN_NOW})
        assert moved.status_code == 200, moved.text


class TestWhatWasPlannedTogether:
    def test_a_series_keeps_its_visits_their_numbers_and_that_they_can_be_changed_together(
        self, program: Program, asuncion: Practice
    ) -> None:
        answer = asuncion.plan("2025-03-18T12:00:00Z", "FREQ=WEEKLY;COUNT=4")
        assert answer.status_code == 201, answer.text
        ids = [one["appointment_id"] for one in answer.json()["occurrences"]]
        # As the rules of old would have had it: nine o'clock from 23 March on is 13:00 in UTC.
        for id_, day in zip(ids[1:], ("25", "01", "08"), strict=True):
            month = "03" if day == "25" else "04"
            moved = asuncion.act(id_, "reschedule", starts_at=f"2025-{month}-{day}T13:00:00Z")
            assert moved.status_code == 200, moved.text

        asuncion.keep()

        shown = [asuncion.shown(f"/v1/appointments/{id_}") for id_ in ids]
        assert [one["starts_at"][11:16] for one in shown] == ["12:00"] * 4
        assert [one["occurrence"] for one in shown] == [1, 2, 3, 4]
        assert [one["original"] for one in shown] == [one["original"] for one in answer.json()["occurrences"]]

    def test_a_series_that_lay_as_planned_is_still_changed_as_a_whole(
        self, program: Program, asuncion: Practice
    ) -> None:
        """A visit that was moved with the clocks was not moved by itself."""
        series = asuncion.plan("2025-04-01T13:00:00Z", "FREQ=WEEKLY;COUNT=3").json()
        asuncion.keep()

        with program.at(NOW):
            version = asuncion.shown(f"/v1/series/{series['id']}")
            changed = asuncion.client.post(
                f"/v1/series/{series['id']}/change",
                json={"scope": "all", "from_occurrence": 1, "starts_at": "2025-04-01T15:00:00Z"},
            )

        assert [one["starts_at"][11:16] for one in version["occurrences"]] == ["12:00"] * 3
        assert changed.status_code == 200, changed.text
        after = asuncion.shown(f"/v1/series/{series['id']}")
        assert [one["starts_at"][11:16] for one in after["occurrences"]] == ["15:00"] * 3

    def test_a_session_moves_with_everybody_on_its_roster(self, asuncion: Practice) -> None:
        yoga = asuncion.add_service(name="Yoga", seats=5)
        body = {"service_id": yoga, "staff_ids": [asuncion.clinician], "starts_at": NINE_AS_BOOKED}
        session = asuncion.make("/v1/sessions", **body)
        enrolled = asuncion.client.post(f"/v1/sessions/{session['id']}/enrol", json={"patient_id": asuncion.patient})
        assert enrolled.status_code == 200, enrolled.text

        done = asuncion.keep()

        shown = asuncion.shown(f"/v1/sessions/{session['id']}")
        assert [(str(one.id), one.kind) for one in done.kept] == [(session["id"], "session")]
        assert shown["starts_at"] == NINE_NOW
        assert [one["patient_id"] for one in asuncion.shown(f"/v1/sessions/{session['id']}/roster")["roster"]] == [
            asuncion.patient
        ]
        assert history(asuncion, f"/v1/sessions/{session['id']}")[-1]["actor"] == "system"

    def test_a_course_that_lay_as_planned_is_still_changed_as_a_whole(
        self, program: Program, asuncion: Practice
    ) -> None:
        yoga = asuncion.add_service(name="Yoga", seats=5)
        body = {"service_id": yoga, "staff_ids": [asuncion.clinician], "rrule": "FREQ=WEEKLY;COUNT=3"}
        course = asuncion.make("/v1/courses", **body, starts_at=NINE_AS_BOOKED)["id"]

        asuncion.keep()

        shown = asuncion.shown(f"/v1/courses/{course}")["occurrences"]
        with program.at(NOW):
            changed = asuncion.client.post(
                f"/v1/courses/{course}/change",
                json={"scope": "all", "from_occurrence": 1, "starts_at": "2025-04-01T15:00:00Z"},
            )
        assert [one["starts_at"][11:16] for one in shown] == ["12:00"] * 3
        assert changed.status_code == 200, changed.text
        after = asuncion.shown(f"/v1/courses/{course}")["occurrences"]
        assert [one["starts_at"][11:16] for one in after] == ["15:00"] * 3
        assert asuncion.keep().kept == []
