"""Keys: found by their hash before the practice is known, and by nothing else."""

import hashlib

import pytest

from domain.practice.api_key import ApiKey, Role
from projections.access.queries import KeyRecord, find_key, keys_of
from tests.support.happenings import NOW, Happenings
from tests.support.world import World, by_test

SECRET = hashlib.sha256(b"sk_secret").digest()


@pytest.fixture
def key(world: World, life: Happenings) -> ApiKey:
    # One hash a test: keys are found across practices.
    key_hash = hashlib.sha256(life.tenant_id.bytes)
    key = ApiKey.issue(id=life.service_id, role=Role.OWNER, label="Empfang", key_hash=key_hash.hexdigest(), at=NOW)
    life.log.record(key, by=by_test())
    world.runner().catch_up(life.tenant_id)
    return key


def look_up(world: World, key: ApiKey) -> KeyRecord | None:
    with world.app.connection() as connection:
        return find_key(connection, bytes.fromhex(key.key_hash))


class TestFindKey:
    def test_tells_whose_key_it_is(self, world: World, life: Happenings, key: ApiKey) -> None:
        found = look_up(world, key)

        assert found is not None
        assert (found.tenant_id, found.key_id, found.role, found.label) == (life.tenant_id, key.id, "owner", "Empfang")
        assert (found.clinician_id, found.issued_at, found.revoked_at) == (None, NOW, None)

    def test_tells_that_it_was_revoked(self, world: World, life: Happenings, key: ApiKey) -> None:
        key.revoke("lost", NOW)
        life.log.record(key, by=by_test())
        world.runner().catch_up(life.tenant_id)

        found = look_up(world, key)

        assert found is not None
        assert (found.revoked_at, found.version) == (NOW, 2)

    def test_knows_no_other_key(self, world: World, key: ApiKey) -> None:
        with world.app.connection() as connection:
            assert find_key(connection, SECRET) is None

    def test_leaves_the_connection_without_any_sight(self, world: World, key: ApiKey) -> None:
        with world.app.connection() as connection:
            assert find_key(connection, bytes.fromhex(key.key_hash)) is not None

            assert connection.execute("select * from access.api_key").fetchall() == []
            assert connection.execute("select current_setting('app.key_hash', true)").fetchone() == ("",)


class TestKeysOf:
    def test_lists_a_practices_own_keys_in_pages(self, world: World, life: Happenings, key: ApiKey) -> None:
        life.happen(60, at_once=20)
        world.runner().catch_up(life.tenant_id)

        first, after = keys_of(world.app_transaction, life.tenant_id, limit=1)
        rest, end = keys_of(world.app_transaction, life.tenant_id, after=after)

        assert {one.key_id for one in (*first, *rest)} == {key.id, *(one.id for one in life.api_keys)}
        assert end is None
        assert keys_of(world.app_transaction, world.practice().tenant_id) == ([], None)
