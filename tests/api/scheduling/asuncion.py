"""Paraguay, where release 2024b of the time zone database ended the change of clocks: real history, lived again over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from application.scheduling.zone_changes.adopt_zone_rules import ZoneRulesAdoption
from domain.kernel.zone_sightings import Sighting, Sightings
from tests.api.serving import Program
from tests.api.studio import Json, Studio

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


class Practice(Studio):
    """A practice in Asunción."""

    def keep(self, sightings: Sightings | None = None, *, dry_run: bool = False) -> ZoneRulesAdoption:
        """Do on 1 October 2024 what the program does after it came with new rules."""
        with self.program.at(NOW):
            return self.program.container.scheduling.adopt_zone_rules(
                UUID(self.practice_id), sightings or releases(), dry_run=dry_run
            )

    def shown(self, path: str) -> Json:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    def start_of(self, appointment: str) -> str:
        return str(self.shown(f"/v1/appointments/{appointment}")["starts_at"])

    def position(self) -> int:
        return self.program.container.logs.of(UUID(self.practice_id)).reader.position()


@contextmanager
def practice(program: Program) -> Iterator[Practice]:
    """Lend one, and let the block take place before the rules changed."""
    with program.at(BEFORE):
        yield Practice.open(program, zone=ZONE)
