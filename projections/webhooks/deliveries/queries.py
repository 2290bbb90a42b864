"""Query a practice's webhook endpoints and their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.webhooks.endpoint import DeliveryStatus
from projections.engine.ports import TenantTransaction
from projections.engine.queries import columns_of, in_utc, where

_ENDPOINTS: Final = """
select e.endpoint_id, e.url, e.events, p.is_active, e.switched_off, e.previous_until, e.created_at, e.version, e.position,
       p.last_number, p.next_number, p.due_at
from webhooks.endpoint e join webhooks.progress p using (tenant_id, endpoint_id)
where e.tenant_id = %s and not e.is_removed order by e.endpoint_id
"""


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint; ``next_number`` is the next message to send, ``last_number`` the newest one."""

    endpoint_id: UUID
    url: str
    events: Sequence[str]
    is_active: bool
    switched_off: str | None
    previous_until: datetime | None
    created_at: datetime
    version: int
    position: int
    last_number: int
    next_number: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A message to an endpoint, and its result; ``failure`` is why the last attempt failed."""

    number: int
    position: int
    event: str
    thing_id: UUID
    thing_version: int
    occurred_at: datetime
    status: str
    attempts: int
    first_attempt: datetime | None
    last_attempt: datetime | None
    response_code: int | None
    failure: str | None


class WebhookQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def endpoints(self, tenant_id: UUID) -> list[EndpointRecord]:
        """Return all endpoints of a practice, oldest first; there are few."""
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(_ENDPOINTS, (tenant_id,), binary=True).fetchall()
        return [EndpointRecord(*in_utc(row)) for row in rows]

    def deliveries(
        self,
        tenant_id: UUID,
        endpoint_id: UUID,
        *,
        status: DeliveryStatus | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Sequence[DeliveryRecord], int | None]:
        """Return a page of deliveries, newest first, and the number before the next page."""
        condition, values = where(
            ("tenant_id = %s", tenant_id),
            ("endpoint_id = %s", endpoint_id),
            ("status = %s", status),
            ("number < %s", before),
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {columns_of(DeliveryRecord)} from webhooks.delivery"  # noqa: S608  constants only
                f" where {condition} order by number desc limit %s".encode(),
                (*values, limit + 1),
                binary=True,
            ).fetchall()
        found = [DeliveryRecord(*in_utc(row)) for row in rows[:limit]]
        return found, None if len(rows) <= limit else found[-1].number
