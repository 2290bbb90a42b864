"""Append an import or its undo in batches, while other writers use the practice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

from application.importing.identities import SourceIdentities
from application.kernel.errors import StaleVersionError
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import retry_when_overtaken
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeClaim, TimeRelease

BATCH_SIZE: Final = 250
"""Rows or aggregates per append: up to 750 events.

An append locks the head of the practice for some 0.1 s, which is how long a live booking waits.
"""
MAX_ATTEMPTS: Final = 20
"""How often one batch is planned when other writers come first."""
_CONFLICTS: Final = (TimeTakenError, StaleVersionError, CommandRepeatedError)

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_batches(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in batches, each for one append."""
    remaining = iter(items)
    while batch := list(islice(remaining, BATCH_SIZE)):
        yield batch


def retry_on_conflict(work: Callable[[], Result]) -> Result:
    """Run the work of one batch, again each time that another writer or another run came first.

    Raises what ``work`` raises; TimeTakenError, StaleVersionError, CommandRepeatedError: every
    attempt lost.
    """
    return retry_when_overtaken(work, MAX_ATTEMPTS, _CONFLICTS)


class ImportLog:
    """Appends to a practice's log with an import as the cause of each event."""

    def __init__(self, log: PracticeLog, import_id: UUID, source: str, actor: str) -> None:
        self.log = log
        self.import_id = import_id
        self._identities = SourceIdentities(log.tenant_id, source)
        self._actor = actor

    def append(
        self,
        kind: str,
        aggregates: Sequence[Aggregate],
        *,
        claims: Sequence[TimeClaim] = (),
        releases: Sequence[UUID] = (),
    ) -> None:
        """Append in one transaction.

        The command id follows from ``kind`` and the aggregates, so that of two runs at the same
        time only one appends the same batch.
        """
        by = Provenance(self._actor, self._identities.command(kind, aggregates), causation_id=self.import_id)
        self.log.record(*aggregates, by=by, guards=[*map(TimeRelease, releases), *claims])
