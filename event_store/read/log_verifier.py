"""Verifies every row of the logs, also those that readers do not see, and the list of practices."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection

from event_store.append.codec import canonical_json
from event_store.append.hash_chain import BrokenLink, DigestedEvent, Fault, first_broken_entry, first_broken_link
from event_store.read.claim_comparison import differing_claims

_HASHED: Final = (
    "uuid_send(tenant_id), uuid_send(stream_id), version, convert_to(event_type, 'UTF8'), schema_version,"
    " convert_to(body::text, 'UTF8'), sealed, convert_to(actor, 'UTF8'), uuid_send(command_id), command_part, fingerprint,"
    " uuid_send(causation_id), (extract(epoch from effective_at) * 1000000)::bigint,"
    " (extract(epoch from recorded_at) * 1000000)::bigint"
)
"""The columns of DigestedEvent; the body is not canonical yet."""
_PAGE_OF_EVENTS: Final = (
    f"select position, hash, stream_type, {_HASHED} from log.event"  # noqa: S608  a constant
    " where tenant_id = %s and position > %s and position <= %s order by position limit %s"
)
# One statement, so that it is of one instant: appends go on meanwhile.
_HEAD: Final = """
select h.position, h.head_hash, (
    select min(e.position) from log.event e
    where e.tenant_id = h.tenant_id and (e.position < 1 or e.position > h.position)
)
from log.tenant_head h where h.tenant_id = %s
"""
_PRACTICES: Final = """
select tenant_id, bool_or(is_listed), bool_or(has_head) from (
    select tenant_id, true, false from log.practice
    union all select tenant_id, false, true from log.tenant_head
    union all select distinct tenant_id, false, false from log.event
) as x (tenant_id, is_listed, has_head)
group by tenant_id order by tenant_id
"""
_LIST: Final = """
select array(select number from log.practice order by number), array(select uuid_send(tenant_id) from log.practice order by number),
    array(select hash from log.practice order by number), l.number, l.hash
from log.practice_list l
"""
# The last row of each log is that of its head, and its hash the head's.
_DAMAGED: Final = """
select coalesce(h.tenant_id, p.tenant_id)
from log.tenant_head h
full join log.practice p on p.tenant_id = h.tenant_id
left join lateral (
    select e.position, e.hash from log.event e where e.tenant_id = h.tenant_id order by e.position desc limit 1
) as e on true
where h.tenant_id is null or p.tenant_id is null
   or coalesce(e.position, 0) <> h.position or e.hash <> h.head_hash
order by 1
"""
_PAGE: Final = 2_000


class LogVerifier:
    """``connect`` lends connections of scheduler_backup in autocommit mode: it sees every row."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection[Any]]]) -> None:
        self._connect = connect

    def practices(self) -> dict[UUID, Fault | None]:
        """Return all practices: those with a log, those of the list, and those that own an event.

        ``VANISHED``: listed, without a log; ``UNLISTED``: not in the list of practices.
        """
        with self._connect() as connection:
            rows = connection.execute(_PRACTICES).fetchall()
        return {
            tenant_id: Fault.UNLISTED if not is_listed else None if has_head else Fault.VANISHED
            for tenant_id, is_listed, has_head in rows
        }

    def first_broken_entry(self) -> int | None:
        """Return the first number of the list of practices that was altered, or None."""
        with self._connect() as connection:
            row = connection.execute(_LIST, binary=True).fetchone()
        return 1 if row is None else first_broken_entry(zip(*row[:3], strict=True), (row[3], row[4]))

    def verify(self, tenant_id: UUID) -> BrokenLink | None:
        """Return where a practice's hash chain is broken, or a row outside it, or None."""
        with self._connect() as connection:
            row = connection.execute(_HEAD, (tenant_id,), binary=True).fetchone()
            if row is None:
                return BrokenLink(0, Fault.VANISHED)
            position, head_hash, outside = row
            head = (position, head_hash)
            broken = first_broken_link(tenant_id, _digested(connection, tenant_id, position), head)
        return broken or (None if outside is None else BrokenLink(outside, Fault.OUTSIDE))

    def differing_claims(self, tenant_id: UUID, now: datetime) -> tuple[int, int]:
        """As ``claim_comparison.differing_claims``, for a practice whose log is whole."""
        with self._connect() as connection:
            return differing_claims(connection, tenant_id, now)

    def damaged(self) -> list[UUID]:
        """Return the practices whose last row is not that of the head, or which are not listed.

        Takes one look-up for each practice; ``verify`` reads everything.
        """
        with self._connect() as connection:
            return [tenant_id for (tenant_id,) in connection.execute(_DAMAGED).fetchall()]


def _digested(
    connection: Connection[Any], tenant_id: UUID, last: int
) -> Iterator[tuple[int, bytes, DigestedEvent | None]]:
    after = 0
    while after < last:
        rows = connection.execute(_PAGE_OF_EVENTS, (tenant_id, after, last, _PAGE), binary=True).fetchall()
        if not rows:
            return
        for position, stored, stream_type, *columns in rows:
            event = DigestedEvent(*columns)
            # Readers find a stream by its type, which is no part of the digest: it follows from
            # that of the event.
            is_known_type = event.event_type.rpartition(b".")[0] == stream_type.encode()
            body = canonical_json(msgspec.json.decode(event.body))
            yield position, stored, event._replace(body=body) if is_known_type else None
        after = rows[-1][0]
