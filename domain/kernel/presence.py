"""Whether something new may be recorded for a subject, at the instant of writing."""

from typing import NamedTuple
from uuid import UUID


class PresenceGuard(NamedTuple):
    """The subject must not be marked absent when the append is written."""

    subject_id: UUID


class PresenceChange(NamedTuple):
    """The append marks the subject present or absent."""

    subject_id: UUID
    is_present: bool
