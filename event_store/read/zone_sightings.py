"""Stores the releases of the time zone database that the program has used."""

from dataclasses import replace
from datetime import UTC, datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from domain.kernel.zone_sightings import Sighting, Sightings
from domain.kernel.zones import RELEASE


class ZoneSightingStore:
    """Implements application.scheduling.zone_changes.ports.ZoneSightingStore."""

    def __init__(self, pool: ConnectionPool) -> None:
        """``pool`` connects as scheduler_app."""
        self._pool = pool

    def note_own(self, at: datetime) -> None:
        """Store this program's release, unless it is the newest. Call it before any booking."""
        with self._pool.connection() as connection:
            newest = connection.execute(
                "select release from log.zone_sighting order by seen_at desc limit 1"
            ).fetchone()
        if newest != (RELEASE,):
            self.note(Sighting.own(at))

    def note(self, sighting: Sighting) -> None:
        with self._pool.connection() as connection:
            connection.execute(
                "insert into log.zone_sighting (seen_at, release, from_year, changes) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                (sighting.seen_at, sighting.release, sighting.from_year, Jsonb(sighting.changes)),
            )

    def is_settled(self) -> bool:
        """Return whether only one release was used, or the adoption of the newest is enqueued."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select release, finished_at is not null from log.zone_sighting order by seen_at desc"
            ).fetchall()
        return not rows or bool(rows[0][1]) or all(release == rows[0][0] for release, _ in rows)

    def read(self) -> Sightings:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Sighting)) as cursor:
            cursor.execute(
                "select seen_at, release, from_year, changes, finished_at is not null as is_finished"
                " from log.zone_sighting order by seen_at"
            )
            return Sightings([replace(sighting, seen_at=sighting.seen_at.astimezone(UTC)) for sighting in cursor])

    def finish(self, sighting: Sighting, at: datetime) -> None:
        """Store that its adoption was enqueued for every practice."""
        with self._pool.connection() as connection:
            connection.execute(
                "update log.zone_sighting set finished_at = %s where seen_at = %s", (at, sighting.seen_at)
            )
