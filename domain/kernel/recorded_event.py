"""An event exactly as it was recorded, with everything that its hash covers: what a log is verified by, outside of it too."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.logged_event import Body
from domain.kernel.personal_data import Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """``body`` and ``schema_version`` are as they were written, not as they are read today; ``sealed`` is ciphertext.

    ``personal`` is what was sealed, if it was asked for: ``ERASED`` once the person's key was destroyed.
    """

    position: int
    event_type: str
    schema_version: int
    stream_id: UUID
    version: int
    body: Body
    sealed: bytes | None
    actor: str
    command_id: UUID
    command_part: int
    fingerprint: bytes | None
    causation_id: UUID | None
    effective_at: datetime
    recorded_at: datetime
    hash: bytes
    personal: Body | Erased | None = None
