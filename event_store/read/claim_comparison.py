"""Compares the time claims of a practice with those that its log gives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, starmap
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, Cursor

from domain.kernel.aggregate import Aggregate, fold
from domain.kernel.personal_data import ERASED
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.calendars.busy_calendar import BusyCalendar
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim
from domain.waitlist.opening import Opening
from event_store.append.codec import codec_of
from event_store.append.upcasting import current_body

HOLDERS: Final = (Appointment, Hold, GroupSession, BusyCalendar, Opening)
"""The aggregates that hold claims: each has a method ``claims``."""
_CLAIMS: Final = (
    "select holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at, service_id, expires_at, beside"
    " from log.time_claim where tenant_id = %s and (expires_at is null or expires_at > %s)"
)
_EVENTS: Final = (
    "select e.stream_id, e.version, e.event_type, e.body::text, e.schema_version, e.effective_at from log.event e"
    " join log.tenant_head h on h.tenant_id = e.tenant_id and e.position <= h.position"
    " where e.tenant_id = %s and e.stream_type = any (%s) order by e.stream_id, e.version"
)
_ROWS_AT_ONCE: Final = 2_000


def differing_claims(connection: Connection[Any], tenant_id: UUID, now: datetime) -> tuple[int, int]:
    """Return how many claims the log does not give, and how many that it gives are missing.

    Claims that have expired by ``now`` do not count: they stay until another claim needs their
    time. ``connection`` reads the log and the claims; it is in no transaction.
    """
    with connection.transaction(), connection.cursor("claim_holders", binary=True) as events:
        # One snapshot for both.
        connection.execute("set transaction isolation level repeatable read, read only")
        kept = {_in_utc(row) for row in connection.execute(_CLAIMS, (tenant_id, now), binary=True)}
        events.itersize = _ROWS_AT_ONCE
        events.execute(_EVENTS, (tenant_id, [holder.TOPIC for holder in HOLDERS]))
        given = {_row(claim) for claim in _claims(events) if not claim.has_expired(now)}
    return len(kept - given), len(given - kept)


def _claims(events: Cursor[Any]) -> Iterator[TimeClaim]:
    for _, stream in groupby(events, key=itemgetter(0)):
        holder: Any = fold(starmap(_event, stream))
        yield from holder.claims()


def _event(
    stream_id: UUID, version: int, topic: str, body: str, schema_version: int, effective_at: datetime
) -> Aggregate.Event:
    """Return an event without its personal part, on which no claim depends."""
    codec = codec_of(topic)
    envelope = {"originator_id": stream_id, "originator_version": version, "timestamp": effective_at.astimezone(UTC)}
    return codec.event(envelope, current_body(topic, schema_version, codec.schema_version, body.encode()), ERASED)


def _row(claim: TimeClaim) -> tuple[object, ...]:
    during, visit = claim.during, claim.visit
    times = (during.starts_at, during.ends_at, visit.starts_at, visit.ends_at)
    return (claim.holder_id, claim.what, *times, claim.service_id, claim.expires_at, claim.beside)


def _in_utc(row: tuple[Any, ...]) -> tuple[object, ...]:
    return tuple(value.astimezone(UTC) if isinstance(value, datetime) else value for value in row)
