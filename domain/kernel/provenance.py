"""The provenance of events: actor, command and cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Provenance:
    """Recorded with every event of one command.

    ``actor`` is a stable id and never a name: ``key:<uuid>``, ``import:<source>``, ``cli`` or
    ``system``. ``command_id`` is unique per practice; a repeated command is recorded once.
    ``fingerprint`` is the SHA-256 of the request, so that a command id cannot be reused for another
    one. ``causation_id`` is the event or import that caused the command, if any.
    """

    actor: str
    command_id: UUID
    fingerprint: bytes = b""
    causation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """The stream of the command's first event, its new version, and the last position."""

    fingerprint: bytes
    stream_id: UUID
    version: int
    position: int


class Reached(NamedTuple):
    """A version of an aggregate, when it was recorded, and the last position of its command."""

    version: int
    position: int
    recorded_at: datetime


class Began(NamedTuple):
    """The first version that a command recorded on an aggregate, and the type of that event."""

    version: int
    event_type: str


class ChangedStream(NamedTuple):
    """A stream changed in a range of the log, with its versions before (0: none) and after."""

    stream_id: UUID
    from_version: int
    to_version: int
    first_position: int


class CommandRepeatedError(Exception):
    """The command was recorded before; the recorded events are its result."""
