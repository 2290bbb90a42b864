"""(p) Latency of a practice while another sends the costliest requests that its keys allow."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.http_client import AdminClient, LoadClient, request_bytes
from bench.machine import describe
from bench.neighbour_latency import latency_goal, latency_table
from bench.options import Options
from bench.report import Goal, Report
from bench.server_process import ServerProcess, running_server

TITLE: Final = "(p) Costly requests"
PER_SECOND: Final = 40
"""Requests of the practice that is measured: each asks for one clinician's free times."""
MAX_ROUNDS: Final = 5
CLIENTS: Final = 40
_RULES: Final = 5_000
_LONGEST: Final = 93
_SERIES_IN_FEED: Final = 20
_REQUESTS: Final = 2_000
"""More than a client can send in one round."""

CALM: Final = "calm"
CALENDAR: Final = f"4 clients import {_RULES:,} rules"
TWO_MONTHS: Final = f"{CLIENTS} clients ask for 62 days of one clinician"
ANYONE: Final = f"{CLIENTS} clients ask for {_LONGEST} days of anyone"
MINUTES: Final = f"{CLIENTS} clients ask for {_LONGEST} days in steps of a minute"
SERIES: Final = "4 clients preview a series of 730"
FEED: Final = f"4 clients read a feed of {_SERIES_IN_FEED * 365:,} visits"


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    rounds, seconds = (options.rounds, 2.0) if options.quick else (MAX_ROUNDS, 5.0)
    waits: dict[str, list[list[float]]] = defaultdict(list)
    answered: dict[str, Counter[int]] = defaultdict(Counter)
    refused = 0
    with closing(LoadClient()) as measured, closing(LoadClient()) as other, running_server() as program:
        with program.superuser() as connection:
            machine = describe(connection)
        practice = open_bookable_practice(program, "Praxis am See", patients=2)
        scripts = {
            CALM: [],
            **_costly_scripts(program, open_bookable_practice(program, "Praxis am Berg", patients=2), options),
        }
        for number in range(rounds + 1):
            for name, clients in scripts.items():
                requests = [practice.slots(each) for each in range(int(PER_SECOND * seconds))]
                instants = sorted(random.uniform(0, seconds) for _ in requests)
                heard = measured.run_at(program.port, requests, instants, clients=16)
                if clients:
                    answers = other.run(program.port, clients, seconds).responses
                else:
                    time.sleep(seconds)
                    answers = []
                result = heard.result()
                if number > 0:  # the first round is a warm-up: processes start in it
                    refused += len(result.responses) - len(result.with_status(200))
                    waits[name].append([response.seconds * 1e3 for response in result.responses])
                    answered[name].update(response.status for response in answers)
    report = Report(
        name="costly",
        title=TITLE,
        how=(
            f"`scheduler serve`; one practice asks for free times {PER_SECOND} times a second, at instants by chance, while"
            f" another one does the following: {rounds} rounds of {seconds:.0f} s each in turn. Waits are those of the first."
        ),
        checks=f"{refused} requests of the first practice were refused",
        goals=[
            *(latency_goal(name, waits, CALM) for name in scripts if name != CALM),
            Goal("refused requests of the first practice", "none", f"{refused}", not refused),
        ],
        tables=[latency_table(waits, answered, "the other")],
    )
    return {TITLE: report.text(machine)}


def _costly_scripts(
    program: ServerProcess, practice: BookablePractice, options: Options
) -> dict[str, Sequence[Sequence[bytes]]]:
    """Return the requests of each client, by what they do."""
    owner = AdminClient(program.port, practice.key)
    lead, *_, last = practice.clinicians
    calendar = request_bytes(
        "PUT",
        f"/v1/clinicians/{lead}/busy-time",
        practice.key,
        {"calendar": "private", "ics": _calendar(), "dry_run": True},
    )
    series = _series(practice, lead, "FREQ=DAILY;COUNT=730", 0) | {"dry_run": True}
    per_minute = owner.send("POST", "/v1/services", _in_minutes(owner, practice))["id"]
    feed = _feed(owner, practice, last, 2 if options.quick else _SERIES_IN_FEED)
    return {
        CALENDAR: [[calendar] * _REQUESTS] * 4,
        TWO_MONTHS: [[_slots(practice, practice.service_id, 62, lead)] * _REQUESTS] * CLIENTS,
        ANYONE: [[_slots(practice, practice.service_id, _LONGEST)] * _REQUESTS] * CLIENTS,
        MINUTES: [[_slots(practice, per_minute, _LONGEST)] * _REQUESTS] * CLIENTS,
        SERIES: [[request_bytes("POST", "/v1/series", practice.key, series)] * _REQUESTS] * 4,
        FEED: [[request_bytes("GET", feed, practice.key)] * _REQUESTS] * 4,
    }


def _calendar() -> str:
    """Return 800 KB of rules that are over: each must be counted from its start."""
    event = (
        "BEGIN:VEVENT\r\nUID:{}@example.org\r\nDTSTART;TZID=Europe/Berlin:20200106T{:02}{:02}00\r\nDURATION:PT30M\r\n"
        "RRULE:FREQ=DAILY;COUNT=35\r\nSUMMARY:Termin\r\nEND:VEVENT\r\n"
    )
    events = "".join(event.format(number, number % 24, number % 60) for number in range(_RULES))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n{events}END:VCALENDAR\r\n"


def _slots(practice: BookablePractice, service_id: str, days: int, clinician_id: str | None = None) -> bytes:
    begins = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=20)
    query = {"service_id": service_id, "from": begins.isoformat(), "to": (begins + timedelta(days=days)).isoformat()}
    if clinician_id is not None:
        query["clinician_id"] = clinician_id
    return request_bytes("GET", f"/v1/slots?{urlencode(query)}", practice.key)


def _in_minutes(owner: AdminClient, practice: BookablePractice) -> Mapping[str, Any]:
    """Return a service like the practice's, in steps of a minute."""
    service = owner.send("GET", f"/v1/services/{practice.service_id}")
    kept = ("duration_minutes", "horizon_days", "price", "mode", "clinician_ids", "requires")
    return {name: service[name] for name in kept} | {"name": "Kurzer Termin", "step_minutes": 1}


def _series(practice: BookablePractice, clinician_id: str, rule: str, minutes: int) -> dict[str, object]:
    noon = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=2, minutes=minutes)
    return {
        "patient_id": practice.patients[0],
        "service_id": practice.service_id,
        "clinician_id": clinician_id,
        "starts_at": noon.isoformat(),
        "rrule": rule,
    }


def _feed(owner: AdminClient, practice: BookablePractice, clinician_id: str, series: int) -> str:
    """Book a year of a clinician and return the address of its feed."""
    bodies = [_series(practice, clinician_id, "FREQ=DAILY;COUNT=365", minutes * 30) for minutes in range(series)]
    owner.send_all("POST", "/v1/series", bodies)
    return str(owner.send("POST", f"/v1/clinicians/{clinician_id}/feeds", {"detail": "name"})["url"])
