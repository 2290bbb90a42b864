"""An event of the log, as projections, histories and exports read it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.kernel.personal_data import Unreadable

Body: TypeAlias = Mapping[str, object]
"""An event's fields as JSON: ids, dates and instants are strings, instants in UTC with ``Z``."""


@dataclass(slots=True)
class LoggedEvent:
    """One event of a practice's log in its newest stored form; read-only by convention.

    ``body`` has no personal data. ``personal()`` decrypts it: ``ERASED`` once the key was
    destroyed, ``Damaged`` if it cannot be read, an empty mapping if the event has none.
    """

    tenant_id: UUID
    position: int
    event_type: str
    stream_id: UUID
    version: int
    body: Body
    actor: str
    command_id: UUID
    causation_id: UUID | None
    effective_at: datetime
    recorded_at: datetime
    open_sealed: Callable[["LoggedEvent", bytes], Body | Unreadable]
    sealed: bytes | None = None

    def personal(self) -> Body | Unreadable:
        return self.open_sealed(self, self.sealed) if self.sealed is not None else {}


@dataclass(frozen=True, slots=True)
class AboutOthers:
    """Excludes events of ``stream_type`` whose ``field`` names an id other than ``own``."""

    stream_type: str
    field: str
    own: Collection[UUID]
