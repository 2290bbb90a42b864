"""Past visits inserted directly into the log's tables, in their stored form.

Their hashes are not chained, and read models skip them.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from api.bootstrap.read_models import FOLLOWERS

VISITS_A_DAY: Final = 20

_VISITS: Final = """
create temporary table bulk_visit as
select no, tenant, clinician, room, starts_at, gen_random_uuid() as stream
from (
    select
        tenant, no,
        (%(clinicians)s::uuid[])[1 + no %% cardinality(%(clinicians)s::uuid[])] as clinician,
        (%(rooms)s::uuid[])[1 + no %% cardinality(%(rooms)s::uuid[])] as room,
        date_trunc('day', now(), 'UTC') + interval '8 hours'
            + (%(first_day)s + no / cardinality(%(clinicians)s::uuid[]) / %(a_day)s) * interval '1 day'
            + (no / cardinality(%(clinicians)s::uuid[]) %% %(a_day)s) * interval '30 minutes' as starts_at
    from unnest(%(tenants)s::uuid[]) as tenant, generate_series(0, %(count)s - 1) as no
) n
"""

_EVENTS: Final = """
insert into log.event
select
    v.tenant, h.position + v.no + 1, 'scheduling.appointment', v.stream, 1, 'scheduling.appointment.booked', 1,
    jsonb_build_object(
        'patient_id', %(patient)s::uuid, 'service_id', %(service)s::uuid, 'clinician_id', v.clinician,
        'location_id', %(location)s::uuid, 'resource_ids', jsonb_build_array(v.room),
        'starts_at', to_char(v.starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'ends_at', to_char(v.starts_at at time zone 'UTC' + interval '30 minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'buffer_before_minutes', 0, 'buffer_after_minutes', 0, 'mode', 'in_person',
        'price_amount_minor', 8000, 'price_currency', 'EUR'
    ),
    null, 'import:bulk', gen_random_uuid(), 0, null, null, v.starts_at, now(), sha256(uuid_send(v.stream))
from bulk_visit v join log.tenant_head h on h.tenant_id = v.tenant
"""

_CLAIMS: Final = """
insert into log.time_claim (tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at)
select v.tenant, v.stream, w.what, v.starts_at, e.ends_at, v.starts_at, e.ends_at
from bulk_visit v
cross join lateral (values (v.clinician), (v.room)) as w (what)
cross join lateral (values (v.starts_at + interval '30 minutes')) as e (ends_at)
"""

_HEADS: Final = "update log.tenant_head set position = position + %(count)s where tenant_id = any (%(tenants)s)"

# Projecting them would use CPU time during the measurement, which never reads their rows.
_CURSORS: Final = """
insert into projection.cursor (tenant_id, projector, position)
select h.tenant_id, projector, h.position
from log.tenant_head h cross join unnest(%(projectors)s::text[]) as projector
where h.tenant_id = any (%(tenants)s)
on conflict (tenant_id, projector) do update set position = excluded.position
"""


def load_visits(
    connection: Connection[Any],
    tenants: Sequence[UUID],
    *,
    count: int,
    first_day: int,
    clinicians: Sequence[str],
    rooms: Sequence[str],
    patient: str,
    service: str,
    location: str,
) -> None:
    """Insert ``count`` visits for each practice, ``VISITS_A_DAY`` for each clinician.

    ``first_day`` is counted from today. ``connection`` is a superuser's, in autocommit mode. The
    practices of one call share the ids of their aggregates.
    """
    values = {
        "tenants": list(tenants),
        "count": count,
        "first_day": first_day,
        "a_day": VISITS_A_DAY,
        "clinicians": list(clinicians),
        "rooms": list(rooms),
        "patient": patient,
        "service": service,
        "location": location,
        "projectors": list(FOLLOWERS),
    }
    with connection.transaction():
        connection.execute(_VISITS, values)
        connection.execute(_EVENTS, values)
        connection.execute(_CLAIMS)
        connection.execute(_HEADS, values)
        connection.execute(_CURSORS, values)
        connection.execute("drop table bulk_visit")
    # As autovacuum would do a little later.
    connection.execute("vacuum analyze log.event")
    connection.execute("vacuum analyze log.time_claim")
