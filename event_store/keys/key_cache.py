"""Persons' keys in the memory of one process, without those of persons erased by other processes.

The erasure ledger numbers its entries by one sequence for all practices. When it has changed, each
practice reads its new entries and drops those keys, before any key is used.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cachetools import Cache, LRUCache

from event_store.keys.key_store import KeyStore
from event_store.keys.sealing import DataKey, KeyStoreUnavailableError

CHECK_SECONDS: Final = 0.5
"""Between two checks of the ledger, so that an erasure reaches every process within a second."""


@dataclass(slots=True)
class Quota:
    """A key and how many of its nonces this process may still use."""

    key: DataKey
    left: int


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A person's key; None if it was destroyed."""

    subject_id: UUID
    key: DataKey | None


class KeyCache:
    """Two LRU caches of ``size`` entries: keys to seal with and keys to open with. Thread-safe."""

    def __init__(self, store: KeyStore, size: int) -> None:
        self._store = store
        self._lock = threading.Lock()
        # The keys are integers, since UUIDs are hashed and compared four times as slowly.
        self._quotas: LRUCache[tuple[int, int, str], Quota] = LRUCache(size)
        self._held: LRUCache[tuple[int, int], HeldKey] = LRUCache(size)
        self._checked_at: dict[int, int] = {}
        self._refresh_lock = threading.Lock()
        self._last_erasure = 0
        self._refresh_at = 0.0
        self._is_unavailable = False

    def check(self, tenant_id: UUID) -> int:
        """Drop the keys of persons whom other processes erased.

        Returns a mark for ``keep_quotas`` and ``keep_held`` of keys that are read from now on.
        Raises KeyStoreUnavailableError: the ledger cannot be read, so no key in memory may be used.
        """
        if self._is_unavailable or time.monotonic() >= self._refresh_at:
            self._refresh()
        while (as_of := self._checked_at.get(tenant_id.int)) != (mark := self._last_erasure):
            # A practice that was not checked before has no keys in memory.
            erased = () if as_of is None else self._store.erased_since(tenant_id, as_of)
            with self._lock:
                # If another thread came first, it may have kept erased keys: check again.
                if self._checked_at.get(tenant_id.int) == as_of:
                    self._drop(tenant_id, erased)
                    self._checked_at[tenant_id.int] = mark
        return mark

    def spend(self, tenant_id: UUID, subject_id: UUID, purpose: str) -> DataKey | None:
        """Use one nonce of a key; None if the key is not in memory or has none left."""
        with self._lock:
            quota = self._quotas.get((tenant_id.int, subject_id.int, purpose))
            if quota is None or quota.left < 1:
                return None
            quota.left -= 1
            return quota.key

    def held(self, tenant_id: UUID, key_ids: Iterable[UUID]) -> dict[UUID, HeldKey]:
        """Return those of the keys that are in memory."""
        tenant = tenant_id.int
        with self._lock:
            found = [(key_id, self._held.get((tenant, key_id.int))) for key_id in key_ids]
        return {key_id: held for key_id, held in found if held is not None}

    def keep_quotas(self, tenant_id: UUID, mark: int, purpose: str, quotas: Mapping[UUID, Quota]) -> None:
        """Keep keys to seal with, by person, unless there was an erasure after the mark."""
        with self._lock:
            if self._checked_at.get(tenant_id.int) == mark:
                for subject_id, quota in quotas.items():
                    self._quotas[tenant_id.int, subject_id.int, purpose] = quota

    def keep_held(self, tenant_id: UUID, mark: int, keys: Mapping[UUID, HeldKey]) -> None:
        """Keep keys to open with, by key id, unless there was an erasure after the mark."""
        with self._lock:
            if self._checked_at.get(tenant_id.int) == mark:
                for key_id, held in keys.items():
                    self._held[tenant_id.int, key_id.int] = held

    def forget(self, tenant_id: UUID, subject_ids: Iterable[UUID]) -> None:
        """Drop all keys of persons."""
        with self._lock:
            self._drop(tenant_id, subject_ids)

    def _drop(self, tenant_id: UUID, subject_ids: Iterable[UUID]) -> None:
        tenant, erased = tenant_id.int, frozenset(subject_id.int for subject_id in subject_ids)
        if not erased:
            return
        for quota in [name for name in self._quotas if name[0] == tenant and name[1] in erased]:
            del self._quotas[quota]
        for key in [name for name in self._held if name[0] == tenant and self._subject_of(name) in erased]:
            del self._held[key]

    def _subject_of(self, key: tuple[int, int]) -> int:
        # The base class reads a value without marking it as used.
        return Cache.__getitem__(self._held, key).subject_id.int

    def _refresh(self) -> None:
        with self._refresh_lock:
            now = time.monotonic()
            if now < self._refresh_at:
                # Another thread has just tried.
                if self._is_unavailable:
                    raise KeyStoreUnavailableError("the key database is unavailable")
                return
            try:
                self._last_erasure = self._store.last_erasure()
            except KeyStoreUnavailableError:
                self._is_unavailable = True
                self._refresh_at = time.monotonic() + CHECK_SECONDS
                raise
            self._is_unavailable = False
            self._refresh_at = now + CHECK_SECONDS
