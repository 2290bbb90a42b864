"""Offers a free time to people whom staff choose; the first of them who accepts has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.errors import NotFoundError
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import retry_when_overtaken
from application.patients.person import person_of
from application.scheduling.availability.schedule import load_schedule, start_window
from application.waitlist.offering import kept, make_offers
from application.waitlist.ports import WaitingLines
from application.waitlist.ranking import Ranking
from domain.kernel.errors import InvalidValueError
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import slot_at
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import expiry
from domain.waitlist.offered_time import PassedOver
from domain.waitlist.opening import Opening
from domain.waitlist.slot_fit import Reason

MOST_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class OfferByHand:
    """Staff need not keep to what the entries preferences for. Raises InvalidValueError: nobody, one twice, or more than 20."""

    entry_ids: tuple[UUID, ...]
    clinician_id: UUID
    starts_at: datetime
    minutes: int

    def __post_init__(self) -> None:
        if not 1 <= len(set(self.entry_ids)) == len(self.entry_ids) <= MOST_AT_ONCE:
            raise InvalidValueError("entry_ids", f"name 1 to {MOST_AT_ONCE} entries, each once")


class OfferByHandHandler:
    """Carries out OfferByHand."""

    def __init__(self, logs: PracticeLogs, clock: Clock, lines: WaitingLines) -> None:
        self._logs = logs
        self._clock = clock
        self._lines = lines

    def __call__(self, tenant_id: UUID, command: OfferByHand, by: Provenance) -> Outcome[Opening]:
        """Raises NotFoundError: no such entry or clinician, or an erased patient; NoLongerWaitingError; InvalidValueError: they wait for
        different services; what ``slot_at`` raises: the time is not free.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(Opening, by, lambda: retry_when_overtaken(lambda: self._offer(log, command, by)))

    def _offer(self, log: PracticeLog, command: OfferByHand, by: Provenance) -> Outcome[Opening]:
        now = self._clock.now()
        entries = list(log.load_all(WaitlistEntry, command.entry_ids).values())
        service_id = entries[0].service_id
        if any(entry.service_id != service_id for entry in entries):
            raise InvalidValueError("entry_ids", "they wait for different services; offer each service by itself")
        for entry in entries:
            entry.refuse_gone()
            if person_of(log, entry.patient_id).is_erased:
                raise NotFoundError("patient")
        schedule = load_schedule(log, service_id, [command.clinician_id], start_window(command.starts_at), now)
        slot = slot_at(schedule.question(command.clinician_id), command.starts_at)
        until = expiry(now, command.minutes, slot.starts_at)
        opening = Opening.open(
            id=uuid7(), clinician_id=command.clinician_id, during=TimeRange(slot.starts_at, slot.ends_at), at=now
        )
        as_of, passed_over = self._passed_over(log, command, now)
        time = kept(opening, schedule, slot, until)
        return Outcome(opening, make_offers(log, by, opening, time, entries, schedule, as_of, passed_over))

    def _passed_over(self, log: PracticeLog, command: OfferByHand, now: datetime) -> tuple[int, Sequence[PassedOver]]:
        """Return who joined before the last of those chosen: also whom the time would have fitted, had staff not chosen others."""
        freed = TimeRange(command.starts_at, command.starts_at + timedelta(minutes=1))
        ranking = Ranking(log, self._lines, command.clinician_id, freed, now)
        passed: list[PassedOver] = []
        behind = 0
        for waiting, found in ranking.walk():
            if waiting.entry_id in command.entry_ids:
                behind = len(passed)
                continue
            because = found if isinstance(found, str) else Reason.CHOSEN_BY_STAFF.value
            passed.append(PassedOver(waiting.entry_id, because))
        return ranking.line.as_of, passed[:behind]
