"""The ports of imports."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from domain.patients.origin import Origin


class StreamLookup(Protocol):
    """Looks up many streams of a practice's log, patients above all, in few queries.

    Reads committed events only.
    """

    def known(self, tenant_id: UUID, stream_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the ids that exist."""
        ...

    def origins(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        """Return the origin of each patient who was ever registered."""
        ...

    def made_by(self, tenant_id: UUID, import_id: UUID) -> Sequence[UUID]:
        """Return the patients whom an import ever registered, each once, in log order."""
        ...

    def changed_since(self, tenant_id: UUID, import_id: UUID, patient_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the patients with an event of another cause since the import registered them."""
        ...


class VisitLookup(Protocol):
    """Looks up many visits of a practice's log in few queries. Reads committed events only."""

    def origins(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        """Return the origin of each visit that was ever booked."""
        ...

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Return the current visits of an import, and those withdrawn since its last run.

        Both are in log order.
        """
        ...

    def changed_since(self, tenant_id: UUID, import_id: UUID, appointment_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the visits with an event that the import did not cause."""
        ...


class PatientsInUse(Protocol):
    """Finds the patients on whom other records depend."""

    def taking_part(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the patients who have visits, consents or the like at this moment."""
        ...


class PersonKeys(Protocol):
    """Keys under which personal data is encrypted."""

    def create(self, tenant_id: UUID, subject_ids: Sequence[UUID]) -> None:
        """Create keys for persons who have none; they are durable on return."""
        ...

    def erased_subjects(self, tenant_id: UUID) -> Sequence[UUID]:
        """Return the persons whose keys were destroyed."""
        ...


class KnownDetails(Protocol):
    """The details of a patient in the directory."""

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
    """The directory of a practice's patients."""

    def everyone(self, tenant_id: UUID) -> Iterator[tuple[UUID, KnownDetails]]:
        """Yield each current patient with their details, and with those of each merged record."""
        ...

    def words(self, name: str) -> Sequence[str]:
        """Return the words of a name without case, marks and compatibility forms."""
        ...


@dataclass(frozen=True, slots=True)
class ImportPorts:
    """The ports of an import of patients or of appointments."""

    logs: PracticeLogs
    keys: PersonKeys
    streams: StreamLookup
    visits: VisitLookup
    directory: Directory
    clock: Clock


def comparable_name(directory: Directory, details: KnownDetails) -> str:
    """Return a person's name in the form in which names are compared.

    Whether a person's only name is a given or a family name makes no difference.
    """
    given, family = (" ".join(directory.words(name)) for name in (details.given_name, details.family_name))
    return f"{given}\n{family}" if family else f"\n{given}"
