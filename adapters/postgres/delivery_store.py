"""Webhook messages in PostgreSQL: implements DeliveryStore on the schema ``webhooks``."""

from collections.abc import Collection, Sequence
from datetime import datetime
from threading import Event
from typing import Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from adapters.postgres.connections import OUTAGES, relaxed, waking
from application.kernel.commands import CommandBus
from application.kernel.permissions import Actor
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.webhooks.dispatcher import THREADS, WebhookDispatcher
from application.webhooks.ports import DeliveryLease, Destination, Message, OutboundHttp, Reply, SecretBox
from application.webhooks.sender import WebhookSender
from event_store.append.notifier import WEBHOOKS
from event_store.tenancy import open_pool, tenant_transaction

LEASE_SECONDS: Final = 5.0
"""A worker extends its leases each second; after it is killed, they expire within this time."""

_DESTINATION: Final = """
select e.url, e.secret, e.previous_secret, e.previous_until, p.next_number
from webhooks.progress p join webhooks.endpoint e using (tenant_id, endpoint_id)
where p.tenant_id = %(tenant)s and p.endpoint_id = %(endpoint)s and p.lease = %(lease)s and p.is_active and not e.is_removed
"""
_MESSAGES: Final = """
select number, position, event, thing_id, thing_version, occurred_at, attempts, first_attempt from webhooks.delivery
where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s and number >= %(next)s order by number limit %(most)s
"""
# Changes nothing if another worker has the lease, or a replay has reset ``next_number``. The lease
# is extended only in its second half: that costs an index entry.
_SUCCESS: Final = """
with moved as (
    update webhooks.progress
    set next_number = next_number + 1, due_at = null,
        leased_until = case when leased_until < clock_timestamp() + make_interval(secs => %(seconds)s / 2)
                            then clock_timestamp() + make_interval(secs => %(seconds)s) else leased_until end
    where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s and lease = %(lease)s and next_number = %(number)s
    returning is_active
)
update webhooks.delivery d
set status = 'delivered', attempts = d.attempts + 1, first_attempt = coalesce(d.first_attempt, %(at)s), last_attempt = %(at)s,
    response_code = %(code)s, failure = null
from moved
where d.tenant_id = %(tenant)s and d.endpoint_id = %(endpoint)s and d.number = %(number)s
returning moved.is_active
"""
_FAILURE: Final = """
with kept as (
    update webhooks.progress set due_at = %(due)s, lease = null, leased_until = clock_timestamp()
    where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s and lease = %(lease)s and next_number = %(number)s
    returning true
)
update webhooks.delivery d
set attempts = d.attempts + 1, first_attempt = coalesce(d.first_attempt, %(at)s), last_attempt = %(at)s,
    response_code = %(code)s, failure = %(failure)s
from kept
where d.tenant_id = %(tenant)s and d.endpoint_id = %(endpoint)s and d.number = %(number)s
"""
# Locked rows are skipped, so that it never waits: storing a success extends the lease too.
_EXTEND: Final = """
update webhooks.progress p set leased_until = clock_timestamp() + make_interval(secs => %s)
from (
    select tenant_id, endpoint_id from webhooks.progress
    join unnest(%s::uuid[], %s::uuid[], %s::uuid[]) as held (tenant_id, endpoint_id, lease) using (tenant_id, endpoint_id, lease)
    for update of progress skip locked
) as mine
where p.tenant_id = mine.tenant_id and p.endpoint_id = mine.endpoint_id
"""
_RELEASE: Final = """
update webhooks.progress set lease = null, leased_until = clock_timestamp()
where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s and lease = %(lease)s
"""


class PostgresDeliveryStore:
    """``pool`` connects as scheduler_worker.

    Its commits need not wait for the disk: after a power cut a message is sent again under its id.
    """

    def __init__(self, pool: ConnectionPool, lease_seconds: float = LEASE_SECONDS) -> None:
        self._pool = pool
        self._lease_seconds = lease_seconds

    def lease(
        self, lease: UUID, now: datetime, *, retries: bool, busy: Sequence[UUID], most: int
    ) -> Sequence[DeliveryLease]:
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select tenant_id, endpoint_id from webhooks.lease_endpoints(%s, %s, %s, %s, %s::uuid[], %s)",
                (lease, self._lease_seconds, now, retries, list(busy), most),
            ).fetchall()
        return [DeliveryLease(tenant_id, endpoint_id, lease) for tenant_id, endpoint_id in rows]

    def waiting(self, lease: DeliveryLease, most: int) -> tuple[Destination, Sequence[Message]] | None:
        with tenant_transaction(self._pool, lease.tenant_id) as cursor:
            found = cursor.execute(_DESTINATION, _key_of(lease)).fetchone()
            if found is None:
                return None
            *destination, next_number = found
            rows = cursor.execute(_MESSAGES, {**_key_of(lease), "next": next_number, "most": most}).fetchall()
        messages = [Message(*row) for row in rows]
        return (Destination(*destination), messages) if messages else None

    def record_success(self, lease: DeliveryLease, number: int, reply: Reply, at: datetime) -> bool:
        values = {**_key_of(lease), "number": number, "at": at, "code": reply.code, "seconds": self._lease_seconds}
        with tenant_transaction(self._pool, lease.tenant_id) as cursor:
            return cursor.execute(_SUCCESS, values).fetchone() == (True,)

    def record_failure(self, lease: DeliveryLease, number: int, reply: Reply, at: datetime, due_at: datetime) -> None:
        values = {**_key_of(lease), "number": number, "at": at, "due": due_at}
        with tenant_transaction(self._pool, lease.tenant_id) as cursor:
            cursor.execute(_FAILURE, {**values, "code": reply.code, "failure": reply.failure})

    def extend(self, leases: Collection[DeliveryLease]) -> None:
        held = [one.tenant_id for one in leases], [one.endpoint_id for one in leases], [one.lease for one in leases]
        with self._pool.connection() as connection:
            connection.execute(_EXTEND, (self._lease_seconds, *held))

    def release(self, lease: DeliveryLease) -> None:
        with tenant_transaction(self._pool, lease.tenant_id) as cursor:
            cursor.execute(_RELEASE, _key_of(lease))


def _key_of(lease: DeliveryLease) -> dict[str, object]:
    return {"tenant": lease.tenant_id, "endpoint": lease.endpoint_id, "lease": lease.lease}


def send_webhooks(
    conninfo: str,
    logs: PracticeLogs,
    clock: Clock,
    secrets: SecretBox,
    http: OutboundHttp,
    stop: Event,
    *,
    lease_seconds: float = LEASE_SECONDS,
) -> None:
    """Send messages until ``stop`` is set. Waits during outages of the database.

    ``conninfo`` logs in as scheduler_worker. Several may run at once, in one process or many.
    """
    bus = CommandBus(logs, clock)
    with open_pool(relaxed(conninfo), name="webhooks", most=THREADS + 1, resets=False, wait_seconds=10.0) as pool:
        store = PostgresDeliveryStore(pool, lease_seconds)
        sender = WebhookSender(
            store,
            http,
            secrets,
            clock,
            lambda tenant_id, command, by: bus.execute(Actor.system(tenant_id), command, by),
        )
        dispatcher = WebhookDispatcher(store, sender, clock)
        with waking(conninfo, WEBHOOKS, dispatcher.wake, stop):
            dispatcher.run(stop, OUTAGES)
