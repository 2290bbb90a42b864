"""What keeping times on the wall needs from outside."""

from typing import Protocol

from domain.kernel.zone_sightings import Sightings


class ZoneSightingStore(Protocol):
    """Remembers which releases of the time zone database the program has gone by, and since when."""

    def read(self) -> Sightings:
        """Return all of them."""
        ...
