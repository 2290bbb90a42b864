"""Ids made from what a file says, so that the same file, a killed run and a second run all mean the same things."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid5

from domain.kernel.aggregate import Aggregate

_NAMESPACE: Final = UUID("6f1c1d0e-52a8-5b7e-9d0c-3a1f7c9b2e44")


@dataclass(frozen=True, slots=True)
class Identities:
    """The ids of one source; within it a practice is known by its name, and all else by its name within the practice."""

    source: str

    def import_of(self, digest: bytes) -> UUID:
        """Return the id of the import of one file, known by the SHA-256 of its content."""
        return self._of("import", digest.hex())

    def practice(self, name: str) -> UUID:
        return self._of("practice", name)

    @staticmethod
    def location(practice_id: UUID) -> UUID:
        return uuid5(practice_id, "location")

    @staticmethod
    def service(practice_id: UUID) -> UUID:
        return uuid5(practice_id, "service")

    @staticmethod
    def clinician(practice_id: UUID, number: int) -> UUID:
        return uuid5(practice_id, f"clinician\n{number}")

    @staticmethod
    def patient(practice_id: UUID, external_id: str) -> UUID:
        return uuid5(practice_id, f"patient\n{external_id}")

    @staticmethod
    def appointment(practice_id: UUID, external_id: str) -> UUID:
        return uuid5(practice_id, f"appointment\n{external_id}")

    @staticmethod
    def command(practice_id: UUID, stream_ids: Sequence[UUID]) -> UUID:
        """Return the id of the command that makes just these things."""
        content = hashlib.sha256(b"".join(stream_id.bytes for stream_id in stream_ids))
        return uuid5(practice_id, f"import\n{content.hexdigest()}")

    def _of(self, kind: str, name: str) -> UUID:
        return uuid5(_NAMESPACE, f"{self.source}\n{kind}\n{name}")


@dataclass(frozen=True, slots=True)
class SourceIdentities:
    """The ids of one source within one practice that is there already."""

    practice_id: UUID
    source: str

    def command(self, kind: str, things: Sequence[Aggregate]) -> UUID:
        """Return the id of the command that does something to just these things, as they were before."""
        before = b"".join(thing.id.bytes + _version_before(thing).to_bytes(4) for thing in things)
        return self._of(kind, hashlib.sha256(before).hexdigest())

    def _of(self, kind: str, name: str) -> UUID:
        return uuid5(self.practice_id, f"{self.source}\n{kind}\n{name}")


def _version_before(thing: Aggregate) -> int:
    return int(thing.version) - len(thing.pending_events)
