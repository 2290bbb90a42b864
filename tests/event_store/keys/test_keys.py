"""Keys of practices and persons: creation, sharing, nonces and destruction."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from event_store.keys.key_cache import CHECK_SECONDS, HeldKey, KeyCache
from event_store.keys.key_ring import KeyRing
from event_store.keys.key_store import KeyStore
from event_store.keys.master_key import KeyFile
from event_store.keys.sealing import (
    ErasedError,
    KeyUnavailableError,
    PersonKeyUnavailableError,
    Place,
    SealingError,
    TamperedError,
    key_reference,
    seal,
    unseal,
)
from event_store.tenancy import open_pool, tenant_transaction
from tests.support.database import Database
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until


@pytest.fixture(scope="module")
def pool(database: Database) -> Iterator[ConnectionPool]:
    with open_pool(database.key_conninfo, name="keys", most=8) as pool:
        yield pool


@pytest.fixture
def key_ring(database: Database, pool: ConnectionPool) -> KeyRing:
    return KeyRing(pool, database.master)


@pytest.fixture
def another_process(database: Database, pool: ConnectionPool) -> KeyRing:
    """A key ring that shares only the database with the first."""
    return KeyRing(pool, database.master)


@pytest.fixture
def tenant(key_ring: KeyRing) -> UUID:
    tenant_id = uuid4()
    key_ring.create_practice(tenant_id)
    return tenant_id


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.keys_admin_conninfo(), autocommit=True) as connection:
        yield connection


def wait_one_second() -> None:
    """Wait for the key cache to expire: it serves a key for at most a second."""
    assert CHECK_SECONDS < 1
    time.sleep(CHECK_SECONDS)


def refusal_of(call: Callable[[], object]) -> SealingError:
    """Call repeatedly until it is refused."""

    def refusal() -> SealingError | None:
        try:
            call()
        except SealingError as error:
            return error
        return None

    refused = wait_until(refusal, "it is refused")
    assert refused is not None
    return refused


@contextmanager
def exhausted_pool(pool: ConnectionPool) -> Iterator[None]:
    """Occupy the only connection of a pool during the block."""
    patience = pool.timeout
    with pool.connection():
        pool.timeout = 0.1
        yield
        pool.timeout = patience


def is_someone_waiting(admin: psycopg.Connection[Any]) -> bool:
    """Return whether a session waits for an advisory lock of the key store."""
    return bool(admin.execute("select from pg_locks where locktype = 'advisory' and not granted").fetchall())


def place_of(tenant: UUID, subject: UUID) -> Place:
    return Place(tenant, subject, 1, "patients.patient.registered", "email")


class TestCreate:
    def test_creates_keys_that_every_process_finds(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID
    ) -> None:
        subjects = [uuid4() for _ in range(1000)]

        key_ring.create(tenant, subjects)

        keys = [key_ring.sealing_key(tenant, subject) for subject in subjects]
        envelopes = [
            seal(key, place_of(tenant, subject), subject.bytes) for key, subject in zip(keys, subjects, strict=True)
        ]
        opened = another_process.opening_keys(tenant, [key.id for key in keys])
        assert len({key.id for key in keys}) == 1000
        for envelope, subject in zip(envelopes, subjects, strict=True):
            key = opened[key_reference(envelope).key_id]
            assert unseal(key, place_of(tenant, subject), envelope) == subject.bytes

    def test_leaves_existing_keys_alone(self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID) -> None:
        subject = uuid4()
        key_ring.create(tenant, [subject, subject])
        first = key_ring.sealing_key(tenant, subject)

        another_process.create(tenant, [subject, uuid4()])
        key_ring.create(tenant, [])

        assert another_process.sealing_key(tenant, subject).id == key_ring.sealing_key(tenant, subject).id == first.id

    def test_gives_each_purpose_its_own(self, key_ring: KeyRing, tenant: UUID) -> None:
        subject = uuid4()

        keys = {
            key_ring.sealing_key(tenant, subject).id,
            key_ring.sealing_key(tenant, subject, "notes").id,
            key_ring.sealing_key(tenant, subject, "files").id,
        }

        assert len(keys) == 3

    def test_needs_a_practice(self, key_ring: KeyRing) -> None:
        with pytest.raises(KeyUnavailableError, match="has no key"):
            key_ring.sealing_key(uuid4(), uuid4())


class TestSealingKey:
    def test_is_the_same_for_concurrent_first_calls(
        self, database: Database, pool: ConnectionPool, tenant: UUID
    ) -> None:
        subject = uuid4()
        rings = [KeyRing(pool, database.master) for _ in range(8)]

        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(lambda key_ring: key_ring.sealing_key(tenant, subject).id, rings))

        assert len(keys) == 1

    def test_creates_a_new_version_when_the_nonces_are_used_up(
        self, database: Database, pool: ConnectionPool, tenant: UUID
    ) -> None:
        subject = uuid4()
        key_ring = KeyRing(pool, database.master, nonce_limit=6, nonce_block=3)
        first = seal(key_ring.sealing_key(tenant, subject), place_of(tenant, subject), b"Ruth")

        versions = [key_ring.sealing_key(tenant, subject).version for _ in range(12)]

        assert versions == [1] * 5 + [2] * 6 + [3]
        assert unseal(key_ring.opening_key(tenant, *key_reference(first)), place_of(tenant, subject), first) == b"Ruth"

    def test_counts_the_nonces_of_all_processes_and_threads(
        self, database: Database, pool: ConnectionPool, tenant: UUID
    ) -> None:
        subject = uuid4()
        rings = [KeyRing(pool, database.master, nonce_limit=20, nonce_block=4) for _ in range(4)]

        with ThreadPoolExecutor(8) as threads:
            keys = list(threads.map(lambda n: rings[n % 4].sealing_key(tenant, subject), range(120)))

        used = {version: sum(key.version == version for key in keys) for version in {key.version for key in keys}}
        assert max(used.values()) <= 20
        assert len(used) >= 6

    def test_counts_what_a_killed_process_may_have_used(
        self, database: Database, pool: ConnectionPool, tenant: UUID
    ) -> None:
        subject = uuid4()

        versions = [
            KeyRing(pool, database.master, nonce_limit=8, nonce_block=4).sealing_key(tenant, subject).version
            for _ in range(4)
        ]

        assert versions == [1, 1, 2, 2]


class TestOpeningKey:
    def test_is_unavailable_where_it_is_unknown(self, key_ring: KeyRing, tenant: UUID) -> None:
        with pytest.raises(KeyUnavailableError, match="not known"):
            key_ring.opening_key(tenant, uuid4(), 1)

    def test_refuses_another_version_than_that_of_the_envelope(self, key_ring: KeyRing, tenant: UUID) -> None:
        key = key_ring.sealing_key(tenant, uuid4())

        with pytest.raises(TamperedError, match="version 2"):
            key_ring.opening_key(tenant, key.id, 2)

    def test_is_unknown_to_another_practice(self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID) -> None:
        other = uuid4()
        key_ring.create_practice(other)
        key = key_ring.sealing_key(tenant, uuid4())
        key_ring.opening_key(tenant, key.id, 1)

        for process in (key_ring, another_process):
            with pytest.raises(KeyUnavailableError, match="not known"):
                process.opening_key(other, key.id, 1)
            assert process.opening_keys(other, [key.id]) == {}

    def test_works_with_more_keys_than_the_cache_holds(
        self, database: Database, pool: ConnectionPool, tenant: UUID
    ) -> None:
        key_ring = KeyRing(pool, database.master, 10)
        keys = [key_ring.sealing_key(tenant, uuid4()) for _ in range(30)]

        assert key_ring.opening_keys(tenant, [key.id for key in keys]).keys() == {key.id for key in keys}
        assert [key_ring.opening_key(tenant, key.id, 1).id for key in keys] == [key.id for key in keys]

    def test_evicts_the_least_recently_used_key(self, pool: ConnectionPool, tenant: UUID) -> None:
        cache, [first, second, third] = KeyCache(KeyStore(pool), 2), [uuid4() for _ in range(3)]
        mark = cache.check(tenant)
        cache.keep_held(tenant, mark, {first: HeldKey(first, None), second: HeldKey(second, None)})

        cache.held(tenant, [first])
        cache.keep_held(tenant, mark, {third: HeldKey(third, None)})

        assert cache.held(tenant, [first, second, third]).keys() == {first, third}

    @pytest.mark.parametrize("column", ["purpose", "subject_id", "key_id", "version", "wrapped"])
    def test_refuses_a_wrapped_key_that_was_moved_or_altered(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID, admin: psycopg.Connection[Any], column: str
    ) -> None:
        key = key_ring.sealing_key(tenant, uuid4())
        new: dict[str, object] = {
            "purpose": "notes",
            "subject_id": uuid4(),
            "key_id": uuid4(),
            "version": 2,
            "wrapped": b"\1\1" + b"x" * 112,
        }
        admin.execute(f"update keys.person_key set {column} = %s where key_id = %s", (new[column], key.id))
        key_id = UUID(str(new["key_id"])) if column == "key_id" else key.id

        with pytest.raises(SealingError) as refusal:
            another_process.opening_key(tenant, key_id, 1)

        assert refusal.type is (PersonKeyUnavailableError if column == "wrapped" else TamperedError)


class TestErase:
    def test_destroys_every_key_of_the_person_and_no_other(self, key_ring: KeyRing, tenant: UUID) -> None:
        subject, neighbour = uuid4(), uuid4()
        identity, notes = key_ring.sealing_key(tenant, subject), key_ring.sealing_key(tenant, subject, "notes")
        spared = key_ring.sealing_key(tenant, neighbour)

        assert key_ring.erase(tenant, subject)

        for key in (identity, notes):
            with pytest.raises(ErasedError):
                key_ring.opening_key(tenant, key.id, 1)
        with pytest.raises(ErasedError):
            key_ring.sealing_key(tenant, subject)
        assert key_ring.opening_keys(tenant, [identity.id, notes.id, spared.id]).keys() == {spared.id}
        assert key_ring.sealing_key(tenant, neighbour).id == spared.id

    def test_reports_that_the_person_was_erased_before(self, key_ring: KeyRing, tenant: UUID) -> None:
        subject = uuid4()

        assert [key_ring.erase(tenant, subject) for _ in range(3)] == [True, False, False]
        assert key_ring.erased_subjects(tenant) == [subject]

    def test_leaves_no_wrapped_key_in_the_database(
        self, key_ring: KeyRing, tenant: UUID, admin: psycopg.Connection[Any]
    ) -> None:
        subject = uuid4()
        key_ring.create(tenant, [subject])
        key_ring.create(tenant, [subject], "files")

        key_ring.erase(tenant, subject)

        rows = admin.execute("select wrapped from keys.person_key where subject_id = %s", (subject,)).fetchall()
        assert rows == [(None,), (None,)]

    def test_reaches_other_processes_within_a_second(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID
    ) -> None:
        subject, neighbour = uuid4(), uuid4()
        key = another_process.sealing_key(tenant, subject)
        spared = another_process.sealing_key(tenant, neighbour)
        another_process.opening_keys(tenant, [key.id, spared.id])

        key_ring.erase(tenant, subject)

        wait_one_second()
        with pytest.raises(ErasedError):
            another_process.opening_key(tenant, key.id, 1)
        with pytest.raises(ErasedError):
            another_process.sealing_key(tenant, subject)
        assert another_process.opening_key(tenant, spared.id, 1) is spared

    def test_reaches_other_processes_even_if_it_is_the_first_of_all(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID, admin: psycopg.Connection[Any]
    ) -> None:
        """A sequence that was never used and one that was used once have the same last value."""
        used = admin.execute("select last_value from keys.erasure_seq").fetchone()
        assert used is not None
        try:
            admin.execute("select setval('keys.erasure_seq', 1, false)")
            subject = uuid4()
            key = another_process.sealing_key(tenant, subject)

            key_ring.erase(tenant, subject)

            wait_one_second()
            with pytest.raises(ErasedError):
                another_process.opening_key(tenant, key.id, 1)
        finally:
            admin.execute("select setval('keys.erasure_seq', %s)", (used[0] + 1,))

    def test_reaches_a_process_that_used_the_key_of_another_practice_meanwhile(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID
    ) -> None:
        other, subject = uuid4(), uuid4()
        key_ring.create_practice(other)
        key = another_process.sealing_key(tenant, subject)

        key_ring.erase(tenant, subject)
        wait_one_second()
        another_process.sealing_key(other, subject)

        with pytest.raises(ErasedError):
            another_process.opening_key(tenant, key.id, 1)

    def test_prevents_new_keys_of_the_person(self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID) -> None:
        subject = uuid4()
        key_ring.erase(tenant, subject)

        another_process.create(tenant, [subject])

        with pytest.raises(ErasedError):
            another_process.sealing_key(tenant, subject, "notes")

    def test_excludes_a_concurrent_creation(
        self, database: Database, pool: ConnectionPool, tenant: UUID, admin: psycopg.Connection[Any]
    ) -> None:
        subjects = [uuid4() for _ in range(40)]
        rings = [KeyRing(pool, database.master) for _ in range(4)]

        def create_or_erase(job: tuple[int, UUID]) -> None:
            number, subject = job
            if number == 0:
                rings[0].erase(tenant, subject)
            else:
                rings[number].create(tenant, [subject], "notes")

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(create_or_erase, [(number, subject) for subject in subjects for number in range(4)]))

        living = admin.execute(
            "select count(*) from keys.person_key where tenant_id = %s and wrapped is not null", (tenant,)
        ).fetchone()
        assert living == (0,)

    def test_waits_for_an_erasure_in_progress(
        self, another_process: KeyRing, pool: ConnectionPool, tenant: UUID, admin: psycopg.Connection[Any]
    ) -> None:
        """An erasure's number is visible before its commit; a process must not treat it as done."""
        subject = uuid4()
        key = another_process.sealing_key(tenant, subject)

        with ThreadPoolExecutor(1) as thread:
            with tenant_transaction(pool, tenant) as cursor:
                lock = int.from_bytes(tenant.bytes[8:], "big", signed=True)
                cursor.execute("select pg_advisory_xact_lock(%s)", (lock,))
                cursor.execute(
                    "insert into keys.erasure_ledger (tenant_id, subject_id) values (%s, %s)", (tenant, subject)
                )
                seen = thread.submit(refusal_of, lambda: another_process.opening_key(tenant, key.id, 1))
                wait_until(lambda: is_someone_waiting(admin), "the other process waits for the erasure")
                assert not seen.done()

            assert isinstance(seen.result(), ErasedError)


class TestReplayLedger:
    def test_destroys_keys_that_a_restore_brought_back(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID, admin: psycopg.Connection[Any]
    ) -> None:
        subject = uuid4()
        key = key_ring.sealing_key(tenant, subject)
        stored = admin.execute("select wrapped from keys.person_key where key_id = %s", (key.id,)).fetchone()
        key_ring.erase(tenant, subject)
        assert stored is not None
        admin.execute("update keys.person_key set wrapped = %s where key_id = %s", (stored[0], key.id))

        with pytest.raises(ErasedError):
            another_process.opening_key(tenant, key.id, 1)
        another_process.replay_ledger(tenant)

        assert admin.execute("select wrapped from keys.person_key where key_id = %s", (key.id,)).fetchone() == (None,)

    def test_adds_the_erasures_that_the_restored_ledger_lacks(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID, admin: psycopg.Connection[Any]
    ) -> None:
        subject = uuid4()
        key = key_ring.sealing_key(tenant, subject)
        stored = admin.execute("select wrapped from keys.person_key where key_id = %s", (key.id,)).fetchone()
        key_ring.erase(tenant, subject)
        kept = key_ring.erased_subjects(tenant)
        assert stored is not None
        admin.execute("update keys.person_key set wrapped = %s where key_id = %s", (stored[0], key.id))
        admin.execute("delete from keys.erasure_ledger where tenant_id = %s", (tenant,))
        another_process.opening_key(tenant, key.id, 1)

        assert another_process.replay_ledger(tenant, kept) == 1

        with pytest.raises(ErasedError):
            another_process.opening_key(tenant, key.id, 1)


class TestPracticeKey:
    def test_is_created_once(self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID) -> None:
        token = key_ring.blind_index(tenant, "email", "sara@example.com")

        another_process.create_practice(tenant)

        assert another_process.blind_index(tenant, "email", "sara@example.com") == token

    def test_can_be_renewed_while_other_processes_work(
        self, key_ring: KeyRing, another_process: KeyRing, tenant: UUID
    ) -> None:
        before = key_ring.sealing_key(tenant, uuid4())
        token = key_ring.blind_index(tenant, "email", "sara@example.com")
        another_process.opening_key(tenant, before.id, 1)

        key_ring.renew_practice_key(tenant)

        after = key_ring.sealing_key(tenant, uuid4())
        for process in (key_ring, another_process):
            assert process.opening_keys(tenant, [before.id, after.id]).keys() == {before.id, after.id}
            assert process.blind_index(tenant, "email", "sara@example.com") == token

    def test_is_unavailable_under_another_master_key(
        self, key_ring: KeyRing, pool: ConnectionPool, tenant: UUID, tmp_path: Path
    ) -> None:
        key = key_ring.sealing_key(tenant, uuid4())
        stranger = KeyRing(pool, KeyFile(tmp_path / "another.key"))

        for call in (
            lambda: stranger.opening_key(tenant, key.id, 1),
            lambda: stranger.sealing_key(tenant, uuid4()),
            lambda: stranger.blind_index(tenant, "email", "x"),
        ):
            with pytest.raises(KeyUnavailableError, match="cannot be unwrapped"):
                call()

    def test_never_prints_a_secret(self, key_ring: KeyRing, tenant: UUID) -> None:
        keys = key_ring.practices.get(tenant)

        assert repr(keys.index_root) not in repr(keys)


class TestDatabaseOutage:
    def test_is_neither_erased_nor_tampered_nor_served_from_memory(self, database: Database, tenant: UUID) -> None:
        with open_pool(database.key_conninfo, name="keys", most=2) as pool:
            key_ring = KeyRing(pool, database.master)
            subject = uuid4()
            key = key_ring.sealing_key(tenant, subject)
        calls: list[Callable[[], object]] = [
            lambda: key_ring.sealing_key(tenant, subject),
            lambda: key_ring.opening_key(tenant, key.id, 1),
            lambda: key_ring.opening_keys(tenant, [key.id]),
            lambda: key_ring.create(tenant, [uuid4()]),
            lambda: key_ring.erase(tenant, subject),
            lambda: key_ring.create_practice(uuid4()),
        ]

        wait_one_second()
        for call in calls:
            with pytest.raises(KeyUnavailableError):
                call()

    def test_delays_the_first_caller_only(
        self, database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_pool(database.key_conninfo, name="keys", most=1, wait_seconds=TIMEOUT_SECONDS) as pool:
            key_ring = KeyRing(pool, database.master)
            key = key_ring.sealing_key(tenant, uuid4())
            # As if no time had passed in between.
            monkeypatch.setattr("event_store.keys.key_cache.CHECK_SECONDS", 3600)
            with exhausted_pool(pool):
                refusal = refusal_of(lambda: key_ring.opening_key(tenant, key.id, 1))
                waits = pool.get_stats()["requests_queued"]
                with pytest.raises(KeyUnavailableError):
                    key_ring.opening_key(tenant, key.id, 1)

                assert isinstance(refusal, KeyUnavailableError)
                assert pool.get_stats()["requests_queued"] == waits

    def test_ends_when_the_database_is_back(self, database: Database, tenant: UUID) -> None:
        with open_pool(database.key_conninfo, name="keys", most=1, wait_seconds=TIMEOUT_SECONDS) as pool:
            key_ring = KeyRing(pool, database.master)
            key = key_ring.sealing_key(tenant, uuid4())
            with exhausted_pool(pool):
                wait_one_second()
                with pytest.raises(KeyUnavailableError):
                    key_ring.opening_key(tenant, key.id, 1)

            wait_one_second()
            assert key_ring.opening_key(tenant, key.id, 1) is key


class TestGrants:
    @pytest.mark.parametrize(
        "statement",
        [
            "delete from keys.person_key",
            "delete from keys.erasure_ledger",
            "update keys.erasure_ledger set erased_at = now()",
            "truncate keys.erasure_ledger",
            "update keys.practice_key set version = 9",
            "update keys.person_key set subject_id = gen_random_uuid()",
            "select setval('keys.erasure_seq', 1)",
            "create table keys.mine (id int)",
        ],
    )
    def test_make_the_ledger_append_only_and_the_keys_permanent(
        self, pool: ConnectionPool, tenant: UUID, statement: str
    ) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), tenant_transaction(pool, tenant) as cursor:
            cursor.execute(statement)

    def test_prevent_restoring_a_destroyed_key(self, key_ring: KeyRing, pool: ConnectionPool, tenant: UUID) -> None:
        subject = uuid4()
        key = key_ring.sealing_key(tenant, subject)
        with tenant_transaction(pool, tenant) as cursor:
            kept = cursor.execute("select wrapped from keys.person_key where key_id = %s", (key.id,)).fetchone()
        key_ring.erase(tenant, subject)
        assert kept is not None

        with tenant_transaction(pool, tenant) as cursor:
            cursor.execute("update keys.person_key set wrapped = %s where key_id = %s", (kept[0], key.id))

            assert cursor.rowcount == 0

    @pytest.mark.parametrize("table", ["practice_key", "person_key", "erasure_ledger"])
    def test_show_nothing_without_a_practice_or_of_another(
        self, key_ring: KeyRing, pool: ConnectionPool, tenant: UUID, table: str
    ) -> None:
        key_ring.sealing_key(tenant, uuid4())
        key_ring.erase(tenant, uuid4())

        with pool.connection() as connection:
            assert connection.execute(f"select count(*) from keys.{table}").fetchone() == (0,)
        with tenant_transaction(pool, uuid4()) as cursor:
            assert cursor.execute(f"select count(*) from keys.{table}").fetchone() == (0,)
        with tenant_transaction(pool, tenant) as cursor:
            assert cursor.execute(f"select count(*) from keys.{table}").fetchone() == (1,)

    def test_refuse_an_entry_in_the_ledger_of_another_practice(self, pool: ConnectionPool, tenant: UUID) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), tenant_transaction(pool, uuid4()) as cursor:
            cursor.execute("insert into keys.erasure_ledger (tenant_id, subject_id) values (%s, %s)", (tenant, uuid4()))


class TestSearch:
    def test_finds_a_person_within_a_practice_only(self, key_ring: KeyRing, tenant: UUID) -> None:
        other = uuid4()
        key_ring.create_practice(other)
        tokens = key_ring.index_tokens(tenant, family_name="Müller", email="m@example.com", phone="+49 151 23456789")

        for text in ("mül", "MULLER", "m@EXAMPLE.com", "0151 23456789"):
            assert key_ring.search_tokens(tenant, text) & tokens
            assert not key_ring.search_tokens(other, text) & tokens
        assert not key_ring.search_tokens(tenant, "meier") & tokens

    def test_keeps_equal_values_of_two_fields_apart(self, key_ring: KeyRing, tenant: UUID) -> None:
        assert key_ring.blind_index(tenant, "email", "x") != key_ring.blind_index(tenant, "phone", "x")
