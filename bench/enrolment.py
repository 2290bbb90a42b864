"""(q) 200 people enrol in a class of 30 at once: seats, order of the line, latency."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from uuid_utils.compat import uuid7

from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.figures import Spread, percentile
from bench.http_client import AdminClient, LoadClient, LoadResult, request_bytes
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import running_server
from bench.store import check_log

TITLE: Final = "(q) A class of 30, wanted by 200"
SEATS: Final = 30
RIVALS: Final = 200
FIRST: Final = "first come, first served"
MAX_MS: Final = 2_000.0
"""How long a request waits in the queue before the server answers 503."""


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    rounds = 2 if options.quick else 10
    waits: dict[str, list[float]] = defaultdict(list)
    rates: dict[str, list[float]] = defaultdict(list)
    load_client = LoadClient()
    with running_server() as program, program.superuser() as connection:
        machine = describe(connection)
        practice = open_bookable_practice(program, "Studio am See", patients=RIVALS)
        user = AdminClient(program.port, practice.key)
        for number in range(rounds):
            morning, evening = (_planned(user, practice, number, hour) for hour in (9, 16))
            for what, session, verb, count, more, expected in (
                (FIRST, morning, "enrol", RIVALS, {}, {200: SEATS, 409: RIVALS - SEATS}),
                ("who finds no seat waits", evening, "enrol", RIVALS, {"if_full": "wait"}, {200: RIVALS}),
                # Each freed seat goes to somebody who waits.
                ("thirty leave, others move up", evening, "withdraw", SEATS, {}, {200: SEATS}),
            ):
                result = _enrol_concurrently(load_client, program.port, practice, session, verb, count, more)
                _record(result, expected, waits[what], rates[what])
        checks = f"{_count(connection)}; {_log(connection)}"
    load_client.close()
    slowest = percentile(waits[FIRST], 1.0)
    report = Report(
        name="class",
        title=TITLE,
        how=(
            f"`scheduler serve` with all its projections; {rounds} times a class of {SEATS} seats and {RIVALS} clients, each of whom enrols"
            " another patient, all at once; then another class in which those who find no seat wait, and which thirty of them all leave at"
            " once. The client sends prepared bytes from a process of its own on the same cores."
        ),
        checks=checks,
        goals=[
            Goal(
                f"{SEATS} seats sold to {RIVALS} who come at once: sold twice, or left over",
                "none",
                "none",
                is_met=True,
            ),
            Goal(
                "the last of the 200 is answered after",
                f"< {MAX_MS:.0f} ms",
                f"{slowest:.0f} ms",
                slowest < MAX_MS,
            ),
        ],
        tables=[
            Table(
                ("at once", "people/s", "p50 ms", "p95 ms", "slowest ms"),
                [
                    (
                        what,
                        Spread.of(rates[what]).text(),
                        f"{percentile(times, 0.5):.0f}",
                        f"{percentile(times, 0.95):.0f}",
                        f"{percentile(times, 1.0):.0f}",
                    )
                    for what, times in waits.items()
                ],
            )
        ],
    )
    return {TITLE: report.text(machine)}


def _planned(user: AdminClient, practice: BookablePractice, number: int, hour: int) -> str:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = midnight + timedelta(days=3 + number, hours=hour)
    body = {
        "service_id": practice.service_id,
        "staff_ids": practice.clinicians[:2],
        "starts_at": starts_at.isoformat(),
        "seats": SEATS,
    }
    return str(user.send("POST", "/v1/sessions", body)["id"])


def _enrol_concurrently(
    load_client: LoadClient,
    port: int,
    practice: BookablePractice,
    session: str,
    verb: str,
    count: int,
    more: dict[str, str],
) -> LoadResult:
    scripts = [
        [
            request_bytes(
                "POST",
                f"/v1/sessions/{session}/{verb}",
                practice.key,
                {"patient_id": patient} | more,
                Idempotency_Key=str(uuid7()),
            )
        ]
        for patient in practice.patients[:count]
    ]
    return load_client.run(port, scripts)


def _record(result: LoadResult, expected: dict[int, int], waits: list[float], rates: list[float]) -> None:
    """Record each answer's latency. Raises AssertionError: the statuses are not as expected."""
    found = {status: len(result.with_status(status)) for status in {response.status for response in result.responses}}
    assert found == expected, f"{expected} were expected, {found} were answered"
    waits += [response.seconds * 1e3 for response in result.responses]
    rates.append(len(result.responses) / result.seconds)


def _count(connection: Connection[Any]) -> str:
    """Count the seats from the log.

    Raises AssertionError: a seat is sold twice, or free although somebody waits.
    """
    rows: Sequence[tuple[int, int, int]] = connection.execute(
        """
        select
            count(*) filter (where event_type = any ('{scheduling.session.enrolled,scheduling.session.moved_up}'))
            - count(*) filter (where event_type = 'scheduling.session.seat_cancelled'),
            count(*) filter (where event_type = 'scheduling.session.began_to_wait')
            - count(*) filter (where event_type = any ('{scheduling.session.stopped_waiting,scheduling.session.moved_up}')),
            max((body ->> 'seats')::integer) filter (where event_type = 'scheduling.session.planned')
        from log.event where stream_type = 'scheduling.session' group by tenant_id, stream_id
        """
    ).fetchall()
    assert rows
    for taken, waiting, seats in rows:
        assert taken <= seats, f"{taken} people have {seats} seats"
        assert not waiting or taken == seats, f"{waiting} wait while {seats - taken} seats are free"
    return f"{len(rows)} classes of {SEATS} have {sum(taken for taken, _, _ in rows)} people, and nobody waits beside a free seat"


def _log(connection: Connection[Any]) -> str:
    events = connection.execute("select count(*) from log.event").fetchone()
    assert events is not None
    return check_log(connection, events[0])
