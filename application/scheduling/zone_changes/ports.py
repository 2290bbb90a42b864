"""Ports of zone changes."""

from datetime import datetime
from typing import Protocol

from domain.kernel.zone_sightings import Sighting, Sightings


class ZoneSightingStore(Protocol):
    """Stores which releases of the time zone database the program used, and since when."""

    def read(self) -> Sightings: ...

    def is_settled(self) -> bool:
        """Return whether each practice has adopted the newest rules or has a job for that."""
        ...

    def finish(self, sighting: Sighting, at: datetime) -> None:
        """Record that each practice has such a job."""
        ...
