"""Keeps which releases of the time zone database the program has gone by."""

from datetime import UTC, datetime
from typing import Final

from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from domain.kernel.zone_sightings import Sighting, Sightings
from domain.kernel.zones import RELEASE

_NEWEST: Final = "select release from log.zone_sighting order by seen_at desc limit 1"
_NOTE: Final = "insert into log.zone_sighting (seen_at, release, from_year, changes) values (%s, %s, %s, %s) on conflict do nothing"
_ALL: Final = (
    "select seen_at, release, from_year, changes, finished_at is not null from log.zone_sighting order by seen_at"
)
_FINISH: Final = "update log.zone_sighting set finished_at = %s where seen_at = %s"


class ZoneSightingStore:
    """Implements application.scheduling.zone_changes.ports.ZoneSightingStore."""

    def __init__(self, pool: ConnectionPool) -> None:
        """``pool`` connects as scheduler_app."""
        self._pool = pool

    def note_own(self, at: datetime) -> None:
        """Note what this program goes by, if another release was the newest. Called before anything is booked by it."""
        with self._pool.connection() as connection:
            newest = connection.execute(_NEWEST).fetchone()
        if newest is None or newest[0] != RELEASE:
            self.note(Sighting.own(at))

    def note(self, sighting: Sighting) -> None:
        changes = Jsonb(sighting.changes)
        with self._pool.connection() as connection:
            connection.execute(_NOTE, (sighting.seen_at, sighting.release, sighting.from_year, changes))

    def is_settled(self) -> bool:
        """Return whether the program never used another release, or has enqueued the adoption of the newest."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select release, finished_at is not null from log.zone_sighting order by seen_at desc"
            ).fetchall()
        return not rows or bool(rows[0][1]) or all(release == rows[0][0] for release, _ in rows)

    def read(self) -> Sightings:
        """Return all that were noted."""
        with self._pool.connection() as connection:
            rows = connection.execute(_ALL).fetchall()
        return Sightings(
            [
                Sighting(
                    seen_at=seen_at.astimezone(UTC),
                    release=release,
                    from_year=from_year,
                    changes=changes,
                    is_finished=is_finished,
                )
                for seen_at, release, from_year, changes, is_finished in rows
            ]
        )

    def finish(self, sighting: Sighting, at: datetime) -> None:
        """Store that its adoption was enqueued for every practice."""
        with self._pool.connection() as connection:
            connection.execute(_FINISH, (at, sighting.seen_at))
