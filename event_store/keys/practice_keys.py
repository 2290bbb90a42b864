"""Practice keys: unwrapped by the master key, they wrap persons' keys and derive index keys."""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cachetools import LRUCache
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from uuid_utils.compat import uuid7

from event_store.keys.blind_index import Tokens
from event_store.keys.key_store import KeyStore, PersonKeyRow, PracticeKeyRow
from event_store.keys.master_key import KeyFile, MasterKeyError
from event_store.keys.sealing import (
    DataKey,
    KeyUnavailableError,
    PersonKeyUnavailableError,
    Place,
    key_reference,
    seal,
    unseal,
)

PRACTICES_IN_MEMORY: Final = 10_000


@dataclass(frozen=True, repr=False)
class PracticeKeys:
    """All versions of a practice's key, never printed. ``index_root`` derives index keys."""

    tenant_id: UUID
    newest: DataKey
    by_version: dict[int, DataKey]
    index_root: bytes
    _tokens: dict[str, Tokens] = field(default_factory=dict)

    def new_person_key(self, subject_id: UUID, purpose: str, version: int) -> tuple[PersonKeyRow, DataKey]:
        """Create a person's key. A practice key wraps far fewer than 2^24, so without a count."""
        key_id, secret = uuid7(), secrets.token_bytes(32)
        wrapped = seal(self.newest, self._place(key_id, subject_id, purpose, version), secret)
        return PersonKeyRow(key_id, subject_id, purpose, version, wrapped), DataKey(key_id, version, secret)

    def person_key(self, row: PersonKeyRow) -> DataKey | None:
        """Unwrap a person's key; None if the wrapping version is unknown.

        Raises TamperedError; PersonKeyUnavailableError: it is null, without an erasure.
        """
        if row.wrapped is None:
            raise PersonKeyUnavailableError(f"key {row.key_id} is missing, though its person was not erased")
        practice_key = self.by_version.get(key_reference(row.wrapped).key_version)
        if practice_key is None:
            return None
        place = self._place(row.key_id, row.subject_id, row.purpose, row.version)
        return DataKey(row.key_id, row.version, unseal(practice_key, place, row.wrapped))

    def tokens(self, field: str) -> Tokens:
        """Return the tokens of a field, which are the same for all versions of the key."""
        tokens = self._tokens.get(field)
        if tokens is None:
            key = HKDFExpand(SHA256(), 32, b"scheduler blind index " + field.encode()).derive(self.index_root)
            tokens = self._tokens[field] = Tokens(key)
        return tokens

    def _place(self, key_id: UUID, subject_id: UUID, purpose: str, version: int) -> Place:
        return Place(self.tenant_id, subject_id, version, f"key.{purpose}", key_id.hex)


class PracticeKeyCache:
    """Creates and unwraps the keys of practices. Thread-safe.

    Every method raises KeyUnavailableError: the key database is unavailable, the practice has no
    key, or another master key wrapped it; TamperedError: a wrapped key was altered.
    """

    def __init__(self, store: KeyStore, master: KeyFile) -> None:
        self._store = store
        self._master = master
        self._lock = threading.Lock()
        self._held: LRUCache[UUID, PracticeKeys] = LRUCache(PRACTICES_IN_MEMORY)

    def add(self, tenant_id: UUID, version: int) -> None:
        """Create a version of a practice's key, unless it exists."""
        key_id = uuid7()
        wrapped = self._master.wrap(secrets.token_bytes(32), _context(tenant_id, key_id, version))
        self._store.add_practice_key(tenant_id, PracticeKeyRow(version, key_id, wrapped))

    def get(self, tenant_id: UUID) -> PracticeKeys:
        """Return a practice's keys, from memory if possible."""
        with self._lock:
            keys = self._held.get(tenant_id)
        return keys or self.reload(tenant_id)

    def reload(self, tenant_id: UUID) -> PracticeKeys:
        """Return a practice's keys as they are stored now."""
        rows = self._store.practice_keys(tenant_id)
        if not rows:
            raise KeyUnavailableError(f"practice {tenant_id} has no key")
        unwrapped = [self._unwrap_secret(tenant_id, row) for row in rows]
        versions = [DataKey(row.key_id, row.version, secret) for row, secret in zip(rows, unwrapped, strict=True)]
        by_version = {key.version: key for key in versions}
        keys = PracticeKeys(tenant_id, versions[-1], by_version, index_root=unwrapped[0])
        with self._lock:
            self._held[tenant_id] = keys
        return keys

    def unwrap(self, tenant_id: UUID, row: PersonKeyRow) -> DataKey:
        """Return a person's key. Raises PersonKeyUnavailableError, TamperedError."""
        # Another process may have created a version that is not in memory.
        key = self.get(tenant_id).person_key(row) or self.reload(tenant_id).person_key(row)
        if key is None:
            raise PersonKeyUnavailableError(f"the practice key that wraps {row.key_id} is not known")
        return key

    def _unwrap_secret(self, tenant_id: UUID, row: PracticeKeyRow) -> bytes:
        try:
            return self._master.unwrap(row.wrapped, _context(tenant_id, row.key_id, row.version))
        except MasterKeyError as error:
            raise KeyUnavailableError(f"the key of practice {tenant_id} cannot be unwrapped") from error


def _context(tenant_id: UUID, key_id: UUID, version: int) -> bytes:
    return b"scheduler practice key" + tenant_id.bytes + key_id.bytes + version.to_bytes(4, "big")
