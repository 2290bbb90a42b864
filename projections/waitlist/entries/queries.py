"""Query the wait list: entries, offers and openings, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from projections.engine.ports import TenantTransaction
from projections.engine.queries import TableQuery


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry; ``place`` is the position of the event that added it."""

    entry_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None
    window_starts: Sequence[datetime]
    window_ends: Sequence[datetime]
    weekly: Sequence[str]
    notice_minutes: int
    status: str
    appointment_id: UUID | None
    joined_at: datetime
    place: int
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer; ``answer`` is None until it is accepted, declined or withdrawn."""

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


@dataclass(frozen=True, slots=True)
class _OpeningRow:
    opening_id: UUID
    place: int


_ENTRIES: Final = TableQuery[EntryRow, int]("waitlist.entry", EntryRow, "place")
_OFFERS: Final = TableQuery[OfferRow, UUID]("waitlist.offer", OfferRow, "offer_id")
_OPENINGS: Final = TableQuery[_OpeningRow, int]("waitlist.opening", _OpeningRow, "place")


class WaitlistQueries:
    """Pages are in the order of the log, each with the key after which the next one begins."""

    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def entries(
        self,
        tenant_id: UUID,
        *,
        patient_ids: Sequence[UUID] = (),
        service_id: UUID | None = None,
        clinician_id: UUID | None = None,
        served_by: UUID | None = None,
        status: str | None = None,
        after: int = 0,
        limit: int = 50,
    ) -> tuple[Sequence[EntryRow], int | None]:
        """Return a page of entries. With a clinician: without those that wait for any clinician.

        ``served_by``: those for this clinician, and those that wait for any clinician.
        """
        tests = (
            ("patient_id = any (%s)", list(patient_ids) or None),
            ("service_id = %s", service_id),
            ("clinician_id = %s", clinician_id),
            ("(clinician_id is null or clinician_id = %s)", served_by),
            ("status = %s", status),
        )
        return _ENTRIES.page(self._transaction, tenant_id, *tests, after=after, limit=limit)

    def offers(
        self,
        tenant_id: UUID,
        *,
        entry_id: UUID | None = None,
        opening_id: UUID | None = None,
        clinician_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Sequence[OfferRow], UUID | None]:
        """Return a page of offers."""
        tests = (("entry_id = %s", entry_id), ("opening_id = %s", opening_id), ("clinician_id = %s", clinician_id))
        return _OFFERS.page(self._transaction, tenant_id, *tests, after=after, limit=limit)

    def openings(
        self, tenant_id: UUID, *, clinician_id: UUID | None = None, after: int = 0, limit: int = 50
    ) -> tuple[Sequence[UUID], int | None]:
        """Return a page of the ids of openings."""
        test = ("clinician_id = %s", clinician_id)
        rows, next_place = _OPENINGS.page(self._transaction, tenant_id, test, after=after, limit=limit)
        return [row.opening_id for row in rows], next_place
