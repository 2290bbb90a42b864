"""Ids made from what a file says, so that the same file, a killed run and a second run all mean the same things."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid5

from application.importing.patients.reading import PersonRow
from domain.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class PatientIdentities:
    """The ids of one source within one practice."""

    practice_id: UUID
    source: str

    def import_of(self, digest: bytes) -> UUID:
        """Return the id of the import of one file, known by the SHA-256 of its content."""
        return self._of("import", digest.hex())

    def patient(self, row: PersonRow) -> UUID:
        """Return the id of a row's patient; who has no id in the file is known by what does not change from row to row."""
        if row.external_id:
            return self._of("patient", row.external_id)
        said = row.details
        parts = (said.given_name, said.family_name, said.email or "", said.phone or "", str(said.date_of_birth or ""))
        return self._of("person", "\n".join(parts).casefold())

    def contact(self, patient_id: UUID, number: int) -> UUID:
        return uuid5(patient_id, f"contact\n{number}")

    def command(self, kind: str, things: Sequence[Aggregate]) -> UUID:
        """Return the id of the command that does something to just these things, as they were before."""
        before = b"".join(thing.id.bytes + _version_before(thing).to_bytes(4) for thing in things)
        return self._of(kind, hashlib.sha256(before).hexdigest())

    def _of(self, kind: str, name: str) -> UUID:
        return uuid5(self.practice_id, f"{self.source}\n{kind}\n{name}")


def _version_before(thing: Aggregate) -> int:
    return int(thing.version) - len(thing.pending_events)
