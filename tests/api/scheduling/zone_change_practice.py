"""A practice in Paraguay, where release 2024b of the time zone database ended DST."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from application.scheduling.zone_changes.adopt_zone_rules import ZoneRulesAdoption
from domain.kernel.zone_sightings import Sighting, Sightings
from tests.api.api_server import ApiServer
from tests.api.practice_client import Json, PracticeClient

ZONE = "America/Asuncion"
BEFORE = datetime(2024, 9, 2, 12, tzinfo=UTC)
"""When the program still went by the rules of old."""
SEEN = datetime(2024, 9, 16, 0, tzinfo=UTC)
"""When it first came with those of today."""
NOW = datetime(2024, 10, 1, 12, tzinfo=UTC)
_OLD = [
    (datetime(2024, 1, 1, tzinfo=UTC), -10800),
    (datetime(2024, 3, 24, 3, tzinfo=UTC), -14400),
    (datetime(2024, 10, 6, 4, tzinfo=UTC), -10800),
    (datetime(2025, 3, 23, 3, tzinfo=UTC), -14400),
    (datetime(2025, 10, 5, 4, tzinfo=UTC), -10800),
]
"""Up to the spring of 2026."""


def releases(asuncion_before: list[tuple[datetime, int]] = _OLD, **others: list[tuple[datetime, int]]) -> Sightings:
    """The rules of old, by their zones' names with _ for /, and those of today."""
    own = Sighting.own(SEEN)
    before = {ZONE: asuncion_before} | {name.replace("_", "/", 1): changes for name, changes in others.items()}
    written = {name: [[int(at.timestamp()), offset] for at, offset in changes] for name, changes in before.items()}
    old = Sighting(
        seen_at=datetime(2024, 2, 1, tzinfo=UTC), release="2024a", from_year=2024, changes={**own.changes, **written}
    )
    return Sightings([old, own])


class ZoneChangePractice(PracticeClient):
    """A practice in Asunción."""

    def adopt_zone_rules(self, sightings: Sightings | None = None, *, dry_run: bool = False) -> ZoneRulesAdoption:
        """Do on 1 October 2024 what the program does after it came with new rules."""
        with self.server.at_time(NOW):
            return self.server.container.scheduling.adopt_zone_rules(
                UUID(self.practice_id), sightings or releases(), dry_run=dry_run
            )

    def get_json(self, path: str) -> Json:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    def start_of(self, appointment: str) -> str:
        return str(self.get_json(f"/v1/appointments/{appointment}")["starts_at"])

    def position(self) -> int:
        return self.server.container.logs.of(UUID(self.practice_id)).reader.position()


@contextmanager
def zone_change_practice(server: ApiServer) -> Iterator[ZoneChangePractice]:
    """Lend one, and let the block take place before the rules changed."""
    with server.at_time(BEFORE):
        yield ZoneChangePractice.open(server, zone=ZONE)
