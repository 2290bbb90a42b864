"""How rows of the wait list are written."""

from typing import Final

from projections.engine.rows import insert

JOIN: Final = insert("entry")
# Whoever waits for a clinician may come to wait for anyone: so a preferences is told whole, or not at all.
CHANGE_ENTRY: Final = """
update {schema}.entry e set
    clinician_id = case when r.has_wish then r.clinician_id else e.clinician_id end,
    window_starts = coalesce(r.window_starts, e.window_starts),
    window_ends = coalesce(r.window_ends, e.window_ends),
    notice_minutes = coalesce(r.notice_minutes, e.notice_minutes),
    status = coalesce(r.status, e.status),
    appointment_id = coalesce(r.appointment_id, e.appointment_id),
    version = r.version,
    position = r.position
from json_to_recordset(%s::json) as r (
    entry_id uuid, has_wish boolean, clinician_id uuid, window_starts timestamptz[], window_ends timestamptz[], notice_minutes integer,
    status text, appointment_id uuid, version integer, position bigint
)
where e.tenant_id = (select log.current_tenant()) and e.entry_id = r.entry_id
"""
OPEN: Final = insert("opening")
CHANGE_OPENING: Final = """
update {schema}.opening o set version = r.version, position = r.position
from json_to_recordset(%s::json) as r (opening_id uuid, version integer, position bigint)
where o.tenant_id = (select log.current_tenant()) and o.opening_id = r.opening_id
"""
MAKE_OFFER: Final = insert("offer")
CHANGE_OFFER: Final = """
update {schema}.offer o set
    answer = r.answer, because = r.because, appointment_id = r.appointment_id, version = r.version, position = r.position
from json_to_recordset(%s::json) as r (
    offer_id uuid, answer text, because text, appointment_id uuid, version integer, position bigint
)
where o.tenant_id = (select log.current_tenant()) and o.offer_id = r.offer_id
"""
