"""An event exactly as it was recorded, with all fields that its hash covers, to verify a log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.logged_event import Body
from domain.kernel.personal_data import Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """``body`` and ``schema_version`` are as written, without upcasting; ``sealed`` is ciphertext.

    ``personal`` is the decrypted part, if requested: ``ERASED`` once the key was destroyed,
    ``Damaged`` if it cannot be read.
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
    personal: Body | Unreadable | None = None
