"""The key database: wrapped keys and the ledger of erasures. Nothing is unwrapped here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Cursor
from psycopg_pool import ConnectionPool

from event_store.errors import StoreUnavailableError
from event_store.keys.sealing import KeyStoreUnavailableError
from event_store.tenancy import tenant_transaction

_INSERT: Final = """
insert into keys.person_key (tenant_id, key_id, subject_id, purpose, version, wrapped, reserved)
select %(tenant)s, n.key_id, n.subject_id, %(purpose)s, %(version)s, n.wrapped, %(reserved)s
from unnest(%(key_ids)s::uuid[], %(subjects)s::uuid[], %(wrapped)s::bytea[]) as n (key_id, subject_id, wrapped)
where not exists (
    select from keys.erasure_ledger e where e.tenant_id = %(tenant)s and e.subject_id = n.subject_id
)
order by n.subject_id
on conflict (tenant_id, subject_id, purpose, version) do nothing
returning key_id
"""

_RESERVE: Final = """
with latest as (
    select key_id, version from keys.person_key
    where tenant_id = %(tenant)s and subject_id = %(subject)s and purpose = %(purpose)s
    order by version desc limit 1
), block as (
    update keys.person_key k set reserved = k.reserved + %(block)s from latest
    where k.tenant_id = %(tenant)s and k.key_id = latest.key_id and k.reserved + %(block)s <= %(most)s
    returning k.key_id, k.wrapped
)
select
    coalesce((select version from latest), 0),
    (select key_id from block),
    (select wrapped from block),
    exists (select from keys.erasure_ledger e where e.tenant_id = %(tenant)s and e.subject_id = %(subject)s)
"""

_FIND: Final = """
select k.key_id, k.subject_id, k.purpose, k.version, case when e.subject_id is null then k.wrapped end, e.subject_id is not null
from keys.person_key k
left join keys.erasure_ledger e on e.tenant_id = k.tenant_id and e.subject_id = k.subject_id
where k.tenant_id = %s and k.key_id = any(%s)
"""

_PAGE: Final = """
select k.key_id, k.subject_id, k.purpose, k.version, k.wrapped, false
from keys.person_key k
where k.tenant_id = %s and k.key_id > %s
  and not exists (select from keys.erasure_ledger e where e.tenant_id = k.tenant_id and e.subject_id = k.subject_id)
order by k.key_id limit %s
"""

_DESTROY: Final = """
update keys.person_key k set wrapped = null
where k.tenant_id = %(tenant)s and k.wrapped is not null
  and exists (select from keys.erasure_ledger e where e.tenant_id = k.tenant_id and e.subject_id = k.subject_id)
"""


class PracticeKeyRow(NamedTuple):
    version: int
    key_id: UUID
    wrapped: bytes


class PersonKeyRow(NamedTuple):
    """``wrapped`` is None if the key was destroyed, which is a fault unless ``is_erased``."""

    key_id: UUID
    subject_id: UUID
    purpose: str
    version: int
    wrapped: bytes | None
    is_erased: bool = False


class Reservation(NamedTuple):
    """``version`` is the newest or 0; the key is None if it has no nonces left."""

    version: int
    key_id: UUID | None
    wrapped: bytes | None
    is_erased: bool


class KeyStore:
    """Reads and writes the key database as scheduler_keys_app.

    An advisory lock per practice separates creation and erasure: no key is created for a person
    during the erasure, and a practice's ledger is in the order of its commits. Every method raises
    KeyStoreUnavailableError: the database is unavailable, or no connection became free in time.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def add_practice_key(self, tenant_id: UUID, row: PracticeKeyRow) -> None:
        """Store a version of the practice's key, unless it exists."""
        with self._transaction(tenant_id) as cursor:
            cursor.execute(
                "insert into keys.practice_key (tenant_id, version, key_id, wrapped) values (%s, %s, %s, %s) on conflict do nothing",
                (tenant_id, *row),
            )

    def practice_keys(self, tenant_id: UUID) -> list[PracticeKeyRow]:
        """Return all versions, oldest first."""
        with self._transaction(tenant_id) as cursor:
            cursor.execute(
                "select version, key_id, wrapped from keys.practice_key where tenant_id = %s order by version",
                (tenant_id,),
            )
            return [PracticeKeyRow._make(row) for row in cursor]

    def add_person_keys(self, tenant_id: UUID, rows: Sequence[PersonKeyRow], reserved: int) -> set[UUID]:
        """Store keys of one purpose and version with reserved nonces; return the stored ids.

        Omits the keys of persons who have such a key or were erased.
        """
        with self._transaction(tenant_id) as cursor:
            with cursor.connection.pipeline():
                cursor.connection.execute("select pg_advisory_xact_lock_shared(%s)", (_lock_of(tenant_id),))
                cursor.execute(
                    _INSERT,
                    {
                        "tenant": tenant_id,
                        "purpose": rows[0].purpose,
                        "version": rows[0].version,
                        "reserved": reserved,
                        "key_ids": [row.key_id for row in rows],
                        "subjects": [row.subject_id for row in rows],
                        "wrapped": [row.wrapped for row in rows],
                    },
                )
            return {key_id for (key_id,) in cursor}

    def reserve(self, tenant_id: UUID, subject_id: UUID, purpose: str, block: int, most: int) -> Reservation:
        """Reserve ``block`` nonces of the newest key, unless that makes more than ``most``."""
        with self._transaction(tenant_id) as cursor:
            values = {"tenant": tenant_id, "subject": subject_id, "purpose": purpose, "block": block, "most": most}
            cursor.execute(_RESERVE, values)
            return Reservation._make(cursor.fetchone() or (0, None, None, False))

    def find(self, tenant_id: UUID, key_ids: Sequence[UUID]) -> list[PersonKeyRow]:
        """Return those of the keys that exist; erased ones have ``wrapped`` None."""
        with self._transaction(tenant_id) as cursor:
            cursor.execute(_FIND, (tenant_id, list(key_ids)), binary=True)
            return [PersonKeyRow._make(row) for row in cursor]

    def page(self, tenant_id: UUID, after: UUID, limit: int) -> list[PersonKeyRow]:
        """Return up to ``limit`` keys of persons who were not erased, in order of their ids."""
        with self._transaction(tenant_id) as cursor:
            cursor.execute(_PAGE, (tenant_id, after, limit), binary=True)
            return [PersonKeyRow._make(row) for row in cursor]

    def erase(self, tenant_id: UUID, subject_ids: Sequence[UUID]) -> int:
        """Add persons to the ledger, destroy the keys of all in it, return how many were added."""
        with self._transaction(tenant_id) as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", (_lock_of(tenant_id),))
            cursor.execute(
                "insert into keys.erasure_ledger (tenant_id, subject_id) select %s, unnest(%s::uuid[]) on conflict do nothing",
                (tenant_id, list(subject_ids)),
            )
            entered = cursor.rowcount
            cursor.execute(_DESTROY, {"tenant": tenant_id})
            return entered

    def last_erasure(self) -> int:
        """Return the newest number of all ledgers; that erasure may be uncommitted."""
        with _translated(), self._pool.connection() as connection:
            row = connection.execute(
                "select case when is_called then last_value else 0 end from keys.erasure_seq"
            ).fetchone()
            return int(row[0]) if row else 0

    def erased_since(self, tenant_id: UUID, seq: int) -> list[UUID]:
        """Return the persons erased after a number; waits for erasures in progress."""
        with self._transaction(tenant_id) as cursor:
            cursor.execute("select pg_advisory_xact_lock_shared(%s)", (_lock_of(tenant_id),))
            cursor.execute(
                "select subject_id from keys.erasure_ledger where tenant_id = %s and seq > %s order by seq",
                (tenant_id, seq),
            )
            return [subject_id for (subject_id,) in cursor]

    @contextmanager
    def _transaction(self, tenant_id: UUID) -> Iterator[Cursor[Any]]:
        with _translated(), tenant_transaction(self._pool, tenant_id) as cursor:
            yield cursor


def _lock_of(tenant_id: UUID) -> int:
    return int.from_bytes(tenant_id.bytes[8:], "big", signed=True)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, StoreUnavailableError) as error:
        raise KeyStoreUnavailableError("the key database is unavailable") from error
