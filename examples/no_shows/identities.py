"""Ids derived from the content of the file: the same file, a repeated run and a longer file give the same ids."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid5

_NAMESPACE: Final = UUID("6f1c1d0e-52a8-5b7e-9d0c-3a1f7c9b2e44")


@dataclass(frozen=True, slots=True)
class Identities:
    """The ids of one source. A practice is known by its name, all else by its name within the practice."""

    source: str

    def import_of(self, digest: bytes) -> UUID:
        """Return the id of the import of one file; ``digest`` is its SHA-256."""
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

    def _of(self, kind: str, name: str) -> UUID:
        return uuid5(_NAMESPACE, f"{self.source}\n{kind}\n{name}")
