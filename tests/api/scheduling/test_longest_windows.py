"""A window may be as long as the limit, and not a second longer."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.practice_client import PracticeClient

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "days"),
    [
        ("/v1/slots?service_id={service}&clinician_id={clinician}", 93),
        ("/v1/clinicians/{clinician}/busy-time", 93),
        ("/v1/appointments", 370),
        ("/v1/sessions", 370),
        ("/v1/calendar", 370),
    ],
)
class TestLongestWindow:
    def test_is_answered(self, studio: PracticeClient, path: str, days: int) -> None:
        answer = self._get(studio, path, BEGINS + timedelta(days=days))

        assert answer == (200, None)

    def test_is_refused_if_a_second_longer(self, studio: PracticeClient, path: str, days: int) -> None:
        answer = self._get(studio, path, BEGINS + timedelta(days=days, seconds=1))

        assert answer == (422, "to")

    def _get(self, studio: PracticeClient, path: str, ends: datetime) -> tuple[int, str | None]:
        path = path.format(service=studio.service, clinician=studio.clinician)
        window = {"from": BEGINS.isoformat(), "to": ends.isoformat()}
        answer = studio.client.get(path.partition("?")[0], params=window | _query(path))
        errors = answer.json().get("errors")
        return answer.status_code, errors[0]["field"] if errors else None


def _query(path: str) -> dict[str, str]:
    return dict(part.split("=") for part in path.partition("?")[2].split("&") if part)
