"""The job that adopts new time zone rules in one practice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.kernel.jobs import Job, JobQueue
from application.scheduling.zone_changes.ports import ZoneSightingStore


@dataclass(frozen=True, slots=True)
class AdoptZoneRules(Job):
    NAME: ClassVar[str] = "scheduling.adopt_zone_rules"


def enqueue_adoptions(store: ZoneSightingStore, queue: JobQueue, practices: Iterable[UUID], now: datetime) -> None:
    """Enqueue the job for each practice, once for each release of the rules."""
    if store.is_settled():
        return
    newest = store.read().newest
    for tenant_id in practices:
        queue.enqueue(AdoptZoneRules(tenant_id), due_at=now)
    # After a crash before this line the jobs are enqueued again, under the same keys.
    store.finish(newest, now)
