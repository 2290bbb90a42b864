"""Takes somebody off the wait list, and back what was offered to them."""

from application.kernel.handlers import UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.appointment_change import AppointmentChange
from application.waitlist.offer_endings import Endings
from domain.kernel.provenance import Provenance
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import OfferEndReason


class WithdrawEntry(AppointmentChange):
    """Somebody waits no more."""


class WithdrawEntryHandler(UpdateHandler[WithdrawEntry, WaitlistEntry]):
    """Carries out WithdrawEntry. Whoever has left stays so."""

    kind = WaitlistEntry

    def decide(self, log: PracticeLog, command: WithdrawEntry, by: Provenance) -> Outcome[WaitlistEntry]:
        """Raises NoLongerWaitingError: the person was served."""
        now = self._clock.now()
        entry = self.load(log, command)
        endings = Endings(log, now)
        if entry.withdraw(now):
            endings.withdraw(entry.offers_at(now), OfferEndReason.LEFT)
        position = log.record(entry, *endings.things, by=by, releases=endings.releases)
        return Outcome(entry, position)

    def change(self, log: PracticeLog, thing: WaitlistEntry, command: WithdrawEntry) -> None:
        """All that ends with it is asked in ``decide``."""
