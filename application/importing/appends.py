"""What an import, or its undo, does to a practice's log: append by append, while others work there, too."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from uuid import UUID

from application.importing.identities import SourceIdentities
from application.kernel.errors import StaleVersionError
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import retry_on_stale
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeClaim, TimeRelease

BATCH: Final = 250
"""Rows or things of one append: up to 750 events. It holds the practice's head for some 0.1 s, which is how long a live booking waits."""
MOST_ATTEMPTS: Final = 20
"""How often one batch is decided anew because somebody else was working at the same time."""
_SOMEBODY_ELSE: Final = (TimeTakenError, StaleVersionError, CommandRepeatedError)

Item = TypeVar("Item")
Done = TypeVar("Done")


def in_batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Return the items in parts, each for one append."""
    return [items[first : first + BATCH] for first in range(0, len(items), BATCH)]


def despite_others(work: Callable[[], Done]) -> Done:
    """Do one batch's work; where somebody came first, by hand or by another run, look again and decide anew.

    Raises what ``work`` raises; TimeTakenError, StaleVersionError, CommandRepeatedError: others are faster each time.
    """
    return retry_on_stale(work, tries=MOST_ATTEMPTS, overtaken=_SOMEBODY_ELSE)


class ImportAppends:
    """Records what one import or its undo decides, each batch in one append, with the import as its cause."""

    def __init__(self, log: PracticeLog, import_id: UUID, source: str, actor: str) -> None:
        self.log = log
        self.import_id = import_id
        self._identities = SourceIdentities(log.tenant_id, source)
        self._actor = actor

    def record(
        self,
        kind: str,
        things: Sequence[Aggregate],
        *,
        claims: Sequence[TimeClaim] = (),
        releases: Sequence[UUID] = (),
    ) -> None:
        """Append what was decided: a command of its own, whose id follows from its kind and its things, so that no two runs record it."""
        by = Provenance(self._actor, self._identities.command(kind, things), causation_id=self.import_id)
        self.log.record(*things, by=by, guards=[*map(TimeRelease, releases), *claims])
