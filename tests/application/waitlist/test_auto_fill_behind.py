"""Auto-fill goes on while the read model of the wait list is behind the log."""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import pytest

from adapters.postgres.waiting_lines import ReadWaitingLines
from application.kernel.commands import Command
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.waitlist.auto_fill import AutoFill
from application.waitlist.end_offer import DeclineOffer
from application.waitlist.join_waitlist import JoinWaitlist
from application.waitlist.withdraw_entry import WithdrawEntry
from domain.kernel.aggregate import Aggregate
from domain.waitlist.opening import Opening, OpeningStatus
from domain.waitlist.preferences import WaitlistPreferences
from tests.support.commands import executor
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import MONDAY, NOW, SeededPractice, fixed_clock, seed_practice

T = TypeVar("T", bound=Aggregate)


class Waiting:
    """Three patients wait, as the read model knows; then a visit is cancelled. Nothing more is
    projected.
    """

    def __init__(self, container: Container) -> None:
        self.studio: SeededPractice = seed_practice(container)
        self.clock: SettableClock = fixed_clock()
        self._log = container.app_log
        self._execute = executor(container.logs, self.clock)
        self.entries = [
            self.execute(JoinWaitlist(patient, self.studio.talk, WaitlistPreferences(None)))
            for patient in self.studio.patients
        ]
        container.runner().catch_up(self.studio.tenant_id)
        self.projected = self.studio.log.reader.position()
        clinician = self.studio.clinicians[0]
        self.visit = self.execute(BookAppointment(self.studio.patients[0], self.studio.talk, clinician, MONDAY))
        self.execute(CancelAppointment(self.visit, "ill"))
        lines = ReadWaitingLines(container.app_transaction)
        self.auto_fill = AutoFill(container.logs, self.clock, lines)

    def execute(self, command: Command[T]) -> UUID:
        return self._execute(self.studio.tenant_id, command, by_test()).aggregate.id

    def offer_freed_time(self) -> Opening:
        self.auto_fill.offer_freed_time(self.studio.tenant_id, self.visit, 2)
        events = self._log.page(self.studio.tenant_id, 0, 1000)
        [opening_id] = [event.stream_id for event in events if event.event_type == Opening.Opened.TOPIC]
        return self.studio.log.load(Opening, opening_id)

    def offer_to_next(self, opening: Opening) -> Opening:
        self.auto_fill.offer_to_next(self.studio.tenant_id, opening.id)
        return self.studio.log.load(Opening, opening.id)


@pytest.fixture
def waiting(container: Container) -> Waiting:
    return Waiting(container)


def test_passes_over_who_no_longer_waits(waiting: Waiting) -> None:
    first, second, _ = waiting.entries
    waiting.execute(WithdrawEntry(first))

    [made] = waiting.offer_freed_time().rounds

    assert list(made.offers.values()) == [second]
    assert [(each.entry_id, each.because) for each in made.passed_over] == [(first, "no_longer_waiting")]
    assert made.as_of == waiting.projected


@pytest.mark.parametrize("ending", ["declined", "expired"])
def test_goes_on_to_each_who_waits_once(waiting: Waiting, ending: str) -> None:
    opening = waiting.offer_freed_time()
    for number, entry in enumerate(waiting.entries, 1):
        assert list(opening.rounds[-1].offers.values()) == [entry]
        assert [each.because for each in opening.rounds[-1].passed_over] == ["offered_before"] * (number - 1)
        if ending == "declined":
            [offer_id] = opening.rounds[-1].offers
            waiting.execute(DeclineOffer(offer_id))
        else:
            waiting.clock.fixed_time = opening.rounds[-1].time.expires_at
        opening = waiting.offer_to_next(opening)

    assert opening.status_at(NOW + timedelta(days=1)) is OpeningStatus.CLOSED
    assert len(opening.rounds) == len(waiting.entries)
    assert [each.because for each in opening.left_over] == ["offered_before"] * len(waiting.entries)
