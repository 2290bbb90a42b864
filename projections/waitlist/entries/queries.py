"""Asks the wait list, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from projections.engine.conditions import all_of
from projections.engine.ports import TenantTransaction

_ENTRY: Final = (
    "entry_id, patient_id, service_id, clinician_id, window_starts, window_ends, notice_minutes, status, appointment_id, joined_at,"
    " place, version, position"
)
_OFFER: Final = (
    "offer_id, opening_id, entry_id, patient_id, service_id, clinician_id, location_id, resource_ids, starts_at, ends_at, made_at,"
    " expires_at, answer, because, appointment_id, version, position"
)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry; ``place`` is the position at which it joined."""

    entry_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None
    window_starts: Sequence[datetime]
    window_ends: Sequence[datetime]
    notice_minutes: int
    status: str
    appointment_id: UUID | None
    joined_at: datetime
    place: int
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offer; ``answer`` is null until somebody answers or withdraws it."""

    offer_id: UUID
    opening_id: UUID
    entry_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: Sequence[UUID]
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    expires_at: datetime
    answer: str | None
    because: str | None
    appointment_id: UUID | None
    version: int
    position: int


class WaitlistQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def entries(
        self,
        tenant_id: UUID,
        *,
        patient_ids: Sequence[UUID] = (),
        service_id: UUID | None = None,
        clinician_id: UUID | None = None,
        status: str | None = None,
        after: int = 0,
        limit: int = 50,
    ) -> tuple[Sequence[EntryRow], int | None]:
        """Return up to ``limit`` entries in line, and the place behind which the next page begins. Of a clinician: those who wait for
        that one; those who wait for any clinician are not among them.
        """
        condition, values = all_of(
            ("tenant_id = %s", tenant_id),
            ("place > %s", after),
            ("patient_id = any (%s)", list(patient_ids) or None),
            ("service_id = %s", service_id),
            ("clinician_id = %s", clinician_id),
            ("status = %s", status),
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {_ENTRY} from waitlist.entry where {condition} order by place limit %s",  # noqa: S608  constants only
                (*values, limit + 1),
            ).fetchall()
        found = [EntryRow(*_in_utc(row)) for row in rows[:limit]]
        return found, found[-1].place if len(rows) > limit else None

    def offers(
        self,
        tenant_id: UUID,
        *,
        entry_id: UUID | None = None,
        opening_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Sequence[OfferRow], UUID | None]:
        """Return up to ``limit`` offers in the order in which they were made, and the id behind which the next page begins."""
        condition, values = all_of(
            ("tenant_id = %s", tenant_id),
            ("entry_id = %s", entry_id),
            ("opening_id = %s", opening_id),
            ("offer_id > %s", after),
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {_OFFER} from waitlist.offer where {condition} order by offer_id limit %s",  # noqa: S608  constants only
                (*values, limit + 1),
            ).fetchall()
        found = [OfferRow(*_in_utc(row)) for row in rows[:limit]]
        return found, found[-1].offer_id if len(rows) > limit else None

    def openings(
        self, tenant_id: UUID, *, clinician_id: UUID | None = None, after: int = 0, limit: int = 50
    ) -> tuple[Sequence[UUID], int | None]:
        """Return up to ``limit`` openings in the order in which they were opened, and the place behind which the next page begins."""
        condition, values = all_of(
            ("tenant_id = %s", tenant_id), ("place > %s", after), ("clinician_id = %s", clinician_id)
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select opening_id, place from waitlist.opening where {condition} order by place limit %s",  # noqa: S608  constants only
                (*values, limit + 1),
            ).fetchall()
        return [id for id, _ in rows[:limit]], rows[limit - 1][1] if len(rows) > limit else None


def _in_utc(row: tuple[Any, ...]) -> list[Any]:
    """PostgreSQL answers in its session's zone."""
    return [_moved(value) for value in row]


def _moved(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return [_moved(each) for each in value] if isinstance(value, list) else value
