"""Snapshots: the state of an aggregate at one version, so that fewer events are replayed.

A snapshot is a cache, sealed under the person's key like the events. One that cannot be used,
because the person was erased or the code has changed, is ignored, and all events are replayed.
"""

import functools
import hashlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import AggregateRecorder, StoredEvent
from eventsourcing.utils import get_topic, resolve_topic
from psycopg_pool import ConnectionPool

from domain.kernel.personal_data import ERASED, Erased
from domain.kernel.value import Value
from domain.practice.clinician import HoursText
from event_store.append.codec import canonical_json, codec_for
from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import DamagedDataError, ErasedError, Place, key_reference, seal, unseal
from event_store.tenancy import tenant_transaction
from event_store.topics import event_classes

_FIELD: Final = "snapshot"


def _decode_value(items: tuple[str, dict[str, Any]]) -> Value:
    topic, fields = items
    return cast("type[Value]", resolve_topic(topic)).of(SimpleNamespace(**fields))


_TAGGED: Final[Mapping[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "uuid": (UUID, str, UUID),
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "decimal": (Decimal, str, Decimal),
    "value": (Value, lambda value: [get_topic(type(value)), value.fields()], _decode_value),
    "hours": (HoursText, list, lambda items: HoursText(*items)),
    "tuple": (tuple, list, tuple),
    "erased": (Erased, lambda _: None, lambda _: ERASED),
    "map": (dict, lambda value: [list(pair) for pair in value.items()], dict),
}
"""Tag -> (type, encode, decode) of types that JSON lacks; the first match is used."""


@dataclass(frozen=True, slots=True)
class StoredSnapshot(StoredEvent):
    """``topic`` is the aggregate's; the key of ``subject_id`` seals ``state``, which is JSON."""

    subject_id: UUID | None = None


def stored_snapshot(snapshot: Snapshot) -> StoredSnapshot:
    state = {name: value for name, value in snapshot.state.items() if name != "_pending_events"}
    subject = _subject_of(snapshot.topic)
    return StoredSnapshot(
        originator_id=snapshot.originator_id,
        originator_version=snapshot.originator_version,
        topic=snapshot.topic,
        state=canonical_json(_to_json(state)),
        subject_id=(state | {"originator_id": snapshot.originator_id})[subject] if subject else None,
    )


def domain_snapshot(stored: StoredSnapshot) -> Snapshot:
    state = cast(dict[str, Any], _from_json(msgspec.json.decode(stored.state)))
    return Snapshot(
        originator_id=UUID(str(stored.originator_id)),
        originator_version=stored.originator_version,
        timestamp=state["_modified_on"],
        topic=stored.topic,
        state=state,
    )


class SnapshotRecorder(AggregateRecorder):
    """Stores the snapshots of one practice."""

    def __init__(self, tenant_id: UUID, pool: ConnectionPool, keys: KeyRing) -> None:
        super().__init__()
        self._tenant_id = tenant_id
        self._pool = pool
        self._keys = keys

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> None:
        """Store snapshots; one of the same version is not replaced."""
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            for stored in cast(Sequence[StoredSnapshot], stored_events):
                key_columns = (self._tenant_id, stored.originator_id, stored.originator_version, stored.topic)
                sealed = None
                if stored.subject_id is not None:
                    key = self._keys.sealing_key(self._tenant_id, stored.subject_id)
                    sealed = seal(key, self._place(stored), stored.state)
                cursor.execute(
                    "insert into log.snapshot (tenant_id, stream_id, version, topic, form, body, sealed)"
                    " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                    (*key_columns, _form(stored.topic), None if sealed else stored.state.decode(), sealed),
                )

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the usable snapshots of an aggregate, the newest first if ``desc``."""
        order = "desc" if desc else "asc"
        with tenant_transaction(self._pool, self._tenant_id) as cursor:
            rows = cursor.execute(
                "select version, topic, form, body::text, sealed from log.snapshot"  # noqa: S608  constants only
                " where tenant_id = %s and stream_id = %s and version > %s and version <= %s"
                f" order by version {order} limit %s",
                (self._tenant_id, originator_id, gt or 0, 2**31 - 1 if lte is None else lte, limit),
                binary=True,
            ).fetchall()
        stream_id = UUID(str(originator_id))
        found = [
            self._unseal(StoredSnapshot(stream_id, version, topic, (body or "").encode()), sealed)
            for version, topic, form, body, sealed in rows
            if form == _form(topic)
        ]
        return [snapshot for snapshot in found if snapshot]

    def _unseal(self, stored: StoredSnapshot, sealed: bytes | None) -> StoredSnapshot | None:
        if sealed is None:
            return stored
        try:
            key = self._keys.opening_key(self._tenant_id, *key_reference(sealed))
            state = unseal(key, self._place(stored), sealed)
        except (ErasedError, DamagedDataError):
            # The events give the aggregate, or name the fault.
            return None
        return StoredSnapshot(stored.originator_id, stored.originator_version, stored.topic, state)

    def _place(self, stored: StoredSnapshot) -> Place:
        return Place(self._tenant_id, UUID(str(stored.originator_id)), stored.originator_version, stored.topic, _FIELD)


@functools.cache
def _subject_of(topic: str) -> str | None:
    """Return the attribute of an aggregate that holds the id of the person it is about."""
    codecs = map(codec_for, event_classes())
    return next((codec.subject for codec in codecs if codec.stream_type == topic and codec.subject), None)


@functools.cache
def _form(topic: str) -> str:
    """Return a digest of the code of an aggregate and its events."""
    aggregate = resolve_topic(topic)
    classes = [member for member in (aggregate, *vars(aggregate).values()) if isinstance(member, type)]
    names = {base.__module__ for member in classes for base in member.__mro__ if base.__module__.startswith("domain.")}
    sources = "".join(inspect.getsource(sys.modules[name]) for name in sorted(names))
    return hashlib.sha256(sources.encode()).hexdigest()[:16]


def _to_json(value: object) -> object:
    for tag, (type_, encode, _) in _TAGGED.items():
        if isinstance(value, type_):
            return {"is": tag, "of": _to_json(encode(value))}
    return [_to_json(item) for item in value] if isinstance(value, list) else value


def _from_json(value: object) -> object:
    if isinstance(value, dict):
        return _TAGGED[value["is"]][2](_from_json(value["of"]))
    return [_from_json(item) for item in value] if isinstance(value, list) else value
