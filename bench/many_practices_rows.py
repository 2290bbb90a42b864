"""Millions of visits for many practices, inserted by SQL with chained hashes and read models.

`many_practices_check` compares them with the rows that the product would have written.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from api.bootstrap.read_models import FOLLOWERS
from bench.many_practices import BenchPractice

_TABLES: Final = ("log.event", "log.time_claim", "calendar.appointment", "history.participation")

_AT_ONCE: Final = 400
"""Practices whose visits are sorted together, in memory."""

_FEW: Final = 100_000
"""Up to this number of visits, indexes are kept during the insert."""

_INDEXES: Final = """
select
    conrelid::regclass::text,
    format('alter table %%s drop constraint %%I', conrelid::regclass, conname),
    format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
from pg_constraint where conrelid = any (%(tables)s::text[]::regclass[]) and contype in ('p', 'u', 'x')
union all
select indrelid::regclass::text, format('drop index %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
from pg_index
where indrelid = any (%(tables)s::text[]::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
"""

_FUNCTIONS: Final = """
create or replace function pg_temp.linked(state bytea, head bytea, no bigint, digest bytea) returns bytea
    language sql immutable parallel safe as 'select sha256(coalesce(state, head) || int8send(no) || digest)';
drop aggregate if exists pg_temp.chain(bytea, bigint, bytea);
create aggregate pg_temp.chain(head bytea, no bigint, digest bytea) (sfunc = pg_temp.linked, stype = bytea);
drop table if exists bulk_practice, bulk_visit;
create temporary table bulk_practice (
    tenant uuid, clinicians uuid[], rooms uuid[], patients uuid[], service uuid, location uuid, visits integer
);
"""

# Visits go to the clinicians in turn; each clinician has ``a_day`` visits a day from 8:00 on.
_VISITS: Final = """
create temporary table bulk_visit as
select
    p.tenant, h.position + no + 1 as position, h.head_hash, gen_random_uuid() as stream, gen_random_uuid() as command,
    p.clinicians[1 + lane] as clinician, p.rooms[1 + lane] as room, p.patients[1 + no %% cardinality(p.patients)] as patient,
    p.service, p.location, at.starts_at, at.starts_at + interval '30 minutes' as ends_at, now() as recorded_at
from bulk_practice p
join log.tenant_head h on h.tenant_id = p.tenant
cross join lateral generate_series(0, p.visits - 1) as no
cross join lateral (select no %% cardinality(p.clinicians) as lane, no / cardinality(p.clinicians) as nth) as n
cross join lateral (
    select %(first)s + (nth / %(a_day)s) * interval '1 day' + (nth %% %(a_day)s) * interval '60 minutes' as starts_at
) as at
"""

_EVENTS: Final = """
insert into log.event (
    tenant_id, position, stream_type, stream_id, version, event_type, schema_version, body, sealed, actor, command_id, command_part,
    fingerprint, causation_id, effective_at, recorded_at, hash
)
select
    tenant, position, 'scheduling.appointment', stream, 1, 'scheduling.appointment.booked', 2, body::jsonb, null, 'bench', command, 0,
    null, null, recorded_at, recorded_at,
    pg_temp.chain(head_hash, position, sha256(
        uuid_send(tenant) || uuid_send(stream) || int4send(1) || int2send(2::smallint) || int4send(0) || moment || moment
        || int4send(29) || int4send(octet_length(body)) || int4send(-1) || int4send(5) || int4send(-1) || int4send(-1) || int4send(16)
        || convert_to('scheduling.appointment.booked' || body || 'bench', 'UTF8') || uuid_send(command)
    )) over (partition by tenant order by position rows unbounded preceding)
from (
    select
        *, int8send((extract(epoch from recorded_at) * 1000000)::bigint) as moment,
        '{"buffer_after_minutes":0,"buffer_before_minutes":0,"clinician_id":"' || clinician
        || '","ends_at":"' || to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        || '","location_id":"' || location || '","mode":"in_person","occurrence":null,"original":null,"patient_id":"' || patient
        || '","price_amount_minor":8000,"price_currency":"EUR","resource_ids":["' || room || '"],"series_id":null,"service_id":"' || service
        || '","starts_at":"' || to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"}' as body
    from bulk_visit
) v
"""

_CLAIMS: Final = """
insert into log.time_claim (tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at, service_id)
select tenant, stream, what, starts_at, ends_at, starts_at, ends_at, service
from bulk_visit cross join lateral (values (clinician), (room)) as w (what)
"""

_CALENDAR: Final = """
insert into calendar.appointment (
    tenant_id, appointment_id, patient_id, service_id, clinician_id, location_id, resource_ids, starts_at, ends_at,
    buffer_before_minutes, buffer_after_minutes, status, mode, price_amount_minor, price_currency, booked_at, origin, version, position,
    placed_position
)
select
    tenant, stream, patient, service, clinician, location, array[room], starts_at, ends_at, 0, 0, 'booked', 'in_person', 8000, 'EUR',
    recorded_at, 'booked', 1, position, position
from bulk_visit
"""

_PARTICIPATIONS: Final = """
insert into history.participation (tenant_id, thing_id, position, stream_id)
select tenant, id, position, stream from bulk_visit cross join lateral (values (patient), (clinician), (room)) as t (id)
"""

_HEADS: Final = """
update log.tenant_head h set position = e.position, head_hash = e.hash
from bulk_practice p, log.event e
where h.tenant_id = p.tenant and e.tenant_id = p.tenant and e.position = h.position + p.visits
"""

_CURSORS: Final = """
insert into projection.cursor (tenant_id, projector, position)
select h.tenant_id, projector, h.position
from log.tenant_head h cross join unnest(%(projectors)s::text[]) as projector
where h.tenant_id in (select tenant from bulk_practice)
on conflict (tenant_id, projector) do update set position = excluded.position
"""

_CHAPTERS: Final = """
insert into history.chapter (tenant_id, last_position, earliest_at)
select tenant_id, (position + 63) / 64 * 64, min(recorded_at) from log.event
where tenant_id in (select tenant from bulk_practice)
group by 1, 2 having count(*) = 64
on conflict do nothing
"""


def fill(
    connections: Sequence[Connection[Any]],
    practices: Sequence[BenchPractice],
    visits: Sequence[int],
    *,
    first: datetime,
    a_day: int,
) -> None:
    """Insert that many visits for each practice, ``a_day`` for each clinician, from ``first`` on.

    ``connections`` are a superuser's, in autocommit mode; each inserts a part. Nothing else may
    write meanwhile, and all read models must be up to date.
    """
    values = {"first": first, "a_day": a_day, "projectors": list(FOLLOWERS)}
    wanted = list(zip(practices, visits, strict=True))
    parts = [wanted[number :: len(connections)] for number in range(len(connections))]
    main = connections[0]
    for connection in connections:
        connection.execute("set maintenance_work_mem = '1GB'; set work_mem = '256MB'; set synchronous_commit = off")
    with (
        ThreadPoolExecutor(len(connections)) as threads,
        _without_indexes(connections, threads) if sum(visits) > _FEW else nullcontext(),
    ):
        tasks = [threads.submit(_fill, *each, values) for each in zip(connections, parts, strict=True)]
        for task in tasks:
            task.result()
    _name(main, wanted)
    main.execute("vacuum analyze log.event")
    # In one statement, or a projector would find moved heads with old cursors.
    with main.transaction():
        for statement in (_HEADS, _CHAPTERS, _CURSORS):
            main.execute(statement, values if statement is _CURSORS else None)
    for table in (*_TABLES[1:], "log.tenant_head", "history.chapter", "projection.cursor"):
        main.execute(f"vacuum analyze {table}".encode())
    main.execute("checkpoint")
    for connection in connections:
        connection.execute("reset all")


def _fill(
    connection: Connection[Any], wanted: Sequence[tuple[BenchPractice, int]], values: Mapping[str, object]
) -> None:
    for begins in range(0, len(wanted), _AT_ONCE):
        _name(connection, wanted[begins : begins + _AT_ONCE])
        connection.execute(_VISITS, values)
        for statement in (_EVENTS, _CLAIMS, _CALENDAR, _PARTICIPATIONS):
            connection.execute(statement)


def _name(connection: Connection[Any], wanted: Sequence[tuple[BenchPractice, int]]) -> None:
    """Store the practices of the following statements in a temporary table."""
    connection.execute(_FUNCTIONS)
    with connection.cursor().copy("copy bulk_practice from stdin") as copy:
        copy.set_types(["uuid", "uuid[]", "uuid[]", "uuid[]", "uuid", "uuid", "int4"])
        for one, count in wanted:
            columns = (list(one.clinicians), list(one.rooms), list(one.patients))
            copy.write_row((one.practice_id, *columns, one.service_id, one.location_id, count))
    connection.execute("analyze bulk_practice")


@contextmanager
def _without_indexes(connections: Sequence[Connection[Any]], threads: ThreadPoolExecutor) -> Iterator[None]:
    """Drop the tables' constraints and indexes, and create them again at the end.

    This takes a fraction of the time.
    """
    definitions = connections[0].execute(_INDEXES, {"tables": list(_TABLES)}).fetchall()
    for _, drop, _ in definitions:
        connections[0].execute(drop)
    yield
    shares = [[make for table, _, make in definitions if table == name] for name in _TABLES]
    # The exclusion constraint of the claims takes as long as all the others.
    halves = (
        [shares[1], shares[0] + shares[2] + shares[3]]
        if len(connections) > 1
        else [[make for share in shares for make in share]]
    )
    tasks = [threads.submit(_execute_all, *each) for each in zip(connections, halves, strict=False)]
    for task in tasks:
        task.result()


def _execute_all(connection: Connection[Any], statements: Sequence[str]) -> None:
    for statement in statements:
        connection.execute(statement.encode())
