"""What an import needs from outside beside the practices' logs."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from domain.scheduling.time_claim import TimeClaim


class StreamLookup(Protocol):
    """Tells which of many things are in a practice's log, in few round trips. Of committed facts only."""

    def known(self, tenant_id: UUID, stream_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return those that are there."""
        ...

    def claims_when_booked(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Sequence[TimeClaim]:
        """Return the clinician's claim with which each appointment that is there was booked, whatever came of it later."""
        ...


class PersonKeys(Protocol):
    """Keys under which persons' data is sealed."""

    def create(self, tenant_id: UUID, subject_ids: Sequence[UUID]) -> None:
        """Make keys for persons who have none, many at once; they are durable on return."""
        ...

    def erased_subjects(self, tenant_id: UUID) -> Sequence[UUID]:
        """Return whose keys were destroyed."""
        ...
