"""Costly requests run in processes of their own, one of each practice at a time."""

import os
import signal
import threading
from collections.abc import Callable, Iterator

import httpx2
import pytest

from adapters.system import calculator as calculator_module
from adapters.system.calculator import ProcessCalculator
from api.scheduling.availability import routes as slot_routes
from api.scheduling.calendars import routes as feed_routes
from tests.api.api_server import ApiServer
from tests.api.practice_client import PracticeClient
from tests.application.scheduling.calendars.icalendar_file import ics
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

DENTIST = ics("UID:dentist\nDTSTART;TZID=Europe/Berlin:20260601T100000\nDURATION:PT1H").decode()


@pytest.fixture
def calculator(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProcessCalculator]:
    """The program's, without a process. It refuses nothing because the machine stood still."""
    calculator = server.container.calculator
    assert isinstance(calculator, ProcessCalculator)
    monkeypatch.setattr(calculator_module, "PATIENCE_SECONDS", TIMEOUT_SECONDS)
    calculator.close()
    yield calculator
    calculator.close()


def put_calendar(studio: PracticeClient, client: httpx2.Client | None = None, **more: object) -> httpx2.Response:
    path = f"/v1/clinicians/{studio.clinician}/busy-time"
    return (client or studio.client).put(path, json={"ics": DENTIST, **more})


def find_slots(studio: PracticeClient, until: str, **query: str) -> httpx2.Response:
    window = {"service_id": studio.service, "from": "2026-06-01", "to": until}
    return studio.client.get("/v1/slots", params=window | query)


def read_feed(studio: PracticeClient, url: str) -> str:
    """Return the feed when it has the visits."""
    return wait_until(lambda: text if "VEVENT" in (text := studio.client.get(url).text) else "", "the feed is filled")


class TestWideWindow:
    def test_is_answered_as_if_this_process_had_done_it(
        self, studio: PracticeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        colleague, room = studio.add_clinician("08:00", "20:00"), studio.add_room()
        studio.service = studio.add_service(clinician_ids=[studio.clinician, colleague], requires=[{"kind": "room"}])
        visit = studio.book_appointment("2026-06-01T09:00:00+02:00", resource_ids=[room])
        assert put_calendar(studio).status_code == 200
        asked: list[dict[str, str]] = [
            {},
            {"clinician_id": studio.clinician},
            {"preferred_clinician_ids": colleague},
            {"moving": visit["id"]},
        ]
        there = [find_slots(studio, "2026-08-15", **query) for query in asked]

        monkeypatch.setattr(slot_routes, "MAX_DAYS", 93)
        monkeypatch.setattr(slot_routes, "MAX_STARTS", 1_000_000)
        here = [find_slots(studio, "2026-08-15", **query) for query in asked]

        assert [answer.status_code for answer in here] == [200] * 4
        assert [answer.json() for answer in there] == [answer.json() for answer in here]
        assert len(here[0].json()["slots"]) > 1_000

    def test_is_refused_if_it_takes_too_long(
        self, studio: PracticeClient, calculator: ProcessCalculator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calculator, "cpu_seconds", 0.001)  # less than a process needs to begin

        refused, narrow = find_slots(studio, "2026-08-15"), find_slots(studio, "2026-06-02")

        assert (refused.status_code, refused.json()["code"]) == (422, "too_costly")
        assert narrow.status_code == 200


class TestFeed:
    @pytest.mark.parametrize("detail", ["busy", "visit", "initials", "name"])
    def test_is_written_as_if_this_process_had_done_it(
        self, studio: PracticeClient, monkeypatch: pytest.MonkeyPatch, detail: str
    ) -> None:
        studio.post_series(rrule="FREQ=WEEKLY;COUNT=5")
        of_clinician = studio.create(f"/v1/clinicians/{studio.clinician}/feeds", detail=detail)["url"]
        of_patient = studio.create(f"/v1/patients/{studio.patient}/feeds", detail="visit")["url"]
        here = [read_feed(studio, url) for url in (of_clinician, of_patient)]

        monkeypatch.setattr(feed_routes, "MAX_ENTRIES", 0)
        there = [read_feed(studio, url) for url in (of_clinician, of_patient)]

        assert here == there
        assert [text.count("BEGIN:VEVENT") for text in here] == [5, 5]


class TestCalendarImport:
    @pytest.mark.parametrize("is_dry", [False, True])
    def test_is_refused_if_it_takes_too_long_and_changes_nothing(
        self, studio: PracticeClient, calculator: ProcessCalculator, monkeypatch: pytest.MonkeyPatch, is_dry: bool
    ) -> None:
        before = put_calendar(studio).json()
        calculator.close()
        monkeypatch.setattr(calculator, "cpu_seconds", 0.001)

        refused = put_calendar(studio, ics=ics().decode(), dry_run=is_dry)

        assert (refused.status_code, refused.json()["code"]) == (422, "too_costly")
        assert "0.001 s of computing" in refused.json()["detail"]
        monkeypatch.undo()
        again = put_calendar(studio).json()
        assert (again["unchanged"], again["position"]) == (1, before["position"])

    def test_holds_up_neither_other_practices_nor_other_requests(
        self,
        studio: PracticeClient,
        open_practice: Callable[..., PracticeClient],
        calculator: ProcessCalculator,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        other, answers = open_practice(), list[httpx2.Response]()
        stopped = calculator.run(os.getpid)
        os.kill(stopped, signal.SIGSTOP)
        long = threading.Thread(target=lambda: answers.append(put_calendar(studio)))
        long.start()
        try:
            wait_until(lambda: not calculator.has_idle_process, "the process has the calendar")

            assert put_calendar(other).status_code == 200
            assert studio.post_booking().status_code == 201
            assert find_slots(studio, "2026-06-02").status_code == 200
            assert answers == []

            monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", 0.05)
            second = put_calendar(studio, studio.client_without_retries)
            assert (second.status_code, second.json()["code"]) == (503, "overloaded")
            assert second.headers["Retry-After"] == "1"
        finally:
            os.kill(stopped, signal.SIGCONT)
            long.join()
        assert [answer.status_code for answer in answers] == [200]
