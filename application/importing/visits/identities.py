"""Ids made from what a file says, so that the same file, a killed run, a second run and a longer file all mean the same visits."""

from dataclasses import dataclass
from uuid import UUID

from application.importing.identities import SourceIdentities


@dataclass(frozen=True, slots=True)
class VisitIdentities(SourceIdentities):
    """The ids of a source's visits and of what they name; those of its patients are as in ``PatientIdentities``."""

    def import_of(self, digest: bytes) -> UUID:
        """Return the id of the import of one file's appointments; its patients are another import."""
        return self._of("import of appointments", digest.hex())

    def thing(self, kind: str, name: str) -> UUID:
        """Return the id of what is made because a file names it; ``name`` as names are compared."""
        return self._of(kind, name)

    def visit(self, key: str, attempt: int) -> UUID:
        """Return a visit's id; each time that an import was undone its visits come anew, as others."""
        return self._of("visit", f"{key}\n{attempt}")
