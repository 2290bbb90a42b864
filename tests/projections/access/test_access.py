"""Keys: found by their hash before the practice is known, and by nothing else."""

import hashlib

import pytest

from domain.access.api_key import ApiKey, Role
from projections.access.tokens.queries import KeyRecord, find_key, keys_of
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory

SECRET = hashlib.sha256(b"sk_secret").digest()


@pytest.fixture
def key(container: Container, history: RandomHistory) -> ApiKey:
    # One hash a test: keys are found across practices.
    key_hash = hashlib.sha256(history.tenant_id.bytes)
    key = ApiKey.issue(id=history.service_id, role=Role.OWNER, label="Empfang", key_hash=key_hash.hexdigest(), at=NOW)
    history.log.record(key, by=by_test())
    container.runner().catch_up(history.tenant_id)
    return key


def look_up(container: Container, key: ApiKey) -> KeyRecord | None:
    with container.app.connection() as connection:
        return find_key(connection, bytes.fromhex(key.key_hash))


class TestFindKey:
    def test_returns_the_practice_and_role_of_a_key(
        self, container: Container, history: RandomHistory, key: ApiKey
    ) -> None:
        found = look_up(container, key)

        assert found is not None
        assert (found.tenant_id, found.key_id, found.role, found.label) == (
            history.tenant_id,
            key.id,
            "owner",
            "Empfang",
        )
        assert (found.clinician_id, found.issued_at, found.revoked_at) == (None, NOW, None)

    def test_returns_a_revoked_key_too(self, container: Container, history: RandomHistory, key: ApiKey) -> None:
        key.revoke("lost", NOW)
        history.log.record(key, by=by_test())
        container.runner().catch_up(history.tenant_id)

        found = look_up(container, key)

        assert found is not None
        assert (found.revoked_at, found.version) == (NOW, 2)

    def test_returns_none_for_an_unknown_hash(self, container: Container, key: ApiKey) -> None:
        with container.app.connection() as connection:
            assert find_key(connection, SECRET) is None

    def test_leaves_no_access_on_the_connection(self, container: Container, key: ApiKey) -> None:
        with container.app.connection() as connection:
            assert find_key(connection, bytes.fromhex(key.key_hash)) is not None

            assert connection.execute("select * from access.api_key").fetchall() == []
            assert connection.execute("select current_setting('app.key_hash', true)").fetchone() == ("",)


class TestKeysOf:
    def test_lists_a_practices_own_keys_in_pages(
        self, container: Container, history: RandomHistory, key: ApiKey
    ) -> None:
        history.append_events(60, batch_size=20)
        container.runner().catch_up(history.tenant_id)

        first, after = keys_of(container.app_transaction, history.tenant_id, limit=1)
        rest, end = keys_of(container.app_transaction, history.tenant_id, after=after)

        assert {one.key_id for one in (*first, *rest)} == {key.id, *(one.id for one in history.api_keys)}
        assert end is None
        assert keys_of(container.app_transaction, container.practice().tenant_id) == ([], None)
