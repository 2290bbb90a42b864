"""Nobody overwrites what they have not seen, and everybody reads what they wrote."""

from datetime import UTC, datetime

import pytest

from tests.api.practice_client import PracticeClient
from tests.support.concurrency import map_concurrently


class TestIfMatch:
    def test_of_two_who_read_the_same_version_the_second_is_told(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.patient}"
        seen = studio.client.get(path).headers["etag"]

        first = studio.client.patch(path, json={"email": "a@example.org"}, headers={"If-Match": seen})
        second = studio.client.patch(path, json={"phone": "+4930123456"}, headers={"If-Match": seen})

        assert first.status_code == 200
        assert (second.status_code, second.json()["code"]) == (412, "stale_version")
        kept = studio.client.get(path).json()
        assert (kept["email"], kept["phone"], kept["version"]) == ("a@example.org", None, 2)

    @pytest.mark.parametrize(
        ("verb", "body"),
        [
            ("reschedule", {"starts_at": "2026-06-01T11:00:00+02:00"}),
            ("cancel", {"reason": "patient rang"}),
            ("check-in", {}),
            ("complete", {}),
            ("no-show", {}),
        ],
    )
    @pytest.mark.parametrize("seen", ['"7"', '"x"', 'W/"1"'])
    def test_that_is_stale_changes_nothing(
        self, studio: PracticeClient, verb: str, body: dict[str, object], seen: str
    ) -> None:
        visit = studio.book_appointment()

        answer = studio.post_action(visit["id"], verb, {"If-Match": seen}, **body)

        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
        assert studio.client.get(f"/v1/appointments/{visit['id']}").json()["version"] == 1

    def test_that_is_missing_lets_every_change_in(self, studio: PracticeClient) -> None:
        path = f"/v1/patients/{studio.patient}"

        answers = map_concurrently(5, lambda place: studio.client.patch(path, json={"tags": [f"tag {place}"]}))

        assert [answer.status_code for answer in answers] == [200] * 5
        assert studio.client.get(path).json()["version"] == 6


class TestClosing:
    """BK9 and what surrounds it."""

    def test_refuses_to_move_into_the_past(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        answer = studio.post_action(visit["id"], "reschedule", starts_at="2026-04-01T09:00:00+02:00")

        assert (answer.status_code, answer.json()["code"]) == (409, "in_the_past")

    def test_refuses_to_cancel_what_has_started(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        with studio.server.at_time(datetime(2026, 6, 1, 7, 0, tzinfo=UTC)):
            answer = studio.post_action(visit["id"], "cancel", reason="too late")

        assert (answer.status_code, answer.json()["code"]) == (409, "already_started")

    def test_cancels_twice_with_one_event(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        first, again = (studio.post_action(visit["id"], "cancel", reason="patient rang") for _ in range(2))

        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["version"] == again.json()["version"] == 2

    def test_refuses_to_move_what_was_cancelled(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()
        studio.post_action(visit["id"], "cancel", reason="patient rang")

        answer = studio.post_action(visit["id"], "reschedule", starts_at="2026-06-01T11:00:00+02:00")

        assert (answer.status_code, answer.json()["code"]) == (409, "already_cancelled")

    def test_refuses_to_close_what_has_not_started(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        for verb in ("complete", "no-show"):
            answer = studio.post_action(visit["id"], verb)
            assert (answer.status_code, answer.json()["code"]) == (409, "not_started")

    def test_takes_a_visit_from_arrival_to_its_end(self, studio: PracticeClient) -> None:
        visit = studio.book_appointment()

        with studio.server.at_time(datetime(2026, 6, 1, 7, 30, tzinfo=UTC)):
            statuses = [
                studio.post_action(visit["id"], verb).json()["status"] for verb in ("check-in", "check-in", "complete")
            ]
            refused = studio.post_action(visit["id"], "no-show")

        assert statuses == ["checked_in", "checked_in", "completed"]
        assert refused.json()["code"] == "already_closed"


class TestAfter:
    def test_shows_what_was_just_written(self, studio: PracticeClient) -> None:
        for day in range(1, 6):
            visit = studio.book_appointment(f"2026-06-0{day}T09:00:00+02:00")
            found = studio.client.get("/v1/appointments", params={"after": visit["position"], "limit": 200})
            assert visit["id"] in [each["id"] for each in found.json()["appointments"]]

    @pytest.mark.parametrize("path", ["appointments", "calendar?from=2026-06-01&to=2026-06-02", "patients", "api-keys"])
    def test_says_when_the_view_is_behind(self, studio: PracticeClient, path: str) -> None:
        far = "&after=999999" if "?" in path else "?after=999999"

        answer = studio.client_without_retries.get(f"/v1/{path}{far}")

        assert (answer.status_code, answer.json()["code"]) == (503, "view_behind")
        assert answer.headers["retry-after"] == "1"
