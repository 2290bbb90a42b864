"""A damaged key is named, and does not affect others."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from event_store.keys.key_ring import KeyRing
from event_store.keys.sealing import PersonKeyUnavailableError, TamperedError
from event_store.tenancy import open_pool
from tests.support.database import Database


@pytest.fixture
def processes(database: Database) -> Iterator[tuple[KeyRing, KeyRing]]:
    """Two key rings that share only the database."""
    with open_pool(database.key_conninfo, name="keys", most=4) as pool:
        yield KeyRing(pool, database.master), KeyRing(pool, database.master)


@pytest.fixture
def tenant(processes: tuple[KeyRing, KeyRing]) -> UUID:
    tenant_id = uuid4()
    processes[0].create_practice(tenant_id)
    return tenant_id


def change(database: Database, statement: str, *values: object) -> None:
    with psycopg.connect(database.keys_admin_conninfo(), autocommit=True) as admin:
        admin.execute(statement.encode(), values)


class TestDamagedKey:
    def test_is_unavailable_if_it_is_null_although_nobody_was_erased(
        self, database: Database, processes: tuple[KeyRing, KeyRing], tenant: UUID
    ) -> None:
        subject = uuid4()
        key = processes[0].sealing_key(tenant, subject)
        change(database, "update keys.person_key set wrapped = null where key_id = %s", key.id)

        with pytest.raises(PersonKeyUnavailableError):
            processes[1].opening_key(tenant, key.id, 1)
        assert processes[1].sealing_key(tenant, subject).version == 2

    def test_does_not_affect_others_and_is_named(
        self, database: Database, processes: tuple[KeyRing, KeyRing], tenant: UUID
    ) -> None:
        persons = [uuid4() for _ in range(4)]
        keys = [processes[0].sealing_key(tenant, person) for person in persons]
        processes[0].erase(tenant, persons[3])
        change(database, "update keys.person_key set wrapped = null where key_id = %s", keys[0].id)
        change(
            database,
            "update keys.person_key set wrapped = (select wrapped from keys.person_key where key_id = %s) where key_id = %s",
            keys[2].id,
            keys[1].id,
        )

        found = processes[1].opening_keys(tenant, [key.id for key in keys])
        damaged = processes[1].damaged_persons(tenant)

        assert found.keys() == {keys[2].id}
        assert {person: type(error) for person, error in damaged.items()} == {
            persons[0]: PersonKeyUnavailableError,
            persons[1]: TamperedError,
        }

    def test_works_again_once_it_is_repaired(
        self, database: Database, processes: tuple[KeyRing, KeyRing], tenant: UUID
    ) -> None:
        key = processes[0].sealing_key(tenant, uuid4())
        change(database, "update keys.person_key set purpose = 'notes' where key_id = %s", key.id)
        with pytest.raises(TamperedError):
            processes[1].opening_key(tenant, key.id, 1)

        change(database, "update keys.person_key set purpose = 'identity' where key_id = %s", key.id)

        assert processes[1].opening_key(tenant, key.id, 1).id == key.id
