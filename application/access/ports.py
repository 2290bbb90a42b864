"""What commands about API keys need from the outside."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID


class KeyDirectory(Protocol):
    def owner_key_ids(self, tenant_id: UUID) -> Sequence[UUID]:
        """Return the ids of a practice's owner keys that are not revoked, oldest first.

        They are read from a read model, which may be behind the log.
        """
        ...
