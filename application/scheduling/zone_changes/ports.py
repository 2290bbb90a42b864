"""What keeping times on the wall needs from outside."""

from datetime import datetime
from typing import Protocol

from domain.kernel.zone_sightings import Sighting, Sightings


class ZoneSightingStore(Protocol):
    """Remembers which releases of the time zone database the program has gone by, and since when."""

    def read(self) -> Sightings:
        """Return all of them."""
        ...

    def is_settled(self) -> bool:
        """Return whether every practice has adopted the newest rules, or has a job that does so."""
        ...

    def finish(self, sighting: Sighting, at: datetime) -> None:
        """Store that every practice has such a job."""
        ...
