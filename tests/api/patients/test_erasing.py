"""What hangs on an erased person ends: waiting, offers, feeds. Visits are listed for a decision."""

from uuid import UUID

import pytest

from domain.scheduling.appointments.undo import GRACE
from tests.api.practice_client import Json, PracticeClient
from tests.api.waitlist.waitlist_requests import NINE_SAID, TEN, get_json, join_waitlist, offer_time, waiting_entry_ids
from tests.support.concurrency import map_concurrently
from tests.support.wait_until import wait_until

JOBS = {"waitlist.end_waiting", "scheduling.end_feeds_and_lines"}


def erased(studio: PracticeClient, patient: str) -> int:
    """Erase a patient, wait until the jobs have run, and return a position that includes them."""
    answer = studio.client.delete(f"/v1/patients/{patient}")
    assert answer.status_code == 200, answer.text
    container, practice_id = studio.server.container, UUID(studio.practice_id)

    def is_done() -> bool:
        [policies] = [
            view
            for view in container.read_models.status()
            if (view.tenant_id, view.projector) == (practice_id, "policies")
        ]
        with container.storage.job_queue() as queue:
            names = {job.name for job in queue.listed(practice_id)}
        return policies.position >= answer.json()["position"] and not names & JOBS

    wait_until(is_done, "the jobs of the erasure are done")
    return container.logs.of(practice_id).reader.position()


def conflicts(studio: PracticeClient, after: int) -> list[Json]:
    answer = studio.client.get("/v1/conflicts", params={"after": after})
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["conflicts"]
    return found


class TestWaitlist:
    def test_has_no_entry_and_no_offer_any_more(self, studio: PracticeClient) -> None:
        entry = join_waitlist(studio, studio.patient)
        [offer] = offer_time(studio, entry)

        position = erased(studio, studio.patient)

        assert get_json(studio, "waitlist", entry["id"])["status"] == "withdrawn"
        shown = get_json(studio, "offers", offer)
        assert (shown["status"], shown["because"]) == ("withdrawn", "left")
        assert waiting_entry_ids(studio, position) == []

    def test_has_the_time_that_it_offered_them_for_the_next(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE_SAID, patient_id=studio.add_patient())
        entry, following = join_waitlist(studio, studio.patient), join_waitlist(studio)
        studio.post_action(visit["id"], "cancel", reason="ill")

        def offered() -> list[str]:
            openings = studio.client.get("/v1/openings").json()["openings"]
            return [offer["entry_id"] for opening in openings for offer in opening["rounds"][-1]["offers"]]

        with studio.server.at_time(studio.server.clock.now() + GRACE):
            wait_until(lambda: offered() == [entry["id"]], "the time is offered", offered)
            erased(studio, studio.patient)
            wait_until(lambda: offered() == [following["id"]], "the time is offered to the next", offered)

    def test_has_no_entry_of_one_who_was_merged_into_them(self, studio: PracticeClient) -> None:
        twin = studio.add_patient()
        entries = [join_waitlist(studio, twin), join_waitlist(studio, studio.patient)]
        studio.client.post(f"/v1/patients/{studio.patient}/merge", json={"other_id": twin})

        erased(studio, studio.patient)

        assert {get_json(studio, "waitlist", entry["id"])["status"] for entry in entries} == {"withdrawn"}

    def test_takes_no_entry_that_joins_at_the_same_time(self, studio: PracticeClient) -> None:
        body = {"patient_id": studio.patient, "service_id": studio.service}
        acts = [lambda: studio.client.post("/v1/waitlist", json=body) for _ in range(3)]
        acts.insert(1, lambda: studio.client.delete(f"/v1/patients/{studio.patient}"))

        answers = map_concurrently(len(acts), lambda number: acts[number]())

        assert answers[1].status_code == 200
        position = erased(studio, studio.patient)
        assert waiting_entry_ids(studio, position) == []


class TestFeeds:
    def test_are_revoked(self, studio: PracticeClient) -> None:
        opened = studio.create(f"/v1/patients/{studio.patient}/feeds", detail="visit")

        position = erased(studio, studio.patient)

        [feed] = studio.client.get("/v1/feeds", params={"after": position}).json()["feeds"]
        assert (feed["id"], feed["revoked_at"] is None) == (opened["id"], False)


class TestVisits:
    def test_to_come_are_listed_for_a_decision(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE_SAID)
        request = studio.book_appointment(TEN, status="requested")
        other = studio.book_appointment("2026-06-01T12:00:00+02:00", patient_id=studio.add_patient())

        found = conflicts(studio, erased(studio, studio.patient))

        assert [each["appointment_id"] for each in found] == [visit["id"], request["id"]]
        assert other["id"] not in str(found)
        for each in found:
            assert [reason["code"] for reason in each["reasons"]] == ["patient_erased"]
            assert [event["event_type"] for event in each["reasons"][0]["events"]] == ["patients.patient.erased"]
            assert [remedy["action"] for remedy in each["remedies"]] == ["cancel", "keep"]

    def test_that_were_cancelled_are_listed_no_longer(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment(NINE_SAID)
        erased(studio, studio.patient)

        gone = studio.post_action(visit["id"], "cancel", reason="erased").json()

        assert conflicts(studio, gone["position"]) == []


class TestSessions:
    @pytest.fixture
    def session(self, studio: PracticeClient) -> Json:
        return studio.create(
            "/v1/sessions", service_id=studio.add_service(seats=1), staff_ids=[studio.clinician], starts_at=NINE_SAID
        )

    def enrol(self, studio: PracticeClient, session: Json, patient: str) -> None:
        answer = studio.client.post(
            f"/v1/sessions/{session['id']}/enrol", json={"patient_id": patient, "if_full": "wait"}
        )
        assert answer.status_code in (200, 201), answer.text

    def test_have_nobody_in_line_who_was_erased(self, studio: PracticeClient, session: Json) -> None:
        self.enrol(studio, session, studio.add_patient())
        self.enrol(studio, session, studio.patient)

        erased(studio, studio.patient)

        assert get_json(studio, "sessions", session["id"])["waiting"] == 0

    def test_of_which_they_have_a_seat_are_listed_for_a_decision(self, studio: PracticeClient, session: Json) -> None:
        self.enrol(studio, session, studio.patient)

        [found] = conflicts(studio, erased(studio, studio.patient))

        assert (found["session_id"], found["reasons"][0]["code"]) == (session["id"], "patient_erased")
