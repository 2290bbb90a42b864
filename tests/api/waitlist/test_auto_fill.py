"""Auto-fill: time that is given up is offered to whoever joined first of those whom it fits, then to the next (DM-05)."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from application.waitlist.auto_fill import AutoFill
from tests.api.studio import Json, Studio
from tests.api.waitlist.test_waitlist import NINE_SAID, TEN, answer, join, line, one
from tests.support.wait_until import until

GRACE = {"minutes": 3.0}


def openings(studio: Studio) -> list[Json]:
    found: list[Json] = studio.client.get("/v1/openings").json()["openings"]
    return found


def opening(studio: Studio, status: str = "offered", rounds: int = 1, number: int = 0) -> Json:
    """Wait for an opening that the worker makes by itself, in a status and with so many rounds."""

    def found() -> list[Json]:
        made = openings(studio)[number : number + 1]
        return [each for each in made if each["status"] == status and len(each["rounds"]) == rounds]

    [made] = until(found, f"an opening is {status}", lambda: openings(studio))
    return made


def offer_of(opening: Json) -> str:
    return str(opening["rounds"][-1]["offers"][0]["offer_id"])


@contextmanager
def later(studio: Studio, **span: float) -> Iterator[None]:
    with studio.program.at(studio.program.clock.now() + timedelta(**span)):
        yield


def auto_fill_of(studio: Studio) -> AutoFill:
    container = studio.program.container
    return AutoFill(container.logs, container.clock, container.waitlist.lines)


class TestACancellation:
    def test_is_offered_to_whoever_joined_first_and_then_to_the_next(self, studio: Studio) -> None:
        visit = studio.booked()
        entries = [join(studio) for _ in range(3)]
        studio.act(visit["id"], "cancel", reason="ill")

        with later(studio, **GRACE):
            first = opening(studio)
            assert (first["freed_by"], first["cause"]) == (visit["id"], "given_up")
            assert [each["entry_id"] for each in first["rounds"][0]["offers"]] == [entries[0]["id"]]
            assert studio.book().json()["code"] == "time_taken"
            answer(studio, offer_of(first), "decline")
            second = opening(studio, rounds=2)
            assert second["rounds"][1]["offers"][0]["entry_id"] == entries[1]["id"]
            assert second["rounds"][1]["passed_over"] == [{"entry_id": entries[0]["id"], "because": "offered_before"}]
        with later(studio, minutes=64):
            # An hour later it has expired, with nobody to say so.
            third = opening(studio, rounds=3)
            assert third["rounds"][2]["offers"][0]["entry_id"] == entries[2]["id"]
            assert [each["offers"][0]["status"] for each in third["rounds"]] == ["declined", "expired", "open"]
            accepted = answer(studio, offer_of(third), "accept").json()
            assert one(studio, "appointments", accepted["appointment_id"])["status"] == "booked"
        assert line(studio, accepted["position"]) == [entry["id"] for entry in entries[:2]]

    def test_that_is_undone_in_time_is_offered_to_nobody(self, studio: Studio) -> None:
        visit = studio.booked()
        join(studio)
        studio.act(visit["id"], "cancel", reason="wrong one")

        assert openings(studio) == []
        with later(studio, minutes=2):
            assert studio.act(visit["id"], "undo").status_code == 200
        other = studio.booked(TEN)
        studio.act(other["id"], "cancel", reason="ill")
        with later(studio, minutes=6):
            assert opening(studio)["freed_by"] == other["id"]
            assert len(openings(studio)) == 1

    def test_passes_over_those_whom_it_does_not_fit_and_says_why(self, studio: Studio) -> None:
        visit, other = studio.booked(), studio.add_clinician()
        studio.make("/v1/services", name="x", duration_minutes=10, price={"amount_minor": 1, "currency": "EUR"},
                    clinician_ids=[other])  # fmt: skip
        evening = {"from": "2026-06-01T18:00:00+02:00", "to": "2026-06-01T20:00:00+02:00"}
        erased = studio.add_patient()
        passed = [join(studio, windows=[evening]), join(studio, notice_minutes=43_200), join(studio, erased)]
        studio.client.delete(f"/v1/patients/{erased}")
        chosen = join(studio)
        studio.act(visit["id"], "cancel", reason="ill")

        with later(studio, **GRACE):
            [made] = opening(studio)["rounds"]

        assert made["offers"][0]["entry_id"] == chosen["id"]
        assert made["passed_over"] == [
            {"entry_id": entry["id"], "because": because}
            for entry, because in zip(passed, ("outside_windows", "too_little_notice", "patient_unknown"), strict=True)
        ]

    def test_that_fits_nobody_is_closed_and_says_why(self, studio: Studio) -> None:
        visit = studio.booked()
        evening = {"from": "2026-06-01T18:00:00+02:00", "to": "2026-06-01T20:00:00+02:00"}
        entry = join(studio, windows=[evening])
        studio.act(visit["id"], "cancel", reason="ill")

        with later(studio, **GRACE):
            closed = opening(studio, "closed", rounds=0)

        assert closed["closed_because"] == "nobody_fits"
        assert closed["passed_over"] == [{"entry_id": entry["id"], "because": "outside_windows"}]
        assert studio.book().status_code == 201

    def test_of_a_time_that_another_took_is_closed(self, studio: Studio) -> None:
        visit = studio.booked()
        join(studio)
        studio.act(visit["id"], "cancel", reason="ill")
        studio.booked()

        with later(studio, **GRACE):
            assert opening(studio, "closed", rounds=0)["passed_over"][0]["because"] == "time_taken"

    def test_is_offered_once_to_each_however_often_it_is_given_up(self, studio: Studio) -> None:
        entry, first = join(studio), studio.booked()
        studio.act(first["id"], "cancel", reason="ill")
        with later(studio, **GRACE):
            answer(studio, offer_of(opening(studio)), "decline")
            opening(studio, "closed")
            second = studio.booked()
            studio.act(second["id"], "cancel", reason="ill")

        with later(studio, minutes=6):
            again = opening(studio, "closed", rounds=0, number=1)

        assert again["passed_over"] == [{"entry_id": entry["id"], "because": "offered_before"}]


class TestOtherWaysToGiveTimeUp:
    @pytest.mark.parametrize("verb", ["reschedule", "reassign", "undo"])
    def test_open_it_too(self, studio: Studio, verb: str) -> None:
        other = studio.add_clinician()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        visit = studio.booked()
        join(studio, clinician_id=studio.clinician)
        bodies: dict[str, dict[str, object]] = {"reschedule": {"starts_at": TEN}, "reassign": {"clinician_id": other}}
        assert studio.act(visit["id"], verb, None, **bodies.get(verb, {})).status_code == 200

        with later(studio, **GRACE):
            assert opening(studio)["rounds"][0]["starts_at"] == "2026-06-01T07:00:00Z"

    def test_a_series_that_is_cancelled_opens_each_of_its_times(self, studio: Studio) -> None:
        series = studio.plan(NINE_SAID, "FREQ=DAILY;COUNT=3").json()
        join(studio)
        body = {"from_occurrence": 1, "scope": "all", "cancel": {"reason": "moved away"}}
        assert studio.client.post(f"/v1/series/{series['id']}/change", json=body).status_code == 200

        with later(studio, **GRACE):
            until(lambda: len(openings(studio)) == 3, "three openings")
            made = [offer_of(each) for each in openings(studio)]
            answer(studio, made[0], "accept")
            assert [one(studio, "offers", id_)["status"] for id_ in made] == ["accepted", "withdrawn", "withdrawn"]

    @pytest.mark.parametrize("verb", ["cancel", "", "undo"])
    def test_a_session_opens_the_time_of_each_of_its_staff(self, studio: Studio, verb: str) -> None:
        other = studio.add_clinician()
        yoga = studio.add_service(clinician_ids=[studio.clinician, other], seats=5, duration_minutes=50)
        session = studio.make("/v1/sessions", service_id=yoga, staff_ids=[studio.clinician, other], starts_at=NINE_SAID)
        studio.service = studio.add_service(clinician_ids=[studio.clinician, other])
        entries = [join(studio, clinician_id=each) for each in (studio.clinician, other)]
        path = f"/v1/sessions/{session['id']}"
        bodies: dict[str, Json] = {"cancel": {"reason": "ill"}, "undo": {"version": session["version"]}}
        answered = (
            studio.client.post(f"{path}/{verb}", json=bodies[verb])
            if verb
            else studio.client.patch(path, json={"starts_at": "2026-06-01T14:00:00+02:00"})
        )
        assert answered.status_code == 200, answered.text

        with later(studio, **GRACE):
            until(lambda: len(openings(studio)) == 2, "two openings")
            made = openings(studio)

        assert {each["freed_by"] for each in made} == {session["id"]}
        assert {each["clinician_id"]: each["rounds"][0]["offers"][0]["entry_id"] for each in made} == {
            studio.clinician: entries[0]["id"], other: entries[1]["id"],
        }  # fmt: skip

    def test_a_session_that_takes_place_after_all_opens_nothing(self, studio: Studio) -> None:
        body: Json = {"service_id": studio.service, "staff_ids": [studio.clinician], "seats": 3}
        kept, gone = (studio.make("/v1/sessions", **body, starts_at=each) for each in (NINE_SAID, TEN))
        join(studio)
        cancelled = studio.client.post(f"/v1/sessions/{kept['id']}/cancel", json={"reason": "wrong row"}).json()
        with later(studio, minutes=1):
            back = studio.client.post(f"/v1/sessions/{kept['id']}/undo", json={"version": cancelled["version"]})
            assert back.status_code == 200
            studio.client.post(f"/v1/sessions/{gone['id']}/cancel", json={"reason": "ill"})

        with later(studio, minutes=5):
            assert opening(studio)["freed_by"] == gone["id"]
            assert len(openings(studio)) == 1

    def test_a_hold_that_is_released_opens_it_at_once(self, studio: Studio) -> None:
        hold = studio.make(
            "/v1/holds", service_id=studio.service, clinician_id=studio.clinician, starts_at=NINE_SAID, minutes=5
        )
        join(studio)

        studio.client.delete(f"/v1/holds/{hold['id']}")

        assert opening(studio)["freed_by"] == hold["id"]


class TestManually:
    def test_nothing_is_offered_by_itself(self, studio: Studio) -> None:
        assert studio.client.patch("/v1/practice", json={"auto_fill": False}).json()["auto_fill"] is False
        join(studio)
        first, second = studio.booked(), studio.booked(TEN)
        studio.act(first["id"], "cancel", reason="ill")

        with later(studio, **GRACE):
            time.sleep(2)
            assert openings(studio) == []
            studio.client.patch("/v1/practice", json={"auto_fill": True, "offer_minutes": 15})
            studio.act(second["id"], "cancel", reason="ill")
        with later(studio, minutes=6):
            assert opening(studio)["rounds"][0]["expires_at"] == "2026-05-04T08:21:00Z"


@dataclass
class Passing:
    """A clock that goes on each time it is looked at."""

    instants: list[datetime]

    def now(self) -> datetime:
        return self.instants.pop(0)


class TestAWorker:
    def test_that_was_killed_before_it_could_say_so_has_offered_it_once(self, studio: Studio) -> None:
        """What it recorded is found again, by it or by another: nothing is lost, and nothing is offered twice."""
        visit, entries = studio.booked(), [join(studio), join(studio)]
        cancelled = studio.act(visit["id"], "cancel", reason="ill").json()
        by_hand = auto_fill_of(studio)
        wanted = (UUID(studio.practice_id), UUID(visit["id"]), cancelled["version"])
        line(studio, cancelled["position"])

        with later(studio, **GRACE):
            with ThreadPoolExecutor(8) as threads:
                for each in [threads.submit(by_hand.offer_freed_time, *wanted) for _ in range(8)]:
                    each.result()
            made = opening(studio)
            for _ in range(3):
                by_hand.offer_to_next(UUID(studio.practice_id), UUID(made["id"]))
            assert [each["id"] for each in openings(studio)] == [made["id"]]
            assert [each["entry_id"] for each in opening(studio)["rounds"][0]["offers"]] == [entries[0]["id"]]

    def test_that_looks_just_as_an_offer_runs_out_looks_again(self, studio: Studio) -> None:
        visit, _ = studio.booked(), join(studio)
        studio.act(visit["id"], "cancel", reason="ill")
        with later(studio, **GRACE):
            made = opening(studio)
        runs_out = datetime.fromisoformat(made["rounds"][0]["expires_at"])
        container = studio.program.container
        auto_fill = AutoFill(
            container.logs, Passing([runs_out - timedelta(seconds=1), runs_out]), container.waitlist.lines
        )

        again = auto_fill.offer_to_next(UUID(studio.practice_id), UUID(made["id"]))

        assert again == runs_out

    def test_that_was_down_for_an_hour_offers_what_is_still_to_come(self, studio: Studio) -> None:
        late, soon = studio.booked(), studio.booked("2026-05-04T11:00:00+02:00")
        join(studio)
        for visit in (soon, late):
            studio.act(visit["id"], "cancel", reason="ill")

        with studio.program.at(studio.program.clock.now() + timedelta(hours=2)):
            assert opening(studio)["freed_by"] == late["id"]
            assert len(openings(studio)) == 1

    def test_of_many_at_once_serves_the_next_one_alone(self, studio: Studio) -> None:
        visit = studio.booked()
        entries = [join(studio) for _ in range(4)]
        studio.act(visit["id"], "cancel", reason="ill")
        auto_fill = auto_fill_of(studio)

        with later(studio, **GRACE):
            made = opening(studio)
            answer(studio, offer_of(made), "decline")
            with ThreadPoolExecutor(8) as threads:
                wanted = UUID(studio.practice_id), UUID(made["id"])
                for each in [threads.submit(auto_fill.offer_to_next, *wanted) for _ in range(8)]:
                    each.result()
            rounds = opening(studio, rounds=2)["rounds"]

        assert [[each["entry_id"] for each in one["offers"]] for one in rounds] == [[e["id"]] for e in entries[:2]]
