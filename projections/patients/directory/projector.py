"""Keeps the patient directory: one row a person, sealed, and one for each term that they are found by."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from domain.kernel.logged_event import Body, LoggedEvent
from domain.kernel.personal_data import Erased
from domain.patients.patient import Patient
from projections.engine.ports import PersonIndex
from projections.engine.rows import Row, Write
from projections.patients.directory.statements import FORGET, INSERT, UPDATE

_OF_A_PATIENT: Final = f"{Patient.TOPIC}."
_DETAILS: Final = frozenset({Patient.Registered.TOPIC, Patient.DetailsChanged.TOPIC})


class PatientsProjector:
    name = "patients"
    version = 1

    def __init__(self, index: PersonIndex) -> None:
        self._index = index

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        registered: dict[object, Row] = {}
        changed: dict[object, Row] = {}
        details: dict[object, LoggedEvent] = {}
        contacts: dict[object, LoggedEvent] = {}
        for event in events:
            if not event.event_type.startswith(_OF_A_PATIENT) or (known := _known(event)) is None:
                continue
            id_: object = event.stream_id
            if event.event_type == Patient.Registered.TOPIC:
                registered[id_] = {"registered_at": event.effective_at, "is_erased": False}
            rows = registered if id_ in registered else changed
            row = rows.setdefault(id_, {"patient_id": id_})
            row |= {"patient_id": id_, "version": event.version, "position": event.position, **known}
            if known.get("tells_details"):
                details[id_] = event
            if known.get("tells_contacts"):
                contacts[id_] = event
        for told, of_contact in ((details, False), (contacts, True)):
            for id_, teller in told.items():
                row = registered.get(id_) or changed[id_]
                row["contact_tokens" if of_contact else "tokens"] = sorted(self._tokens(teller, row))
        forgotten = [
            {"patient_id": id_, "of_contact": of_contact}
            for told, of_contact in ((details, False), (contacts, True))
            for id_ in told
            if id_ in changed
        ]
        return [
            Write(INSERT, list(registered.values())),
            Write(FORGET, forgotten),
            Write(UPDATE, list(changed.values())),
        ]

    def _tokens(self, teller: LoggedEvent, row: Row) -> set[int]:
        """Under which numbers the persons that an event tells of are found: none once it was an erasure that told last."""
        if row.get("is_erased"):
            return set()
        known = teller.personal()
        if isinstance(known, Erased):
            return set()
        if teller.event_type in _DETAILS:
            return self._found_by(teller, [known], "family_name")
        return self._found_by(teller, cast("list[Body]", known["contacts"]), "name")

    def _found_by(self, teller: LoggedEvent, persons: Iterable[Mapping[str, object]], name: str) -> set[int]:
        return {
            token
            for person in persons
            for token in self._index.index_tokens(
                teller.tenant_id,
                family_name=_text(person, name),
                email=_text(person, "email"),
                phone=_text(person, "phone"),
            )
        }


def _known(event: LoggedEvent) -> Row | None:
    """Return what a patient's event tells of their row, None if it is of something else."""
    topic = event.event_type
    if topic in _DETAILS:
        return {
            "tells_details": True,
            "sealed": _base64(event),
            "sealed_type": topic,
            "sealed_version": event.version,
            "zone": event.body["zone"],
            "locale": event.body["locale"],
        }
    if topic == Patient.ContactsSet.TOPIC:
        return {"tells_contacts": True, "contacts": _base64(event), "contacts_version": event.version}
    if topic == Patient.RemarksChanged.TOPIC:
        return {"tells_remarks": True, "remarks": _base64(event), "remarks_version": event.version}
    if topic == Patient.MergedInto.TOPIC:
        return {"tells_merge": True, "merged_into": event.body["survivor_id"]}
    if topic == Patient.PartedFrom.TOPIC:
        return {"tells_merge": True, "merged_into": None}
    if topic in (Patient.Absorbed.TOPIC, Patient.Released.TOPIC):
        return {}
    if topic in (Patient.Withdrawn.TOPIC, Patient.Reinstated.TOPIC):
        return {"is_withdrawn": topic == Patient.Withdrawn.TOPIC}
    if topic == Patient.WasErased.TOPIC:
        nothing = (
            "sealed",
            "sealed_type",
            "sealed_version",
            "contacts",
            "contacts_version",
            "remarks",
            "remarks_version",
        )
        told = dict.fromkeys(("tells_details", "tells_contacts", "tells_remarks"), True)
        return {**dict.fromkeys((*nothing, "zone", "locale")), **told, "is_erased": True}
    return None


def _base64(event: LoggedEvent) -> str | None:
    return None if event.sealed is None else base64.b64encode(event.sealed).decode()


def _text(known: Mapping[str, object], field: str) -> str | None:
    value = known[field]
    return value if isinstance(value, str) else None
