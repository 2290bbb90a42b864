"""(t) The calendar as of an instant, in a practice where half of the visits have changed."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from psycopg import Connection

from api.bootstrap.read_models import VIEWS
from bench.bookable_practice import BookablePractice, open_bookable_practice
from bench.bulk_rows import VISITS_A_DAY, load_visits
from bench.figures import Spread, percentile
from bench.http_client import AdminClient, LoadClient, request_bytes
from bench.machine import describe
from bench.options import Options
from bench.report import Goal, Report, Table
from bench.server_process import ServerProcess, running_server

TITLE: Final = "(t) The calendar of the past"
VISITS: Final = 100_000
WORST_MS: Final = 200.0
_INSTANTS: Final = 40
_WINDOWS: Final[Mapping[str, timedelta]] = {
    "a day": timedelta(days=1),
    "a week": timedelta(days=7),
    "a year": timedelta(days=365),
}

_PATIENTS: Final = """
update log.event set body = jsonb_set(
    body, '{patient_id}', to_jsonb((%(patients)s::text[])[1 + position %% cardinality(%(patients)s::text[])])
)
where tenant_id = %(tenant)s and event_type = 'scheduling.appointment.booked'
"""

# Every other visit has changed: a third moved by an hour, a third cancelled, a third completed.
_CHANGES: Final = """
insert into log.event
select
    e.tenant_id, h.position + row_number() over (order by e.position), e.stream_type, e.stream_id, 2,
    'scheduling.appointment.' || (array['rescheduled', 'cancelled', 'completed'])[1 + e.position / 2 %% 3], 1,
    case e.position / 2 %% 3
        when 0 then jsonb_build_object(
            'starts_at', (e.body ->> 'starts_at')::timestamptz + interval '1 hour',
            'ends_at', (e.body ->> 'ends_at')::timestamptz + interval '1 hour',
            'resource_ids', e.body -> 'resource_ids'
        )
        when 1 then jsonb_build_object('patient_id', e.body -> 'patient_id')
        else '{}'
    end,
    null, 'import:bulk', gen_random_uuid(), 0, null, null, e.effective_at, e.recorded_at, e.hash
from log.event e join log.tenant_head h on h.tenant_id = e.tenant_id
where e.tenant_id = %(tenant)s and e.event_type = 'scheduling.appointment.booked' and e.position %% 2 = 0
"""
_HEAD: Final = """
update log.tenant_head h set position = (select max(position) from log.event e where e.tenant_id = h.tenant_id) where tenant_id = %(tenant)s
"""
_TIMES: Final = """
update log.event e set recorded_at = now() - (h.position - e.position) * interval '1 minute'
from log.tenant_head h where h.tenant_id = e.tenant_id and e.tenant_id = %(tenant)s
"""


def measure(options: Options) -> dict[str, str]:
    """Return the section of results.md."""
    visits, patients = (2_000, 20) if options.quick else (VISITS, 1_000)
    load_client = LoadClient()
    with running_server() as program, program.superuser() as connection:
        machine = describe(connection)
        practice = open_bookable_practice(program, "Große Praxis", patients=patients)
        events = _fill(program, connection, practice, visits)
        _rename(program, practice)
        waits = {
            (window, when): _waits(load_client, program, practice, window, when, visits, events)
            for window in _WINDOWS
            for when in ("now", "as of")
        }
        sizes = connection.execute(
            "select (select count(*) from calendar.appointment), (select count(*) from calendar.former_place)"
        )
        appointments, former = sizes.fetchone() or (0, 0)
    load_client.close()
    goals = [
        Goal(
            f"as of any instant, {window}: the slowest",
            f"< {WORST_MS:.0f} ms",
            f"{max(found):.1f} ms",
            max(found) < WORST_MS,
        )
        for (window, when), found in waits.items()
        if when == "as of"
    ]
    rows = [
        (
            window,
            when,
            Spread.of([percentile(found, 0.5)]).text(),
            f"{percentile(found, 0.95):.1f}",
            f"{max(found):.1f}",
        )
        for (window, when), found in waits.items()
    ]
    report = Report(
        name="past",
        title=TITLE,
        how=(
            f"`GET /v1/calendar` of a practice with {visits:,} visits of {patients:,} patients, every other one changed once,"
            " and of a tenth of the patients the name:"
            f" {_INSTANTS} windows at chance, each as of an instant at chance, one client, at most 1,000 visits a page, with names."
            " The visits were put into the log's tables by SQL, and the read models rebuilt from there."
        ),
        checks=f"{appointments:,} visits and {former:,} places that visits have left in the calendar; every answer 200",
        goals=goals,
        tables=[Table(("window", "", "p50 ms", "p95 ms", "most ms"), rows)],
    )
    return {TITLE: report.text(machine)}


def _fill(program: ServerProcess, connection: Connection[Any], practice: BookablePractice, visits: int) -> int:
    """Insert visits and their changes, a minute apart, and rebuild; return the number of events."""
    load_visits(
        connection,
        [practice.practice_id],
        count=visits,
        first_day=-(visits // VISITS_A_DAY // len(practice.clinicians)),
        clinicians=practice.clinicians,
        rooms=practice.rooms,
        patient=practice.patients[0],
        service=practice.service_id,
        location=practice.location_id,
    )
    values = {"tenant": practice.practice_id, "patients": practice.patients}
    for statement in (_PATIENTS, _CHANGES, _HEAD, _TIMES):
        connection.execute(statement.encode(), values)
    connection.execute("vacuum analyze log.event")
    incomplete = program.container.read_models.rebuild(VIEWS, lambda done, total: None)
    assert not incomplete, "a read model is not whole"
    connection.execute("vacuum analyze calendar.appointment")
    connection.execute("vacuum analyze calendar.former_place")
    row = connection.execute("select position from log.tenant_head where tenant_id = %(tenant)s", values).fetchone()
    assert row is not None
    return int(row[0])


def _rename(program: ServerProcess, practice: BookablePractice) -> None:
    """Rename a tenth of the patients, so that their former names are read from the log."""
    owner = AdminClient(program.port, practice.key)
    for patient in practice.patients[::10]:
        owner.send("PATCH", f"/v1/patients/{patient}", {"given_name": "Jürgen"})


def _waits(
    load_client: LoadClient,
    program: ServerProcess,
    practice: BookablePractice,
    window: str,
    when: str,
    visits: int,
    events: int,
) -> list[float]:
    """Return the latency of each request in milliseconds."""
    chance = random.Random(7)
    now = datetime.now(UTC)
    days = visits // VISITS_A_DAY // len(practice.clinicians)
    questions = []
    for _ in range(_INSTANTS):
        begins = (now - timedelta(days=chance.uniform(0, days))).replace(hour=0, minute=0, second=0, microsecond=0)
        query = {"from": begins.isoformat(), "to": (begins + _WINDOWS[window]).isoformat()}
        if when == "as of":
            query["as_of"] = (now - timedelta(minutes=chance.uniform(0, events))).isoformat()
        questions.append(request_bytes("GET", f"/v1/calendar?{urlencode(query)}", practice.key))
    load_client.run(program.port, [questions[:3]])
    result = load_client.run(program.port, [questions])
    assert {response.status for response in result.responses} == {200}
    return [response.seconds * 1e3 for response in result.responses]
