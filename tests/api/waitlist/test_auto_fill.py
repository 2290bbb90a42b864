"""Auto-fill: freed time is offered to the first matching entry, then to the next (DM-05)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from adapters.postgres.job_queue import ListedJob
from application.waitlist.auto_fill import AutoFill
from tests.api.practice_client import Json, PracticeClient
from tests.api.waitlist.waitlist_requests import (
    GRACE,
    NINE_SAID,
    TEN,
    get_json,
    join_waitlist,
    openings,
    post_answer,
    time_later,
    wait_for_opening,
    waiting_entry_ids,
)
from tests.support.wait_until import wait_until


def stored_jobs(studio: PracticeClient) -> Sequence[ListedJob]:
    with studio.server.container.storage.job_queue() as queue:
        return queue.listed(UUID(studio.practice_id))


def first_offer_id(wait_for_opening: Json) -> str:
    return str(wait_for_opening["rounds"][-1]["offers"][0]["offer_id"])


def auto_fill_of(studio: PracticeClient) -> AutoFill:
    container = studio.server.container
    return AutoFill(container.logs, container.clock, container.waitlist.lines)


class TestCancellation:
    def test_is_offered_in_order_of_joining(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        entries = [join_waitlist(studio) for _ in range(3)]
        studio.post_action(visit["id"], "cancel", reason="ill")

        with time_later(studio, **GRACE):
            first = wait_for_opening(studio)
            assert (first["freed_by"], first["cause"]) == (visit["id"], "given_up")
            assert [each["entry_id"] for each in first["rounds"][0]["offers"]] == [entries[0]["id"]]
            assert studio.post_booking().json()["code"] == "time_taken"
            post_answer(studio, first_offer_id(first), "decline")
            second = wait_for_opening(studio, rounds=2)
            assert second["rounds"][1]["offers"][0]["entry_id"] == entries[1]["id"]
            assert second["rounds"][1]["passed_over"] == [{"entry_id": entries[0]["id"], "because": "offered_before"}]
        with time_later(studio, minutes=64):
            # An hour later it has expired, with nobody to say so.
            third = wait_for_opening(studio, rounds=3)
            assert third["rounds"][2]["offers"][0]["entry_id"] == entries[2]["id"]
            assert [each["offers"][0]["status"] for each in third["rounds"]] == ["declined", "expired", "open"]
            accepted = post_answer(studio, first_offer_id(third), "accept").json()
            assert get_json(studio, "appointments", accepted["appointment_id"])["status"] == "booked"
        assert waiting_entry_ids(studio, accepted["position"]) == [entry["id"] for entry in entries[:2]]

    def test_that_is_undone_in_time_is_offered_to_nobody(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        join_waitlist(studio)
        studio.post_action(visit["id"], "cancel", reason="wrong one")

        assert openings(studio) == []
        with time_later(studio, minutes=2):
            assert studio.post_action(visit["id"], "undo").status_code == 200
        other = studio.book_appointment(TEN)
        studio.post_action(other["id"], "cancel", reason="ill")
        with time_later(studio, minutes=6):
            assert wait_for_opening(studio)["freed_by"] == other["id"]
            assert len(openings(studio)) == 1

    def test_passes_over_those_whom_it_does_not_fit_and_says_why(self, studio: PracticeClient) -> None:
        visit, other = studio.book_appointment(), studio.add_clinician()
        studio.create("/v1/services", name="x", duration_minutes=10, price={"amount_minor": 1, "currency": "EUR"},
                    clinician_ids=[other])  # fmt: skip
        evening = {"from": "2026-06-01T18:00:00+02:00", "to": "2026-06-01T20:00:00+02:00"}
        passed = [
            join_waitlist(studio, windows=[evening]),
            join_waitlist(studio, notice_minutes=43_200),
        ]
        chosen = join_waitlist(studio)
        studio.post_action(visit["id"], "cancel", reason="ill")

        with time_later(studio, **GRACE):
            [made] = wait_for_opening(studio)["rounds"]

        assert made["offers"][0]["entry_id"] == chosen["id"]
        assert made["passed_over"] == [
            {"entry_id": entry["id"], "because": because}
            for entry, because in zip(passed, ("outside_windows", "too_little_notice"), strict=True)
        ]

    def test_is_offered_to_whom_the_weekday_and_time_of_day_suit(self, studio: PracticeClient) -> None:
        # Nine o'clock in Berlin is seven o'clock UTC: the times are those of the location.
        visit = studio.book_appointment(NINE_SAID)
        passed = [
            join_waitlist(studio, weekly=[{"weekday": day, "from": starts, "to": ends}])
            for day, starts, ends in (("tue", "08:00", "18:00"), ("mon", "10:00", "18:00"), ("mon", "07:00", "09:00"))
        ]
        chosen = join_waitlist(studio, weekly=[{"weekday": "mon", "from": "09:00", "to": "10:00"}])
        studio.post_action(visit["id"], "cancel", reason="ill")

        with time_later(studio, **GRACE):
            [made] = wait_for_opening(studio)["rounds"]

        assert made["offers"][0]["entry_id"] == chosen["id"]
        assert made["starts_at"] == "2026-06-01T07:00:00Z"
        assert made["passed_over"] == [{"entry_id": entry["id"], "because": "outside_windows"} for entry in passed]

    def test_that_fits_nobody_is_closed_and_says_why(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        evening = {"from": "2026-06-01T18:00:00+02:00", "to": "2026-06-01T20:00:00+02:00"}
        entry = join_waitlist(studio, windows=[evening])
        studio.post_action(visit["id"], "cancel", reason="ill")

        with time_later(studio, **GRACE):
            closed = wait_for_opening(studio, "closed", rounds=0)

        assert closed["closed_because"] == "nobody_fits"
        assert closed["passed_over"] == [{"entry_id": entry["id"], "because": "outside_windows"}]
        assert studio.post_booking().status_code == 201

    def test_of_a_time_that_another_took_is_closed(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        join_waitlist(studio)
        studio.post_action(visit["id"], "cancel", reason="ill")
        studio.book_appointment()

        with time_later(studio, **GRACE):
            assert wait_for_opening(studio, "closed", rounds=0)["passed_over"][0]["because"] == "time_taken"

    def test_is_offered_once_to_each_however_often_it_is_given_up(self, studio: PracticeClient) -> None:
        entry, first = join_waitlist(studio), studio.book_appointment()
        studio.post_action(first["id"], "cancel", reason="ill")
        with time_later(studio, **GRACE):
            post_answer(studio, first_offer_id(wait_for_opening(studio)), "decline")
            wait_for_opening(studio, "closed")
            second = studio.book_appointment()
            studio.post_action(second["id"], "cancel", reason="ill")

        with time_later(studio, minutes=6):
            again = wait_for_opening(studio, "closed", rounds=0, number=1)

        assert again["passed_over"] == [{"entry_id": entry["id"], "because": "offered_before"}]


class TestOtherFreedTime:
    @pytest.mark.parametrize("verb", ["reschedule", "reassign", "undo"])
    def test_open_it_too(self, studio: PracticeClient, verb: str) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.book_appointment()
        join_waitlist(studio, clinician_id=studio.clinician)
        bodies: dict[str, dict[str, object]] = {"reschedule": {"starts_at": TEN}, "reassign": {"clinician_id": other}}
        assert studio.post_action(visit["id"], verb, None, **bodies.get(verb, {})).status_code == 200

        with time_later(studio, **GRACE):
            assert wait_for_opening(studio)["rounds"][0]["starts_at"] == "2026-06-01T07:00:00Z"

    def test_a_series_that_is_cancelled_opens_each_of_its_times(self, studio: PracticeClient) -> None:
        series = studio.post_series(NINE_SAID, "FREQ=DAILY;COUNT=3").json()
        join_waitlist(studio)
        body = {"from_occurrence": 1, "scope": "all", "cancel": {"reason": "moved away"}}
        assert studio.client.post(f"/v1/series/{series['id']}/change", json=body).status_code == 200

        with time_later(studio, **GRACE):
            wait_until(lambda: len(openings(studio)) == 3, "three openings")
            made = [first_offer_id(each) for each in openings(studio)]
            post_answer(studio, made[0], "accept")
            assert [get_json(studio, "offers", id_)["status"] for id_ in made] == ["accepted", "withdrawn", "withdrawn"]

    @pytest.mark.parametrize("verb", ["cancel", "", "undo"])
    def test_a_session_opens_the_time_of_each_of_its_staff(self, studio: PracticeClient, verb: str) -> None:
        other = studio.add_clinician()
        yoga = studio.add_service(clinician_ids=[studio.clinician, other], seats=5, duration_minutes=50)
        session = studio.create(
            "/v1/sessions", service_id=yoga, staff_ids=[studio.clinician, other], starts_at=NINE_SAID
        )
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        entries = [join_waitlist(studio, clinician_id=each) for each in (studio.clinician, other)]
        path = f"/v1/sessions/{session['id']}"
        bodies: dict[str, Json] = {"cancel": {"reason": "ill"}, "undo": {"version": session["version"]}}
        answered = (
            studio.client.post(f"{path}/{verb}", json=bodies[verb])
            if verb
            else studio.client.patch(path, json={"starts_at": "2026-06-01T14:00:00+02:00"})
        )
        assert answered.status_code == 200, answered.text

        with time_later(studio, **GRACE):
            wait_until(lambda: len(openings(studio)) == 2, "two openings")
            made = openings(studio)

        assert {each["freed_by"] for each in made} == {session["id"]}
        assert {each["clinician_id"]: each["rounds"][0]["offers"][0]["entry_id"] for each in made} == {
            studio.clinician: entries[0]["id"], other: entries[1]["id"],
        }  # fmt: skip

    def test_a_session_that_takes_place_after_all_opens_nothing(self, studio: PracticeClient) -> None:
        body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "seats": 3}
        kept, gone = (studio.create("/v1/sessions", **body, starts_at=each) for each in (NINE_SAID, TEN))
        join_waitlist(studio)
        cancelled = studio.client.post(f"/v1/sessions/{kept['id']}/cancel", json={"reason": "wrong row"}).json()
        with time_later(studio, minutes=1):
            back = studio.client.post(f"/v1/sessions/{kept['id']}/undo", json={"version": cancelled["version"]})
            assert back.status_code == 200
            studio.client.post(f"/v1/sessions/{gone['id']}/cancel", json={"reason": "ill"})

        with time_later(studio, minutes=5):
            assert wait_for_opening(studio)["freed_by"] == gone["id"]
            assert len(openings(studio)) == 1

    def test_a_hold_that_is_released_opens_it_at_once(self, studio: PracticeClient) -> None:
        hold = studio.create(
            "/v1/holds", service_id=studio.service, clinician_id=studio.clinician, starts_at=NINE_SAID, minutes=5
        )
        join_waitlist(studio)

        studio.client.delete(f"/v1/holds/{hold['id']}")

        assert wait_for_opening(studio)["freed_by"] == hold["id"]


class TestDisabled:
    def test_nothing_is_offered_by_itself(self, studio: PracticeClient) -> None:
        assert studio.client.patch("/v1/practice", json={"auto_fill": False}).json()["auto_fill"] is False
        join_waitlist(studio)
        first, second = studio.book_appointment(), studio.book_appointment(TEN)
        studio.post_action(first["id"], "cancel", reason="ill")
        wait_until(lambda: stored_jobs(studio), "the job is stored")

        with time_later(studio, **GRACE):
            wait_until(lambda: not stored_jobs(studio), "the job is done")
            assert openings(studio) == []
            studio.client.patch("/v1/practice", json={"auto_fill": True, "offer_minutes": 15})
            studio.post_action(second["id"], "cancel", reason="ill")
        with time_later(studio, minutes=6):
            assert wait_for_opening(studio)["rounds"][0]["expires_at"] == "2026-05-04T08:21:00Z"


@dataclass
class TickingClock:
    """A clock that goes on each time it is looked at."""

    instants: list[datetime]

    def now(self) -> datetime:
        return self.instants.pop(0)


class TestWorker:
    def test_killed_before_its_answer_has_offered_the_time_once(self, studio: PracticeClient) -> None:
        """Workers find what was recorded before: nothing is lost, and nothing is offered twice."""
        visit, entries = studio.book_appointment(), [join_waitlist(studio), join_waitlist(studio)]
        cancelled = studio.post_action(visit["id"], "cancel", reason="ill").json()
        by_hand = auto_fill_of(studio)
        wanted = (UUID(studio.practice_id), UUID(visit["id"]), cancelled["version"])
        waiting_entry_ids(studio, cancelled["position"])

        with time_later(studio, **GRACE):
            with ThreadPoolExecutor(8) as threads:
                for each in [threads.submit(by_hand.offer_freed_time, *wanted) for _ in range(8)]:
                    each.result()
            made = wait_for_opening(studio)
            for _ in range(3):
                by_hand.offer_to_next(UUID(studio.practice_id), UUID(made["id"]))
            assert [each["id"] for each in openings(studio)] == [made["id"]]
            assert [each["entry_id"] for each in wait_for_opening(studio)["rounds"][0]["offers"]] == [entries[0]["id"]]

    def test_that_looks_just_as_an_offer_runs_out_looks_again(self, studio: PracticeClient) -> None:
        visit, _ = studio.book_appointment(), join_waitlist(studio)
        studio.post_action(visit["id"], "cancel", reason="ill")
        with time_later(studio, **GRACE):
            made = wait_for_opening(studio)
        runs_out = datetime.fromisoformat(made["rounds"][0]["expires_at"])
        container = studio.server.container
        auto_fill = AutoFill(
            container.logs, TickingClock([runs_out - timedelta(seconds=1), runs_out]), container.waitlist.lines
        )

        again = auto_fill.offer_to_next(UUID(studio.practice_id), UUID(made["id"]))

        assert again == runs_out

    def test_that_was_down_for_an_hour_offers_what_is_still_to_come(self, studio: PracticeClient) -> None:
        late, soon = studio.book_appointment(), studio.book_appointment("2026-05-04T11:00:00+02:00")
        join_waitlist(studio)
        for visit in (soon, late):
            studio.post_action(visit["id"], "cancel", reason="ill")

        with studio.server.at_time(studio.server.clock.now() + timedelta(hours=2)):
            assert wait_for_opening(studio)["freed_by"] == late["id"]
            assert len(openings(studio)) == 1

    def test_of_many_at_once_serves_the_next_one_alone(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        entries = [join_waitlist(studio) for _ in range(4)]
        studio.post_action(visit["id"], "cancel", reason="ill")
        auto_fill = auto_fill_of(studio)

        with time_later(studio, **GRACE):
            made = wait_for_opening(studio)
            post_answer(studio, first_offer_id(made), "decline")
            with ThreadPoolExecutor(8) as threads:
                wanted = UUID(studio.practice_id), UUID(made["id"])
                for each in [threads.submit(auto_fill.offer_to_next, *wanted) for _ in range(8)]:
                    each.result()
            rounds = wait_for_opening(studio, rounds=2)["rounds"]

        assert [[each["entry_id"] for each in get_json["offers"]] for get_json in rounds] == [
            [e["id"]] for e in entries[:2]
        ]
