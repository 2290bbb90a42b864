"""Where a fact comes from: who asked, by which command, and because of what."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Provenance:
    """Recorded with every event of one command.

    ``actor``        stable id of who asked: ``key:<uuid>``, ``import:<source>``, ``cli``, ``system``; never a name.
    ``command_id``   unique per practice; the same command twice is recorded once.
    ``fingerprint``  SHA-256 of what was asked (route and body), so that a command id cannot be reused for something else.
    ``causation_id`` the event or import that led to this command, if any.
    """

    actor: str
    command_id: UUID
    fingerprint: bytes = b""
    causation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """What a command wrote: its fingerprint, the thing that its first event is of, that thing's version after it, and its last position."""

    fingerprint: bytes
    stream_id: UUID
    version: int
    position: int


class Reached(NamedTuple):
    """A version that a thing has come to, when that was recorded, and the position with which that command was whole."""

    version: int
    position: int
    recorded_at: datetime


class Began(NamedTuple):
    """The version of a thing with which a command on it began, and the type of the event that made it."""

    version: int
    event_type: str


class ChangedThing(NamedTuple):
    """A thing that a stretch of the log is about: its version before (0: it was not there) and after, and where it comes first there."""

    stream_id: UUID
    from_version: int
    to_version: int
    first_position: int


class CommandRepeatedError(Exception):
    """The command was recorded before: its events are in the log, and they are its answer."""
