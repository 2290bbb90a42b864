"""Takes somebody off the wait list, and back what was offered to them."""

from application.handlers import ChangingHandler
from application.outcome import Outcome
from application.practice_log import PracticeLog
from application.scheduling.appointment_change import AppointmentChange
from application.waitlist.endings import Endings
from domain.provenance import Provenance
from domain.scheduling.offer import Because
from domain.scheduling.waitlist_entry import WaitlistEntry


class WithdrawEntry(AppointmentChange):
    """Somebody waits no more."""


class WithdrawEntryHandler(ChangingHandler[WithdrawEntry, WaitlistEntry]):
    """Carries out WithdrawEntry. Whoever has left stays so."""

    kind = WaitlistEntry

    def decide(self, log: PracticeLog, command: WithdrawEntry, by: Provenance) -> Outcome[WaitlistEntry]:
        """Raises NoLongerWaitingError: the person was served."""
        now = self._clock.now()
        entry = self.load(log, command)
        endings = Endings(log, now)
        if entry.withdraw(now):
            endings.withdraw(entry.offers_at(now), Because.LEFT)
        position = log.record(entry, *endings.things, by=by, releases=endings.releases)
        return Outcome(entry, position)

    def change(self, log: PracticeLog, thing: WaitlistEntry, command: WithdrawEntry) -> None:
        """All that ends with it is asked in ``decide``."""
