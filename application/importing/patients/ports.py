"""What an import of patients needs from outside beside the practice's log."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from domain.patients.origin import Origin


class RegisteredPatients(Protocol):
    """Tells what a practice's log knows of many things, in few round trips. Of committed facts only."""

    def made_by(self, tenant_id: UUID, import_id: UUID) -> Sequence[UUID]:
        """Return whom an import has ever registered, each once, in the order of the log."""
        ...

    def changed_since(self, tenant_id: UUID, import_id: UUID, patient_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return for whom something else was recorded since the import registered them last."""
        ...

    def origins(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        """Return those who were ever registered."""
        ...


class InUse(Protocol):
    """Tells who has taken part in something."""

    def taking_part(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return those for whom there are visits, consents or the like, as of this moment."""
        ...


class PersonKeys(Protocol):
    """Keys under which persons' data is sealed."""

    def create(self, tenant_id: UUID, subject_ids: Sequence[UUID]) -> None:
        """Make keys for persons who have none, many at once; they are durable on return."""
        ...

    def erased_subjects(self, tenant_id: UUID) -> Sequence[UUID]:
        """Return whose keys were destroyed."""
        ...


class KnownDetails(Protocol):
    """What the directory tells of a person."""

    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def date_of_birth(self) -> date | None: ...


class Directory(Protocol):
    """Who a practice's patients are."""

    def everyone(self, tenant_id: UUID) -> Iterator[tuple[UUID, KnownDetails]]:
        """Yield who stands for a person, with the details of each record that is theirs; nobody who is gone."""
        ...

    def words(self, name: str) -> Sequence[str]:
        """Return the words of a name as they are compared: without case, marks and compatibility forms."""
        ...


@dataclass(frozen=True, slots=True)
class PatientImportPorts:
    """What an import of patients works with."""

    logs: PracticeLogs
    keys: PersonKeys
    facts: RegisteredPatients
    directory: Directory
    clock: Clock
