"""Keeps the patient directory: one row a person, sealed, and one for each term that they are found by."""

import base64
from collections.abc import Collection, Sequence
from typing import Final

from domain.logged_event import Body, LoggedEvent
from domain.patients.patient import Patient
from domain.personal import Erased
from projections.ports import PersonIndex
from projections.rows import Row, Write

_INSERT: Final = """
with inserted as (
    insert into {schema}.patient (
        tenant_id, patient_id, sealed, sealed_type, sealed_version, zone, locale, tokens, is_erased, registered_at, version, position
    )
    select
        (select log.current_tenant()), patient_id, decode(sealed, 'base64'), sealed_type, sealed_version, zone, locale, tokens, is_erased,
        registered_at, version, position
    from json_to_recordset(%s::json) as r (
        patient_id uuid, sealed text, sealed_type text, sealed_version integer, zone text, locale text, tokens bigint[],
        is_erased boolean, registered_at timestamptz, version integer, position bigint
    )
    returning tenant_id, patient_id, tokens
)
insert into {schema}.search_term (tenant_id, token, patient_id)
select i.tenant_id, t.token, i.patient_id from inserted i, unnest(i.tokens) as t (token)
"""

# "offset 0" keeps the planner from a join over the whole table: each token is looked up in the index.
_FORGET: Final = """
delete from {schema}.search_term where ctid = any (array(
    select s.ctid
    from json_to_recordset(%s::json) as r (patient_id uuid)
    join {schema}.patient p on p.tenant_id = (select log.current_tenant()) and p.patient_id = r.patient_id
    cross join lateral unnest(p.tokens) as t (token)
    cross join lateral (
        select ctid from {schema}.search_term
        where tenant_id = p.tenant_id and token = t.token and patient_id = p.patient_id
        offset 0
    ) s
))
"""

_UPDATE: Final = """
with updated as (
    update {schema}.patient p set
        sealed = decode(r.sealed, 'base64'),
        sealed_type = r.sealed_type,
        sealed_version = r.sealed_version,
        zone = r.zone,
        locale = r.locale,
        tokens = r.tokens,
        is_erased = r.is_erased,
        version = r.version,
        position = r.position
    from json_to_recordset(%s::json) as r (
        patient_id uuid, sealed text, sealed_type text, sealed_version integer, zone text, locale text, tokens bigint[],
        is_erased boolean, version integer, position bigint
    )
    where p.tenant_id = (select log.current_tenant()) and p.patient_id = r.patient_id
    returning p.tenant_id, p.patient_id, p.tokens
)
insert into {schema}.search_term (tenant_id, token, patient_id)
select u.tenant_id, t.token, u.patient_id from updated u, unnest(u.tokens) as t (token)
"""


class PatientsProjector:
    name = "patients"

    def __init__(self, index: PersonIndex) -> None:
        self._index = index

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        registered: dict[object, Row] = {}
        changed: dict[object, Row] = {}
        found_by: dict[object, LoggedEvent | None] = {}
        for event in events:
            topic = event.event_type
            if topic == Patient.Registered.TOPIC:
                row = _known(event)
                row["registered_at"] = event.effective_at
                registered[event.stream_id] = row
                found_by[event.stream_id] = event
            elif topic == Patient.DetailsChanged.TOPIC:
                rows = registered if event.stream_id in registered else changed
                rows[event.stream_id] = rows.get(event.stream_id, {}) | _known(event)
                found_by[event.stream_id] = event
            elif topic == Patient.WasErased.TOPIC:
                rows = registered if event.stream_id in registered else changed
                rows[event.stream_id] = rows.get(event.stream_id, {}) | _nothing_known(event)
                found_by[event.stream_id] = None
        for patient_id, teller in found_by.items():
            row = registered.get(patient_id) or changed[patient_id]
            row["tokens"] = [] if teller is None else sorted(self._tokens(teller))
        return [
            Write(_INSERT, list(registered.values())),
            Write(_FORGET, [{"patient_id": patient_id} for patient_id in changed]),
            Write(_UPDATE, list(changed.values())),
        ]

    def _tokens(self, event: LoggedEvent) -> Collection[int]:
        known = event.personal()
        if isinstance(known, Erased):
            return ()
        return self._index.index_tokens(
            event.tenant_id,
            family_name=_text(known, "family_name"),
            email=_text(known, "email"),
            phone=_text(known, "phone"),
        )


def _known(event: LoggedEvent) -> Row:
    return {
        "patient_id": event.stream_id,
        "sealed": event.sealed and base64.b64encode(event.sealed).decode(),
        "sealed_type": event.event_type,
        "sealed_version": event.version,
        "zone": event.body["zone"],
        "locale": event.body["locale"],
        "is_erased": False,
        "version": event.version,
        "position": event.position,
    }


def _nothing_known(event: LoggedEvent) -> Row:
    return {
        "patient_id": event.stream_id,
        "sealed": None,
        "sealed_type": None,
        "sealed_version": None,
        "zone": None,
        "locale": None,
        "is_erased": True,
        "version": event.version,
        "position": event.position,
    }


def _text(known: Body, field: str) -> str | None:
    value = known[field]
    return value if isinstance(value, str) else None
