"""The places that appointments and group sessions have left."""

from domain.kernel.logged_event import LoggedEvent
from projections.engine.rows import Row


def leave(table: str, clinician_ids: str) -> str:
    """Return the statement that inserts former places of rows; run it before their update.

    What a batch does not know of a place is read from the stored row ``t``: ``clinician_ids`` is
    the SQL for its clinicians.
    """
    return f"""
insert into {{schema}}.former_place (
    tenant_id, thing_id, from_position, until_position, clinician_ids, resource_ids, starts_at, ends_at
)
select
    t.tenant_id, r.thing_id, coalesce(r.from_position, t.placed_position), r.until_position,
    coalesce(r.clinician_ids, {clinician_ids}), coalesce(r.resource_ids, t.resource_ids),
    coalesce(r.starts_at, t.starts_at), coalesce(r.ends_at, t.ends_at)
from json_populate_recordset(null::{{schema}}.former_place, %s::json) as r
join {{schema}}.{table} t on t.tenant_id = (select log.current_tenant()) and t.{table}_id = r.thing_id
"""  # noqa: S608


def former_place(row: Row, event: LoggedEvent) -> Row:
    """Return the place that an event ends, as far as the row of the batch knows it."""
    clinician_ids = [row["clinician_id"]] if "clinician_id" in row else row.get("staff_ids")
    return {name: row.get(name) for name in ("resource_ids", "starts_at", "ends_at")} | {
        "thing_id": event.stream_id,
        "from_position": row.get("placed_position"),
        "until_position": event.position,
        "clinician_ids": clinician_ids,
    }
