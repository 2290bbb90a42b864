"""Secrets that a practice shares with programs outside: sealed under the practice's key, each bound to what it is a secret of."""

import base64
from typing import Final
from uuid import UUID

from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import Place

_KIND: Final = "practice.secret"


class PracticeSecrets:
    """The port ``SecretBox``. Raises KeyUnavailableError from each method."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal(self, tenant_id: UUID, owner_id: UUID, secret: str) -> str:
        envelope = self._keys.seal_for_practice(_place(tenant_id, owner_id), secret.encode())
        return base64.b64encode(envelope).decode()

    def open(self, tenant_id: UUID, owner_id: UUID, sealed: str) -> str:
        """Raises TamperedError: it was altered, or belongs to another thing or practice."""
        return self._keys.open_for_practice(_place(tenant_id, owner_id), base64.b64decode(sealed)).decode()


def _place(tenant_id: UUID, owner_id: UUID) -> Place:
    return Place(tenant_id, owner_id, 0, _KIND, "secret")
