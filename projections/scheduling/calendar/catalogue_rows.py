"""The names of services, locations and resources, for reports, which do not read the log."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service
from projections.engine.rows import Row, Write, insert

CATALOGUE_KINDS: Final = {
    Service.Offered.TOPIC: "service",
    Service.Changed.TOPIC: "service",
    Location.Opened.TOPIC: "location",
    Location.Changed.TOPIC: "location",
    Resource.Added.TOPIC: "resource",
    Resource.Changed.TOPIC: "resource",
}
"""By event that sets a name. Clinicians are persons: their names stay sealed."""

_UPSERT: Final = insert("catalogue") + (
    " on conflict (tenant_id, thing_id) do update set name = excluded.name, zone = excluded.zone,"
    " is_active = excluded.is_active"
)


def catalogue_writes(events: Sequence[LoggedEvent]) -> list[Write]:
    """Return the writes for events that set names."""
    rows: dict[object, Row] = {
        event.stream_id: {
            "thing_id": event.stream_id,
            "kind": CATALOGUE_KINDS[event.event_type],
            "name": event.body["name"],
            "zone": event.body.get("zone"),
            "is_active": event.body.get("active", True),
        }
        for event in events
    }
    return [Write(_UPSERT, list(rows.values()))]
