"""Asks for the practice's webhook endpoints, and for what each was or will be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from domain.webhooks.endpoint import DeliveryStatus
from projections.engine.ports import TenantTransaction

_ENDPOINTS: Final = """
select e.endpoint_id, e.url, e.events, p.is_active, e.switched_off, e.previous_until, e.created_at, e.version, e.position,
       p.last_number, p.next_number, p.due_at
from webhooks.endpoint e join webhooks.progress p using (tenant_id, endpoint_id)
where e.tenant_id = %s and not e.is_removed order by e.endpoint_id
"""
_DELIVERIES: Final = """
select number, position, event, thing_id, thing_version, occurred_at, status, attempts, first_attempt, last_attempt,
       response_code, failure
from webhooks.delivery
where tenant_id = %s and endpoint_id = %s and (%s::text is null or status = %s) and (%s::bigint is null or number < %s)
order by number desc limit %s
"""


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint and how far it has come: ``next_number`` is the message to send, of ``last_number`` that there are."""

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
    """One message to one endpoint, and what became of it. ``failure`` says in a word why the last attempt failed."""

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
        """Return a practice's endpoints, in the order in which they were made; there are few."""
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(_ENDPOINTS, (tenant_id,), binary=True).fetchall()
        return [EndpointRecord(*map(_in_utc, row)) for row in rows]

    def deliveries(
        self,
        tenant_id: UUID,
        endpoint_id: UUID,
        *,
        status: DeliveryStatus | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Sequence[DeliveryRecord], int | None]:
        """Return what an endpoint was or will be sent, the newest first, and the number before which the next page lies."""
        values = (tenant_id, endpoint_id, status, status, before, before, limit + 1)
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(_DELIVERIES, values, binary=True).fetchall()
        found = [DeliveryRecord(*map(_in_utc, row)) for row in rows[:limit]]
        return found, None if len(rows) <= limit else found[-1].number


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
