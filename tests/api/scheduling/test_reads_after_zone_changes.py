"""Reads with `after` hold a change of a zone: local times, and the dates of a window."""

from typing import Any

import httpx2
import pytest

from tests.api.practice_client import PracticeClient

NINE_IN_BERLIN, ANY_DAY = "2026-06-01T09:00:00+02:00", {"from": "2026-05-30", "to": "2026-06-04"}


def patched(studio: PracticeClient, path: str, zone: str) -> int:
    answer = studio.client.patch(path, json={"zone": zone})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["position"])


def get(client: httpx2.Client, path: str, **query: str | int) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestLocation:
    @pytest.fixture(autouse=True)
    def moved_to_new_york(self, studio: PracticeClient) -> None:
        self.visit = studio.book_appointment(NINE_IN_BERLIN)
        self.session = studio.create(
            "/v1/sessions",
            service_id=studio.add_service(seats=4),
            staff_ids=[studio.clinician],
            starts_at="2026-06-02T09:00:00+02:00",
        )
        self.position = patched(studio, f"/v1/locations/{studio.location}", "America/New_York")

    def test_is_in_the_visit(self, studio: PracticeClient) -> None:
        visit = get(studio.client, f"/v1/appointments/{self.visit['id']}", after=self.position)

        assert visit["display"]["clinic"] == "03:00 EDT"

    def test_is_in_the_list_of_visits(self, studio: PracticeClient) -> None:
        [visit] = get(studio.client, "/v1/appointments", after=self.position)["appointments"]

        assert visit["display"]["clinic"] == "03:00 EDT"

    def test_is_in_the_calendar(self, studio: PracticeClient) -> None:
        calendar = get(studio.client, "/v1/calendar", after=self.position, **ANY_DAY)

        shown = [entry["display"]["clinic"] for entry in (*calendar["appointments"], *calendar["sessions"])]
        assert shown == ["03:00 EDT", "03:00 EDT"]

    def test_is_in_the_session_and_the_list_of_sessions(self, studio: PracticeClient) -> None:
        session = get(studio.client, f"/v1/sessions/{self.session['id']}", after=self.position)
        [listed] = get(studio.client, "/v1/sessions", after=self.position)["sessions"]

        assert (session["display"]["clinic"], listed["display"]["clinic"]) == ("03:00 EDT", "03:00 EDT")

    def test_is_in_the_answer_to_the_next_command(self, studio: PracticeClient) -> None:
        answer = studio.post_action(self.visit["id"], "cancel", reason="patient rang")

        assert answer.json()["display"]["clinic"] == "03:00 EDT"

    def test_is_not_in_the_calendar_of_before(self, studio: PracticeClient) -> None:
        visit = get(studio.client, f"/v1/appointments/{self.visit['id']}", version=1, after=self.position)

        assert visit["display"]["clinic"] == "09:00 CEST"


class TestPractice:
    """The zone of the practice says when a date begins."""

    def test_is_in_the_windows_of_lists(self, studio: PracticeClient) -> None:
        # 00:30 in Auckland on 2 June, 14:30 in Berlin on 1 June.
        studio.book_appointment("2026-06-01T14:30:00+02:00")
        position = patched(studio, "/v1/practice", "Pacific/Auckland")
        second_of_june = {"from": "2026-06-02", "to": "2026-06-03"}

        calendar = get(studio.client, "/v1/calendar", after=position, **second_of_june)
        visits = get(studio.client, "/v1/appointments", after=position, **second_of_june)

        assert (len(calendar["appointments"]), len(visits["appointments"])) == (1, 1)

    def test_is_in_the_windows_of_slots(self, studio: PracticeClient) -> None:
        position = patched(studio, "/v1/practice", "Pacific/Auckland")

        starts = studio.slots("2026-06-02", "2026-06-03", after=str(position))

        assert (starts[0], starts[-1]) == ("2026-06-01T12:00:00Z", "2026-06-02T11:55:00Z")

    def test_is_in_the_windows_of_the_wait_list(self, studio: PracticeClient) -> None:
        patched(studio, "/v1/practice", "Pacific/Auckland")

        entry = studio.create(
            "/v1/waitlist",
            patient_id=studio.patient,
            service_id=studio.service,
            windows=[{"from": "2026-06-02", "to": "2026-06-03"}],
        )

        assert entry["windows"][0]["from"] == "2026-06-01T12:00:00Z"
