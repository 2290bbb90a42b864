"""Offer a free time to patients whom staff choose; the first one who accepts it gets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.errors import NotFoundError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.reach import own_clinicians
from application.waitlist.offering import make_offers
from application.waitlist.ports import WaitingLines
from application.waitlist.ranking import Ranking
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.availability import slot_at
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import expiry
from domain.waitlist.offered_time import PassedOver
from domain.waitlist.opening import Opening
from domain.waitlist.slot_fit import Reason

MAX_ENTRIES: Final = 20


@dataclass(frozen=True, slots=True)
class OfferByHand(Command[Opening]):
    """The time need not match the preferences of the entries.

    Raises InvalidValueError: no entry, an entry twice, or more than 20 entries.
    """

    entry_ids: tuple[UUID, ...]
    clinician_id: UUID
    starts_at: datetime
    minutes: int

    def __post_init__(self) -> None:
        if not 1 <= len(set(self.entry_ids)) == len(self.entry_ids) <= MAX_ENTRIES:
            raise InvalidValueError("entry_ids", f"name 1 to {MAX_ENTRIES} entries, each once")


@handles(
    OfferByHand,
    needs=Permission.CHANGE_VISITS,
    within=lambda _, actor, command: own_clinicians(actor, command.clinician_id),
)
def offer_by_hand(log: PracticeLog, command: OfferByHand, context: Context, *, lines: WaitingLines) -> Outcome[Opening]:
    """Raises NotFoundError: an entry or the clinician does not exist, or a patient was erased;
    NoLongerWaitingError; InvalidValueError: the entries are for different services; what
    ``slot_at`` raises: the time is not free, or one of the patients has another visit.
    """
    now = context.now
    entries = list(log.load_all(WaitlistEntry, command.entry_ids).values())
    service_id = entries[0].service_id
    if any(entry.service_id != service_id for entry in entries):
        raise InvalidValueError("entry_ids", "they wait for different services; offer each service by itself")
    families = {}
    for entry in entries:
        entry.refuse_gone()
        person = person_of(log, entry.patient_id)
        if person.is_erased:
            raise NotFoundError("patient")
        families[entry.patient_id] = person.ids
    schedule = load_schedule(
        log, service_id, [command.clinician_id], start_window(command.starts_at), now, families=families
    )
    slot = slot_at(schedule.query(command.clinician_id), command.starts_at)
    until = expiry(now, command.minutes, slot.starts_at)
    opening = Opening.open(id=uuid7(), clinician_id=command.clinician_id, during=slot.during, at=now)
    as_of, passed_over = _passed_over(log, command, now, lines)
    position = make_offers(log, context.provenance, opening, slot, until, entries, schedule, as_of, passed_over)
    return Outcome(opening, position)


def _passed_over(
    log: PracticeLog, command: OfferByHand, now: datetime, lines: WaitingLines
) -> tuple[int, Sequence[PassedOver]]:
    """Return the position of the line, and the entries before the last chosen one, with reasons."""
    freed = TimeRange(command.starts_at, command.starts_at + timedelta(minutes=1))
    ranking = Ranking(log, lines, command.clinician_id, freed, now)
    passed: list[PassedOver] = []
    behind = 0
    for waiting, found in ranking.walk():
        if waiting.entry_id in command.entry_ids:
            behind = len(passed)
            continue
        reason = found if isinstance(found, str) else Reason.CHOSEN_BY_STAFF.value
        passed.append(PassedOver(waiting.entry_id, reason))
    return ranking.line.as_of, passed[:behind]
