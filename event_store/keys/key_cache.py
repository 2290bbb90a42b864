"""Persons' keys in the memory of one process, and how it learns that another one erased somebody.

The ledger of erasures numbers its entries by one sequence for all practices, which is read without any tenant's data. When it
has moved, a practice that is used next asks for its own new entries and forgets those persons, before any key is used.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cachetools import Cache, LRUCache

from event_store.keys.key_store import KeyStore
from event_store.keys.sealing import DataKey, KeyStoreAwayError

CHECK_SECONDS: Final = 0.5
"""How long keys are used from memory before the ledger is asked again: an erasure reaches every process within a second."""


@dataclass(slots=True)
class Quota:
    """A key with the nonces that this process may still use of it."""

    key: DataKey
    left: int


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key as it was read, with whose it is; None where it was destroyed."""

    subject_id: UUID
    key: DataKey | None


class KeyCache:
    """Holds the ``size`` keys used last to open with, and as many to seal with. Thread-safe."""

    def __init__(self, store: KeyStore, size: int) -> None:
        self._store = store
        self._lock = threading.Lock()
        # By the integers of the ids: Python hashes and compares UUIDs four times as slowly.
        self._quotas: LRUCache[tuple[int, int, str], Quota] = LRUCache(size)
        self._held: LRUCache[tuple[int, int], HeldKey] = LRUCache(size)
        self._true_as_of: dict[int, int] = {}
        self._asking = threading.Lock()
        self._last_erasure = 0
        self._ask_at = 0.0
        self._is_away = False

    def check(self, tenant_id: UUID) -> int:
        """Forget whom other processes erased; return a mark to give back with what is read from now on.

        Raises KeyStoreAwayError: the ledger cannot be asked, so no key in memory may be used.
        """
        if self._is_away or time.monotonic() >= self._ask_at:
            self._ask()
        while (as_of := self._true_as_of.get(tenant_id.int)) != (mark := self._last_erasure):
            # A practice that was not used before has nothing in memory.
            erased = () if as_of is None else self._store.erased_since(tenant_id, as_of)
            with self._lock:
                # Where another thread came first, what was read may miss what that one has kept since: look again.
                if self._true_as_of.get(tenant_id.int) == as_of:
                    self._drop(tenant_id, erased)
                    self._true_as_of[tenant_id.int] = mark
        return mark

    def spend(self, tenant_id: UUID, subject_id: UUID, purpose: str) -> DataKey | None:
        """Use up one nonce of a key; None if it is not in memory or has none left."""
        with self._lock:
            quota = self._quotas.get((tenant_id.int, subject_id.int, purpose))
            if quota is None or quota.left < 1:
                return None
            quota.left -= 1
            return quota.key

    def held(self, tenant_id: UUID, key_id: UUID) -> HeldKey | None:
        """Return a key, if it is in memory."""
        with self._lock:
            return self._held.get((tenant_id.int, key_id.int))

    def all_held(self, tenant_id: UUID, key_ids: Iterable[UUID]) -> dict[UUID, HeldKey]:
        """Return those of the keys that are in memory."""
        tenant = tenant_id.int
        with self._lock:
            found = [(key_id, self._held.get((tenant, key_id.int))) for key_id in key_ids]
        return {key_id: held for key_id, held in found if held is not None}

    def keep_quotas(self, tenant_id: UUID, mark: int, purpose: str, quotas: Mapping[UUID, Quota]) -> None:
        """Keep keys to seal with, by person, unless somebody was erased since the mark."""
        with self._lock:
            if self._true_as_of.get(tenant_id.int) == mark:
                for subject_id, quota in quotas.items():
                    self._quotas[tenant_id.int, subject_id.int, purpose] = quota

    def keep_held(self, tenant_id: UUID, mark: int, keys: Mapping[UUID, HeldKey]) -> None:
        """Keep keys to open with, by key id, unless somebody was erased since the mark."""
        with self._lock:
            if self._true_as_of.get(tenant_id.int) == mark:
                for key_id, held in keys.items():
                    self._held[tenant_id.int, key_id.int] = held

    def forget(self, tenant_id: UUID, subject_ids: Iterable[UUID]) -> None:
        """Drop all keys of persons, whom this process has erased."""
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
        # The base class reads a value without making it the most recently used one.
        return Cache.__getitem__(self._held, key).subject_id.int

    def _ask(self) -> None:
        with self._asking:
            asked_at = time.monotonic()
            if asked_at < self._ask_at:
                # Another thread has just asked; where it was in vain, nobody waits for the same answer again.
                if self._is_away:
                    raise KeyStoreAwayError("the key database is away")
                return
            try:
                self._last_erasure = self._store.last_erasure()
            except KeyStoreAwayError:
                self._is_away = True
                self._ask_at = time.monotonic() + CHECK_SECONDS
                raise
            self._is_away = False
            self._ask_at = asked_at + CHECK_SECONDS
