"""The stored releases of the time zone database (TZ6)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.kernel.zone_sightings import Sighting
from domain.kernel.zones import RELEASE
from event_store.read.zone_sightings import ZoneSightingStore
from tests.support.container import Container

THEN = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def store(container: Container) -> Iterator[ZoneSightingStore]:
    yield ZoneSightingStore(container.store.pool)
    with container.admin() as connection:
        connection.execute("delete from log.zone_sighting")


class TestSightings:
    def test_are_stored_once_per_release(self, store: ZoneSightingStore) -> None:
        store.note_own(THEN)
        store.note_own(THEN + timedelta(days=1))

        seen = store.read()
        assert (seen.newest.release, seen.newest.seen_at, seen.former) == (RELEASE, THEN, [])
        assert seen.newest == Sighting.own(THEN)
        assert store.is_settled()

    def test_are_settled_once_every_practice_has_adopted_the_newest(self, store: ZoneSightingStore) -> None:
        store.note(replace(Sighting.own(THEN), release="2024a"))
        store.note_own(THEN + timedelta(days=1))
        before = store.is_settled()
        store.finish(store.read().newest, THEN + timedelta(days=2))

        assert (before, store.is_settled()) == (False, True)

    def test_an_older_release_that_returns_is_stored_again(self, store: ZoneSightingStore) -> None:
        store.note_own(THEN)
        store.note(replace(Sighting.own(THEN + timedelta(days=1)), release="2099z"))
        store.note_own(THEN + timedelta(days=2))

        seen = store.read()
        assert [seen.release(index) for index in range(3)] == [RELEASE, "2099z", RELEASE]
        assert [seen.in_force_at(THEN + timedelta(days=days)) for days in (-1, 0, 1, 3)] == [0, 0, 1, 2]
        assert not store.is_settled()
