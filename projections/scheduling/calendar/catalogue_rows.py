"""The rows of the calendar that tell what its services, locations and resources are called: for reports, which ask no log."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from projections.engine.rows import Row, Write

_KIND: Final = {
    Service.Offered.TOPIC: "service",
    Service.Changed.TOPIC: "service",
    Location.Opened.TOPIC: "location",
    Location.Changed.TOPIC: "location",
    Resource.Added.TOPIC: "resource",
    Resource.Changed.TOPIC: "resource",
}
"""By each fact that tells a name. Clinicians are persons: their names stay sealed."""
OF_THE_CATALOGUE: Final = frozenset(_KIND)

_KEEP: Final = """
insert into {schema}.catalogue as c (tenant_id, thing_id, kind, name, zone, is_active)
select (select log.current_tenant()), thing_id, kind, name, zone, is_active
from json_to_recordset(%s::json) as r (thing_id uuid, kind text, name text, zone text, is_active boolean)
on conflict (tenant_id, thing_id) do update set name = excluded.name, zone = excluded.zone, is_active = excluded.is_active
"""


def catalogue_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return what facts that tell names change."""
    rows: dict[object, Row] = {
        event.stream_id: {
            "thing_id": event.stream_id,
            "kind": _KIND[event.event_type],
            "name": event.body["name"],
            "zone": event.body.get("zone"),
            "is_active": event.body.get("active", True),
        }
        for event in events
    }
    return [Write(_KEEP, list(rows.values()))]
