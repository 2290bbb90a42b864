"""Secrets that a practice shares with other programs, sealed under the practice's key."""

import base64
from uuid import UUID

from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import KeyUnavailableError, Place, key_reference, seal, unseal


class PracticeSecrets:
    """Implements application.webhooks.ports.SecretBox. Both methods raise KeyUnavailableError."""

    def __init__(self, keys: KeyRing) -> None:
        self._practices = keys.practices

    def seal(self, tenant_id: UUID, owner_id: UUID, secret: str) -> str:
        key = self._practices.get(tenant_id).newest
        return base64.b64encode(seal(key, _place(tenant_id, owner_id), secret.encode())).decode()

    def open(self, tenant_id: UUID, owner_id: UUID, sealed: str) -> str:
        """Raises TamperedError: it was altered, or belongs to another owner or practice."""
        envelope = base64.b64decode(sealed)
        version = key_reference(envelope).key_version
        for practice_keys in (self._practices.get, self._practices.reload):
            key = practice_keys(tenant_id).by_version.get(version)
            if key is not None:
                return unseal(key, _place(tenant_id, owner_id), envelope).decode()
        raise KeyUnavailableError(f"version {version} of the key of practice {tenant_id} is not known")


def _place(tenant_id: UUID, owner_id: UUID) -> Place:
    return Place(tenant_id, owner_id, 0, "practice.secret", "secret")
