"""The keys of persons: made, opened, counted and destroyed.

master key -> practice key (versions) -> person key (purposes, versions)
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias
from uuid import UUID

from psycopg_pool import ConnectionPool

from event_store.keys.blind_index import Term, terms_of, terms_sought
from event_store.keys.key_cache import HeldKey, KeyCache, Quota
from event_store.keys.key_store import KeyStore, PersonKeyRow
from event_store.keys.master_key import MasterKey
from event_store.keys.practice_keys import PracticeKeyCache
from event_store.keys.sealing import (
    DataKey,
    ErasedError,
    KeyUnavailableError,
    Place,
    TamperedError,
    key_reference,
    seal,
    unseal,
)

Purpose: TypeAlias = Literal["identity", "notes", "files"]

NONCE_LIMIT: Final = 2**24
"""How many envelopes one key seals; NIST SP 800-38D allows 2^32 with random nonces."""
NONCE_BLOCK: Final = 4096
"""How many nonces a process sets apart at once: one write to the key database for as many envelopes."""
KEYS_IN_MEMORY: Final = 20_000
"""3.4 KB each (measured), most of it OpenSSL's: 70 MB. What is not in memory is read in bulk, 10,000 keys in 0.2 s."""


class KeyRing:
    """All keys that a process may use. Thread-safe.

    Every method raises KeyUnavailableError where the key database or the master key is away and memory does not suffice.
    ``pool`` connects as scheduler_keys_app with autocommit.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        master: MasterKey,
        cache_size: int = KEYS_IN_MEMORY,
        *,
        nonce_limit: int = NONCE_LIMIT,
        nonce_block: int = NONCE_BLOCK,
    ) -> None:
        self._store = KeyStore(pool)
        self._practices = PracticeKeyCache(self._store, master)
        self._cache = KeyCache(self._store, cache_size)
        self._nonce_limit = nonce_limit
        self._nonce_block = min(nonce_block, nonce_limit)

    def create_practice(self, tenant_id: UUID) -> None:
        """Give a practice its first key; does nothing where it has one."""
        self._practices.add(tenant_id, 1)

    def renew_practice_key(self, tenant_id: UUID) -> None:
        """Wrap persons' keys under a new practice key from now on; older ones still open what they wrapped."""
        newest = self._practices.reload(tenant_id).newest.version
        self._practices.add(tenant_id, newest + 1)
        self._practices.reload(tenant_id)

    def seal_for_practice(self, place: Place, plaintext: bytes) -> bytes:
        """Seal what belongs to the practice itself, such as a secret that it shares with a program outside, under its newest key."""
        return seal(self._practices.get(place.tenant_id).newest, place, plaintext)

    def open_for_practice(self, place: Place, envelope: bytes) -> bytes:
        """Open what ``seal_for_practice`` sealed, under any version of the practice's key.

        Raises TamperedError; KeyUnavailableError: the practice has no key of that version.
        """
        version = key_reference(envelope).key_version
        for keys in (self._practices.get, self._practices.reload):
            key = keys(place.tenant_id).by_version.get(version)
            if key is not None:
                return unseal(key, place, envelope)
        raise KeyUnavailableError(f"version {version} of the key of practice {place.tenant_id} is not known")

    def create(self, tenant_id: UUID, subject_ids: Sequence[UUID], purpose: Purpose = "identity") -> None:
        """Make keys for persons who have none, many at once; they are durable on return.

        An erased person gets no key, as sealing_key then says.
        """
        mark = self._cache.check(tenant_id)
        self._create(tenant_id, mark, subject_ids, purpose, version=1)

    def sealing_key(self, tenant_id: UUID, subject_id: UUID, purpose: Purpose = "identity") -> DataKey:
        """Return a person's key to seal one envelope with; it is made on first use, and anew when its nonces are used up.

        Ask again for the next envelope: each call counts one nonce. Raises ErasedError.
        """
        mark = self._cache.check(tenant_id)
        key = self._cache.spend(tenant_id, subject_id, purpose)
        return key or self._reserve(tenant_id, mark, subject_id, purpose)

    def opening_keys(self, tenant_id: UUID, key_ids: Iterable[UUID]) -> dict[UUID, DataKey]:
        """Return keys by their ids, from memory or in one query. Missing: what was erased or is unknown; opening_key tells."""
        mark = self._cache.check(tenant_id)
        wanted = set(key_ids)
        held = self._cache.all_held(tenant_id, wanted)
        held |= self._read(tenant_id, mark, list(wanted - held.keys()))
        return {key_id: each.key for key_id, each in held.items() if each.key is not None}

    def opening_key(self, tenant_id: UUID, key_id: UUID, key_version: int) -> DataKey:
        """Return the key that an envelope names.

        Raises ErasedError: it was destroyed; KeyUnavailableError: also where no such key is known; TamperedError: it has
        another version than the envelope says.
        """
        mark = self._cache.check(tenant_id)
        held = self._cache.held(tenant_id, key_id) or self._read(tenant_id, mark, [key_id]).get(key_id)
        if held is None:
            raise KeyUnavailableError(f"key {key_id} is not known")
        if held.key is None:
            raise ErasedError(f"key {key_id} was destroyed")
        if held.key.version != key_version:
            raise TamperedError(f"key {key_id} is not of version {key_version}")
        return held.key

    def erase(self, tenant_id: UUID, subject_id: UUID) -> bool:
        """Destroy all keys of a person, for ever and durably; False if the person had been erased before.

        Other processes stop using them within a second. What is left of the destroyed, wrapped bytes is the database's own
        dead rows, write-ahead log and backups, until they are vacuumed, recycled and expire.
        """
        return self.replay_ledger(tenant_id, (subject_id,)) == 1

    def replay_ledger(self, tenant_id: UUID, subject_ids: Iterable[UUID] = ()) -> int:
        """Destroy again, after a restore, the keys of all whom the ledger names, and of ``subject_ids``.

        Give the persons whose erasure the log records: the restored ledger may be older than they are. Returns how many were
        new to the ledger.
        """
        subjects = list(subject_ids)
        entered = self._store.erase(tenant_id, subjects)
        self._cache.forget(tenant_id, subjects)
        return entered

    def erased_subjects(self, tenant_id: UUID) -> list[UUID]:
        """Return whom the ledger names, in order: what a backup of the ledger keeps."""
        return self._store.erased_since(tenant_id, 0)

    def blind_index(self, tenant_id: UUID, field: str, value: str) -> int:
        """Return the number under which a folded value of a field is indexed in a practice: signed, 64 bits."""
        return self._practices.get(tenant_id).tokens(field)(value)

    def index_tokens(
        self, tenant_id: UUID, *, family_name: str | None = None, email: str | None = None, phone: str | None = None
    ) -> frozenset[int]:
        """Return all numbers under which a person is to be found; see blind_index.terms_of."""
        return self._tokens(tenant_id, terms_of(family_name, email, phone))

    def search_tokens(self, tenant_id: UUID, text: str) -> frozenset[int]:
        """Return the numbers that a search text may mean: a match has one of them; see blind_index.terms_sought."""
        return self._tokens(tenant_id, terms_sought(text))

    def _tokens(self, tenant_id: UUID, terms: Iterable[Term]) -> frozenset[int]:
        practice = self._practices.get(tenant_id)
        return frozenset(practice.tokens(term.field)(term.value) for term in terms)

    def _reserve(self, tenant_id: UUID, mark: int, subject_id: UUID, purpose: Purpose) -> DataKey:
        """Set nonces apart, of a new key if need be, and spend the first of them."""
        while True:
            found = self._store.reserve(tenant_id, subject_id, purpose, self._nonce_block, self._nonce_limit)
            if found.is_erased:
                self._cache.forget(tenant_id, (subject_id,))
                raise ErasedError("the person was erased")
            if found.key_id is not None:
                row = PersonKeyRow(found.key_id, subject_id, purpose, found.version, found.wrapped)
                key = self._practices.unwrap(tenant_id, row)
                self._cache.keep_quotas(tenant_id, mark, purpose, {subject_id: Quota(key, self._nonce_block - 1)})
                return key
            made = self._create(tenant_id, mark, (subject_id,), purpose, found.version + 1, spent=1)
            # Nothing was made where another process made the same version first; its key is found next time round.
            if subject_id in made:
                return made[subject_id]

    def _create(
        self, tenant_id: UUID, mark: int, subject_ids: Sequence[UUID], purpose: Purpose, version: int, spent: int = 0
    ) -> dict[UUID, DataKey]:
        """Store new keys and return those that were stored, by person."""
        practice = self._practices.get(tenant_id)
        made = [practice.new_person_key(subject_id, purpose, version) for subject_id in dict.fromkeys(subject_ids)]
        stored = self._store.add_person_keys(tenant_id, [row for row, _ in made], self._nonce_block) if made else set()
        keys = {row.subject_id: key for row, key in made if row.key_id in stored}
        left = self._nonce_block - spent
        self._cache.keep_quotas(
            tenant_id, mark, purpose, {subject_id: Quota(key, left) for subject_id, key in keys.items()}
        )
        self._cache.keep_held(tenant_id, mark, {key.id: HeldKey(subject_id, key) for subject_id, key in keys.items()})
        return keys

    def _read(self, tenant_id: UUID, mark: int, key_ids: Sequence[UUID]) -> dict[UUID, HeldKey]:
        """Return from the database, and keep, those of the keys that exist."""
        rows = self._store.find(tenant_id, key_ids) if key_ids else []
        keys = {
            row.key_id: HeldKey(row.subject_id, None if row.wrapped is None else self._practices.unwrap(tenant_id, row))
            for row in rows
        }
        self._cache.keep_held(tenant_id, mark, keys)
        return keys
