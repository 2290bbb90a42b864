"""Reads logs in order of position: for projectors, histories and audits."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from psycopg.rows import class_row, tuple_row
from psycopg_pool import ConnectionPool

from domain.kernel.logged_event import AboutOthers, Body, LoggedEvent
from domain.kernel.personal_data import ERASED, Damaged, Unreadable
from domain.kernel.recorded_event import RecordedEvent
from event_store.append.codec import codec_of
from event_store.append.upcasting import current_body
from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import (
    DamagedDataError,
    DataKey,
    ErasedError,
    Place,
    TamperedError,
    fault_of,
    key_reference,
    unseal,
)
from event_store.tenancy import tenant_transaction

_log = logging.getLogger(__name__)

_COLUMNS: Final = (
    "position, event_type, stream_id, version, body::text, schema_version, actor, command_id, causation_id,"
    " effective_at, recorded_at, sealed"
)
# Events without the field, or with null in it, are about nobody else.
_NOT_ABOUT_OTHERS: Final = " and (stream_id = any (%s) or stream_type <> %s or coalesce(body ->> %s = any (%s), true))"
_HEADER_LENGTH: Final = 22
"""Bytes that name the key in an envelope; see sealing.py."""


class LogReader:
    """Reads any practice's log."""

    def __init__(self, pool: ConnectionPool, keys: KeyRing) -> None:
        self._pool = pool
        self._keys = keys

    def heads(self) -> dict[UUID, int]:
        """Return all newest positions. For scheduler_projector and scheduler_backup."""
        with self._pool.connection() as connection:
            return dict(connection.execute("select tenant_id, position from log.tenant_head", binary=True).fetchall())

    def page(self, tenant_id: UUID, after: int, limit: int) -> list[LoggedEvent]:
        """Return up to ``limit`` events after a position, in order."""
        return self._select(tenant_id, "position > %s order by position limit %s", (after, limit))

    def pages(self, starts: Sequence[tuple[UUID, int]], limit: int) -> list[list[LoggedEvent]]:
        """Return up to ``limit`` events after each (practice, position). For a projector."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select * from log.pages(%s::uuid[], %s::bigint[], %s)",
                ([tenant_id for tenant_id, _ in starts], [after for _, after in starts], limit),
                binary=True,
            ).fetchall()
        pages: dict[UUID, list[tuple[Any, ...]]] = {tenant_id: [] for tenant_id, _ in starts}
        for row in rows:
            pages[row[0]].append(row[1:])
        return [self._events(tenant_id, page) for tenant_id, page in pages.items()]

    def of_streams(
        self, tenant_id: UUID, stream_ids: Sequence[UUID], after: int, limit: int, *, without: AboutOthers | None = None
    ) -> list[LoggedEvent]:
        """Return ``limit`` events of some streams after a position, or all that there are."""
        # Ordered by an expression, so that no plan reads the whole log in order of position.
        condition = f"stream_id = any (%s) and position > %s{_NOT_ABOUT_OTHERS if without else ''} order by position + 0 limit %s"
        excluded: tuple[object, ...] = ()
        if without:
            own = list(without.own)
            excluded = (own, without.stream_type, without.field, [str(id_) for id_ in own])
        return self._select(tenant_id, condition, (list(stream_ids), after, *excluded, limit))

    def first_of_streams(self, tenant_id: UUID, stream_ids: Sequence[UUID], until: int) -> list[LoggedEvent]:
        """Return all events of some streams up to a position, in order."""
        condition = "stream_id = any (%s) and position <= %s order by position + 0"
        return self._select(tenant_id, condition, (list(stream_ids), until))

    def recorded_page(
        self, tenant_id: UUID, after: int, limit: int, *, unseal: bool
    ) -> tuple[list[RecordedEvent], int]:
        """Return up to ``limit`` events after a position as recorded, and the newest position.

        With ``unseal`` their personal parts are decrypted.
        """
        with tenant_transaction(self._pool, tenant_id) as cursor:
            cursor.row_factory = class_row(RecordedEvent)
            events: list[RecordedEvent] = cursor.execute(
                "select position, event_type, schema_version, stream_id, version, body, sealed, actor, command_id,"
                " command_part, fingerprint, causation_id, effective_at, recorded_at, hash from log.event"
                " where tenant_id = %s and position > %s order by position limit %s",
                (tenant_id, after, limit),
                binary=True,
            ).fetchall()
            cursor.row_factory = tuple_row
            head = cursor.execute("select position from log.tenant_head where tenant_id = %s", (tenant_id,)).fetchone()
        if unseal:
            parts = [(e.stream_id, e.version, e.event_type, e.sealed) for e in events if e.sealed is not None]
            personal = iter(self.open_parts(tenant_id, parts))
            events = [event if event.sealed is None else replace(event, personal=next(personal)) for event in events]
        return events, head[0] if head else 0

    def open_parts(self, tenant_id: UUID, parts: Sequence[tuple[UUID, int, str, bytes]]) -> list[Body | Unreadable]:
        """Decrypt (stream, version, event type, sealed), with one query per event type.

        A part that cannot be read is logged and reads ``Damaged``; the others are not affected.
        """
        opener = _PageOpener(self._keys, tenant_id, [(topic, sealed) for _, _, topic, sealed in parts])
        return [opener.open_part(*part) for part in parts]

    def _select(self, tenant_id: UUID, condition: str, values: tuple[object, ...]) -> list[LoggedEvent]:
        with tenant_transaction(self._pool, tenant_id) as cursor:
            rows = cursor.execute(
                f"select {_COLUMNS} from log.event where tenant_id = %s and {condition}",  # noqa: S608  constants only
                (tenant_id, *values),
                binary=True,
            ).fetchall()
        return self._events(tenant_id, rows)

    def _events(self, tenant_id: UUID, rows: Sequence[tuple[Any, ...]]) -> list[LoggedEvent]:
        parts = [(row[1], row[11]) for row in rows if row[11] is not None]
        opener = _PageOpener(self._keys, tenant_id, parts).open
        return [
            LoggedEvent(
                tenant_id, position, topic, stream_id, version, _body(topic, schema_version, body),
                actor, command_id, causation_id, effective_at, recorded_at, opener, sealed,
            )
            for (
                position, topic, stream_id, version, body, schema_version,
                actor, command_id, causation_id, effective_at, recorded_at, sealed,
            ) in rows
        ]  # fmt: skip


class _PageOpener:
    """Decrypts the sealed parts of one page; reads the keys of all events of a topic in one query.

    It keeps keys while its page is in use, so no longer than other processes use an erased key.
    """

    def __init__(self, keys: KeyRing, tenant_id: UUID, parts: Sequence[tuple[str, bytes]]) -> None:
        """``parts`` are (topic, envelope)."""
        self._keys = keys
        self._tenant_id = tenant_id
        self._parts = parts
        self._fetched: set[str] = set()
        self._held: dict[bytes, DataKey] = {}

    def open(self, event: LoggedEvent, sealed: bytes) -> Body | Unreadable:
        return self.open_part(event.stream_id, event.version, event.event_type, sealed)

    def open_part(self, stream_id: UUID, version: int, topic: str, sealed: bytes) -> Body | Unreadable:
        if topic not in self._fetched:
            self._fetched.add(topic)
            wanted = {id_ for its_topic, envelope in self._parts if its_topic == topic for id_ in _key_ids(envelope)}
            for key in self._keys.opening_keys(self._tenant_id, wanted).values():
                self._held[key.header] = key
        held_key = self._held.get(sealed[:_HEADER_LENGTH])
        place = Place(self._tenant_id, stream_id, version, topic, codec_of(topic).sealed_field)
        try:
            key = held_key or self._keys.opening_key(self._tenant_id, *key_reference(sealed))
            return cast(Body, msgspec.json.decode(unseal(key, place, sealed)))
        except ErasedError:
            return ERASED
        except DamagedDataError as error:
            # One person's data must not take down a page with others.
            fault = fault_of(error)
            _log.error(
                "personal data of %s in practice %s, version %d, cannot be read: %s",
                stream_id,
                self._tenant_id,
                version,
                fault.value,
            )
            return Damaged(fault)


def _key_ids(envelope: bytes) -> Sequence[UUID]:
    """Return the id of the envelope's key; none if the envelope is no envelope."""
    try:
        return (key_reference(envelope).key_id,)
    except TamperedError:
        return ()


def _body(topic: str, schema_version: int, text: str) -> Body:
    known = codec_of(topic).schema_version
    current = text if schema_version == known else current_body(topic, schema_version, known, text.encode())
    return cast(Body, msgspec.json.decode(current))
