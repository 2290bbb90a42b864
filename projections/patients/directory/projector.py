"""Project the patient directory: a sealed row for each person, and one for each search token."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from domain.kernel.logged_event import Body, LoggedEvent
from domain.kernel.personal_data import Unreadable
from domain.patients.patient import Patient
from projections.engine.ports import PersonIndex
from projections.engine.rows import Row, StreamRows, Write, insert, update

_PARTS: Final = {
    "sealed": ("sealed", "sealed_type", "sealed_version", "zone", "locale", "tokens"),
    "contacts": ("contacts", "contacts_version", "contact_tokens"),
    "remarks": ("remarks", "remarks_version"),
}
"""The columns of each sealed part; an event sets all columns of a part, or none."""
_NO_PERSON: Final[Row] = {
    **dict.fromkeys(column for columns in _PARTS.values() for column in columns),
    "tokens": [],
    "contact_tokens": [],
}

_INSERT: Final = insert("patient")
# A patient is parted from a merge by being merged into themselves.
_UPDATE: Final = update(
    "patient",
    "patient_id",
    "is_erased",
    "is_withdrawn",
    merged_into="nullif(coalesce(r.merged_into, t.merged_into), r.patient_id)",
    **{
        column: f"case when r.is_erased or r.{part}_version is not null then r.{column} else t.{column} end"
        for part, columns in _PARTS.items()
        for column in columns
    },
)
_INSERT_TERMS: Final = """
insert into {schema}.search_term (tenant_id, token, patient_id, of_contact)
select (select log.current_tenant()), t.token, r.patient_id, r.of_contact
from json_to_recordset(%s::json) as r (patient_id uuid, of_contact boolean, tokens bigint[])
cross join lateral unnest(r.tokens) as t (token)
"""
# "offset 0" prevents a join over the whole table: each token is looked up in the index.
_DELETE_TERMS: Final = """
delete from {schema}.search_term where ctid = any (array(
    select s.ctid
    from json_to_recordset(%s::json) as r (patient_id uuid, of_contact boolean)
    join {schema}.patient p on p.tenant_id = (select log.current_tenant()) and p.patient_id = r.patient_id
    cross join lateral unnest(case when r.of_contact then p.contact_tokens else p.tokens end) as t (token)
    cross join lateral (
        select ctid from {schema}.search_term
        where tenant_id = p.tenant_id and token = t.token and patient_id = p.patient_id and of_contact = r.of_contact
        offset 0
    ) s
))
"""


class PatientsProjector:
    name = "patients"
    version = 1

    def __init__(self, index: PersonIndex) -> None:
        self._index = index

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        rows = StreamRows("patient_id")
        for event in events:
            changes = self._changes(event)
            if event.event_type == Patient.Registered.TOPIC:
                flags: Row = {"is_erased": False, "is_withdrawn": False, "contact_tokens": []}
                rows.insert(event, {"registered_at": event.effective_at, **flags, **(changes or {})})
            elif changes is not None:
                rows.update(event, changes)
        inserted, updated = rows.inserted, rows.updated
        for row in inserted:
            if row.get("merged_into") == row["patient_id"]:
                row["merged_into"] = None
        return [
            Write(_INSERT, inserted),
            Write(_DELETE_TERMS, _terms(updated)),
            Write(_UPDATE, updated),
            Write(_INSERT_TERMS, _terms([*inserted, *updated])),
        ]

    def _changes(self, event: LoggedEvent) -> Row | None:
        """Return the columns that an event sets; None if it is not about a patient's row."""
        match event.event_type:
            case Patient.Registered.TOPIC | Patient.DetailsChanged.TOPIC:
                return {
                    **_sealed("sealed", event),
                    "sealed_type": event.event_type,
                    "zone": event.body["zone"],
                    "locale": event.body["locale"],
                    "tokens": self._tokens(event),
                }
            case Patient.ContactsSet.TOPIC:
                return {**_sealed("contacts", event), "contact_tokens": self._tokens(event)}
            case Patient.RemarksChanged.TOPIC:
                return _sealed("remarks", event)
            case Patient.MergedInto.TOPIC:
                return {"merged_into": event.body["survivor_id"]}
            case Patient.PartedFrom.TOPIC:
                return {"merged_into": event.stream_id}
            case Patient.Absorbed.TOPIC | Patient.Released.TOPIC:
                return {}
            case Patient.Withdrawn.TOPIC | Patient.Reinstated.TOPIC:
                return {"is_withdrawn": event.event_type == Patient.Withdrawn.TOPIC}
            case Patient.WasErased.TOPIC:
                return {**_NO_PERSON, "is_erased": True}
            case _:
                return None

    def _tokens(self, event: LoggedEvent) -> list[int]:
        """Return the search tokens of the persons in an event; none if it cannot be read."""
        personal = event.personal()
        if isinstance(personal, Unreadable):
            return []
        persons: Iterable[Mapping[str, object]] = [personal]
        # A person's only name is found as a last name is.
        names: tuple[str, ...] = ("family_name", "given_name")
        if event.event_type == Patient.ContactsSet.TOPIC:
            persons, names = cast("list[Body]", personal["contacts"]), ("name",)
        tokens = {
            token
            for person in persons
            for token in self._index.index_tokens(
                event.tenant_id,
                family_name=next((cast("str", person[name]) for name in names if person[name]), None),
                email=cast("str | None", person["email"]),
                phone=cast("str | None", person["phone"]),
            )
        }
        return sorted(tokens)


def _sealed(part: str, event: LoggedEvent) -> Row:
    sealed = None if event.sealed is None else f"\\x{event.sealed.hex()}"
    return {part: sealed, f"{part}_version": event.version}


def _terms(rows: Iterable[Row]) -> list[Row]:
    """Return the search terms that rows set: those of the patients, and those of their contacts."""
    return [
        {"patient_id": row["patient_id"], "of_contact": of_contact, "tokens": row[column]}
        for row in rows
        for column, of_contact in (("tokens", False), ("contact_tokens", True))
        if column in row
    ]
