"""How what an import made is taken back: the part of an undo that differs from kind to kind."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from application.importing.appends import ImportAppends
from domain.kernel.aggregate import Aggregate

T = TypeVar("T", bound=Aggregate)


class Withdrawal(ABC, Generic[T]):
    """Knows the things of one kind that an import made, and takes them back. What it tells is of committed facts only."""

    kind: type[T]
    of: ClassVar[str]
    """As the import has it: ``patients``."""
    frees_time: ClassVar[bool] = False

    @abstractmethod
    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Return what stands as this import made it, and what was withdrawn since."""

    @abstractmethod
    def changed_since(self, tenant_id: UUID, import_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        """Return for which of these something was recorded that the import did not: they are kept."""

    @abstractmethod
    def withdraw(self, thing: T, at: datetime) -> None:
        """Ask a thing that was not changed; it records nothing where another run has withdrawn it."""

    def in_use(self, tenant_id: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
        """Return on which of these something else depends: they are kept."""
        return ()

    def reinstated(self, appends: ImportAppends, ids: Sequence[UUID], at: datetime) -> Collection[UUID]:
        """Look again once all is done: reinstate, and return, what came into use while it was being withdrawn."""
        return ()
