"""An event as it lies in the log: what read models, histories and exports are made from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.kernel.personal_data import Erased

Body: TypeAlias = Mapping[str, object]
"""An event's fields as JSON knows them: ids, dates and instants are strings, instants in UTC with ``Z``."""


@dataclass(slots=True)
class LoggedEvent:
    """One event of a practice's log, in the newest stored form; treat it as read-only.

    ``body`` holds no personal data. ``personal()`` opens what was sealed: ``ERASED`` once the person's key was destroyed,
    and an empty mapping where nothing was sealed.
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
    open_sealed: Callable[["LoggedEvent", bytes], Body | Erased]
    sealed: bytes | None = None

    def personal(self) -> Body | Erased:
        return self.open_sealed(self, self.sealed) if self.sealed is not None else {}


@dataclass(frozen=True, slots=True)
class AboutOthers:
    """Events to leave out of the history of ``own``: those whose ``field`` names another record."""

    stream_type: str
    field: str
    own: Collection[UUID]
