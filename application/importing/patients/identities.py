"""Ids made from what a file says, so that the same file, a killed run and a second run all mean the same things."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid5

from application.importing.identities import SourceIdentities
from application.importing.patients.reading import PersonRow


@dataclass(frozen=True, slots=True)
class PatientIdentities(SourceIdentities):
    """The ids of a source's patients and of what is theirs."""

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
