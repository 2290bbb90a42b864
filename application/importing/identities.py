"""Ids derived from the content of a file, so that repeated runs and longer files reuse them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid5

from domain.importing.data_import import ImportKind
from domain.kernel.aggregate import Aggregate
from domain.patients.details import PatientDetails


@dataclass(frozen=True, slots=True)
class SourceIdentities:
    """The ids of one source within one practice."""

    practice_id: UUID
    source: str

    def data_import(self, kind: ImportKind, digest: bytes) -> UUID:
        """Return the id of the import of a file; ``digest`` is its SHA-256."""
        return self._of("import" if kind is ImportKind.PATIENTS else f"import of {kind}", digest.hex())

    def command(self, kind: str, aggregates: Sequence[Aggregate]) -> UUID:
        """Return the id of the command that changes these aggregates from the versions they had."""
        before = b"".join(
            each.id.bytes + (int(each.version) - len(each.pending_events)).to_bytes(4) for each in aggregates
        )
        return self._of(kind, hashlib.sha256(before).hexdigest())

    def patient(self, external_id: str, details: PatientDetails) -> UUID:
        """Return a patient's id, from the id in the file or from name and contact details."""
        if external_id:
            return self._of("patient", external_id)
        born = str(details.date_of_birth or "")
        parts = (details.given_name, details.family_name, details.email or "", details.phone or "", born)
        return self._of("person", "\n".join(parts).casefold())

    def contact(self, patient_id: UUID, number: int) -> UUID:
        return uuid5(patient_id, f"contact\n{number}")

    def resource(self, kind: str, name: str) -> UUID:
        """Return the id of a location, clinician or service that is created for a name.

        ``name`` is normalised as names are compared.
        """
        return self._of(kind, name)

    def visit(self, key: str, attempt: int) -> UUID:
        """Return a visit's id; each undo makes the next import use the next ``attempt``."""
        return self._of("visit", f"{key}\n{attempt}")

    def _of(self, kind: str, name: str) -> UUID:
        return uuid5(self.practice_id, f"{self.source}\n{kind}\n{name}")
