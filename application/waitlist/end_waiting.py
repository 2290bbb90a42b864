"""Takes an erased patient off the wait list: withdraws the entries, and their open offers."""

from functools import partial
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import retry_when_overtaken
from application.waitlist.end_offer import TRIES, OfferEndings
from application.waitlist.ports import WaitingLines
from domain.kernel.provenance import Provenance
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.offer import OfferEndReason


class EndWaitingHandler:
    """No entry joins after the erasure: the append refuses it."""

    def __init__(self, logs: PracticeLogs, clock: Clock, lines: WaitingLines) -> None:
        self._logs = logs
        self._clock = clock
        self._lines = lines

    def __call__(self, tenant_id: UUID, patient_id: UUID, position: int) -> None:
        """Withdraw all entries; a repeat finds none. Raises ProjectionError: try again later."""
        log = self._logs.of(tenant_id)
        for entry_id in self._lines.entries_of(tenant_id, [patient_id], at_least=position):
            retry_when_overtaken(partial(self._withdraw, log, entry_id), TRIES)

    def _withdraw(self, log: PracticeLog, entry_id: UUID) -> None:
        now, entry = self._clock.now(), log.load(WaitlistEntry, entry_id)
        if entry.status != EntryStatus.WAITING:
            return
        endings = OfferEndings(log, now)
        entry.withdraw(now)
        endings.withdraw(entry.offers_at(now), OfferEndReason.LEFT)
        by = Provenance("system", uuid7())
        log.commit(entry, *endings.aggregates, by=by, guards=endings.releases)
