"""The keys of persons: creation, use and destruction.

master key -> practice key (versions) -> person key (purposes, versions)
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias
from uuid import UUID

from psycopg_pool import ConnectionPool

from event_store.keys.blind_index import Term, search_terms, terms_of
from event_store.keys.key_cache import HeldKey, KeyCache, Quota
from event_store.keys.key_store import KeyStore, PersonKeyRow
from event_store.keys.master_key import KeyFile
from event_store.keys.practice_keys import PracticeKeyCache
from event_store.keys.sealing import (
    DamagedDataError,
    DataKey,
    ErasedError,
    PersonKeyUnavailableError,
    TamperedError,
)

Purpose: TypeAlias = Literal["identity", "notes", "files"]

NONCE_LIMIT: Final = 2**24
"""Envelopes per key; NIST SP 800-38D allows 2^32 with random nonces."""
NONCE_BLOCK: Final = 4096
"""Nonces that a process reserves at once, with one write to the key database."""
KEYS_IN_MEMORY: Final = 20_000
"""3.4 KB each (measured), in total 70 MB. Others are read in bulk, 10,000 in 0.2 s."""

_KEYS_PER_READ: Final = 5_000


class KeyRing:
    """All keys that a process may use. Thread-safe.

    Every method raises KeyUnavailableError: the key is not in memory, and the key database or the
    master key is unavailable. ``pool`` connects as scheduler_keys_app.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        master: KeyFile,
        cache_size: int = KEYS_IN_MEMORY,
        *,
        nonce_limit: int = NONCE_LIMIT,
        nonce_block: int = NONCE_BLOCK,
    ) -> None:
        self._store = KeyStore(pool)
        self.practices = PracticeKeyCache(self._store, master)
        self._cache = KeyCache(self._store, cache_size)
        self._nonce_limit = nonce_limit
        self._nonce_block = min(nonce_block, nonce_limit)

    def create_practice(self, tenant_id: UUID) -> None:
        """Create the first key of a practice, unless it has one."""
        self.practices.add(tenant_id, 1)

    def renew_practice_key(self, tenant_id: UUID) -> None:
        """Create a new practice key for wrapping; older ones are used to unwrap only."""
        newest = self.practices.reload(tenant_id).newest.version
        self.practices.add(tenant_id, newest + 1)
        self.practices.reload(tenant_id)

    def create(self, tenant_id: UUID, subject_ids: Sequence[UUID], purpose: Purpose = "identity") -> None:
        """Create keys for persons who have none and were not erased; they are durable on return."""
        mark = self._cache.check(tenant_id)
        self._create(tenant_id, mark, subject_ids, purpose, version=1)

    def sealing_key(self, tenant_id: UUID, subject_id: UUID, purpose: Purpose = "identity") -> DataKey:
        """Return a person's key to seal one envelope; create one if there is none with nonces left.

        Each call counts one nonce. Raises ErasedError.
        """
        mark = self._cache.check(tenant_id)
        key = self._cache.spend(tenant_id, subject_id, purpose)
        return key or self._reserve(tenant_id, mark, subject_id, purpose)

    def opening_keys(self, tenant_id: UUID, key_ids: Collection[UUID]) -> dict[UUID, DataKey]:
        """Return keys by their ids, with at most one query.

        Without those that are erased, unknown or damaged: ``opening_key`` tells which.
        """
        found, _ = self._find(tenant_id, key_ids)
        return {key_id: held.key for key_id, held in found.items() if held.key is not None}

    def opening_key(self, tenant_id: UUID, key_id: UUID, key_version: int) -> DataKey:
        """Return the key that an envelope names.

        Raises ErasedError: it was destroyed; PersonKeyUnavailableError: no such key is known, or
        it is null without an erasure; TamperedError: it was altered, or has another version.
        """
        found, damaged = self._find(tenant_id, (key_id,))
        if key_id in damaged:
            raise damaged[key_id]
        held = found.get(key_id)
        if held is None:
            raise PersonKeyUnavailableError(f"key {key_id} is not known")
        if held.key is None:
            raise ErasedError(f"key {key_id} was destroyed")
        if held.key.version != key_version:
            raise TamperedError(f"key {key_id} is not of version {key_version}")
        return held.key

    def damaged_persons(self, tenant_id: UUID) -> Mapping[UUID, DamagedDataError]:
        """Return the persons with a key that cannot be unwrapped; reads all keys of a practice."""
        found: dict[UUID, DamagedDataError] = {}
        after = UUID(int=0)
        while rows := self._store.page(tenant_id, after, _KEYS_PER_READ):
            self.practices.get(tenant_id)
            _, damaged = self._unwrapped(tenant_id, rows)
            found |= {row.subject_id: damaged[row.key_id] for row in rows if row.key_id in damaged}
            after = rows[-1].key_id
        return found

    def erase(self, tenant_id: UUID, subject_id: UUID) -> bool:
        """Destroy all keys of a person durably; False if the person had been erased before.

        Other processes stop using them within a second. Copies of the wrapped keys remain in dead
        rows, the write-ahead log and backups, until they are vacuumed, recycled and expire.
        """
        return self.replay_ledger(tenant_id, (subject_id,)) == 1

    def replay_ledger(self, tenant_id: UUID, subject_ids: Iterable[UUID] = ()) -> int:
        """After a restore, destroy the keys of all persons in the ledger and of ``subject_ids``.

        The latter are persons whose erasure the log records. Returns how many the ledger lacked.
        """
        subjects = list(subject_ids)
        entered = self._store.erase(tenant_id, subjects)
        self._cache.forget(tenant_id, subjects)
        return entered

    def erased_subjects(self, tenant_id: UUID) -> list[UUID]:
        """Return the persons in the ledger, in order, for a backup of it."""
        return self._store.erased_since(tenant_id, 0)

    def blind_index(self, tenant_id: UUID, field: str, value: str) -> int:
        """Return the token of a folded value of a field in a practice: a signed 64-bit integer."""
        return self.practices.get(tenant_id).tokens(field)(value)

    def index_tokens(
        self, tenant_id: UUID, *, family_name: str | None = None, email: str | None = None, phone: str | None = None
    ) -> frozenset[int]:
        """Return the tokens under which a person is indexed; see blind_index.terms_of."""
        return self._tokens(tenant_id, terms_of(family_name, email, phone))

    def search_tokens(self, tenant_id: UUID, text: str) -> frozenset[int]:
        """Return the tokens of a search text; see blind_index.search_terms."""
        return self._tokens(tenant_id, search_terms(text))

    def _tokens(self, tenant_id: UUID, terms: Iterable[Term]) -> frozenset[int]:
        practice = self.practices.get(tenant_id)
        return frozenset(practice.tokens(term.field)(term.value) for term in terms)

    def _reserve(self, tenant_id: UUID, mark: int, subject_id: UUID, purpose: Purpose) -> DataKey:
        """Reserve nonces, of a new key if necessary, and use the first."""
        while True:
            found = self._store.reserve(tenant_id, subject_id, purpose, self._nonce_block, self._nonce_limit)
            if found.is_erased:
                self._cache.forget(tenant_id, (subject_id,))
                raise ErasedError("the person was erased")
            if found.key_id is not None:
                row = PersonKeyRow(found.key_id, subject_id, purpose, found.version, found.wrapped)
                key = self.practices.unwrap(tenant_id, row)
                self._cache.keep_quotas(tenant_id, mark, purpose, {subject_id: Quota(key, self._nonce_block - 1)})
                return key
            made = self._create(tenant_id, mark, (subject_id,), purpose, found.version + 1, spent=1)
            # Empty if another process has just created this version; the next iteration finds it.
            if subject_id in made:
                return made[subject_id]

    def _create(
        self, tenant_id: UUID, mark: int, subject_ids: Sequence[UUID], purpose: Purpose, version: int, spent: int = 0
    ) -> dict[UUID, DataKey]:
        """Create keys and return those that were stored, by person."""
        practice = self.practices.get(tenant_id)
        made = [practice.new_person_key(subject_id, purpose, version) for subject_id in dict.fromkeys(subject_ids)]
        stored = self._store.add_person_keys(tenant_id, [row for row, _ in made], self._nonce_block) if made else set()
        keys = {row.subject_id: key for row, key in made if row.key_id in stored}
        left = self._nonce_block - spent
        self._cache.keep_quotas(
            tenant_id, mark, purpose, {subject_id: Quota(key, left) for subject_id, key in keys.items()}
        )
        self._cache.keep_held(tenant_id, mark, {key.id: HeldKey(subject_id, key) for subject_id, key in keys.items()})
        return keys

    def _find(
        self, tenant_id: UUID, key_ids: Collection[UUID]
    ) -> tuple[dict[UUID, HeldKey], dict[UUID, DamagedDataError]]:
        """Return the keys that exist, from memory or else from the database, and errors by key.

        A damaged key is not kept in memory: it may be repaired.
        """
        mark = self._cache.check(tenant_id)
        held = self._cache.held(tenant_id, key_ids)
        damaged: dict[UUID, DamagedDataError] = {}
        if missing := [key_id for key_id in key_ids if key_id not in held]:
            found = {row.key_id: row for row in self._store.find(tenant_id, missing)}
            # A fault of the practice's own key concerns all persons, and is raised here.
            self.practices.get(tenant_id)
            read, damaged = self._unwrapped(tenant_id, found.values())
            self._cache.keep_held(tenant_id, mark, read)
            held |= read
        return held, damaged

    def _unwrapped(
        self, tenant_id: UUID, rows: Iterable[PersonKeyRow]
    ) -> tuple[dict[UUID, HeldKey], dict[UUID, DamagedDataError]]:
        """Return the keys by their ids, and the errors of those that cannot be unwrapped."""
        read: dict[UUID, HeldKey] = {}
        damaged: dict[UUID, DamagedDataError] = {}
        for row in rows:
            try:
                key = None if row.is_erased else self.practices.unwrap(tenant_id, row)
            except DamagedDataError as error:
                damaged[row.key_id] = error
            else:
                read[row.key_id] = HeldKey(row.subject_id, key)
        return read, damaged
