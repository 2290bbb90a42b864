"""Holds a time for a person who is about to book it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.outcome import Outcome
from application.kernel.permissions import Actor, Permission
from application.kernel.ports import BlindIndex
from application.kernel.practice_log import PracticeLog
from application.scheduling.appointments.hold_limits import LOOK_BACK, Address, free_places, places
from application.scheduling.availability.schedule import expired_holders, load_schedule, rules_of, start_window
from application.scheduling.reach import own_clinicians
from domain.kernel.provenance import CommandRepeatedError
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.hold import Hold, expiry
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.time_claim import TimeRelease

_TRIES: Final = 12
"""More than for a booking: holds of one person compete for the same few places."""


@dataclass(frozen=True, slots=True)
class PlaceHold(Command[Hold]):
    """``contact`` is an e-mail address or telephone number, ``address`` the caller's IP address; only digests of them are kept."""

    service_id: UUID
    clinician_id: UUID
    starts_at: datetime
    minutes: int
    contact: str | None = None
    address: Address | None = None


def _own_clinician(log: PracticeLog, actor: Actor, command: PlaceHold) -> None:
    own_clinicians(actor, command.clinician_id)


@handles(PlaceHold, needs=Permission.CHANGE_VISITS, within=_own_clinician, tries=_TRIES, detects_repeats=True)
def place_hold(log: PracticeLog, command: PlaceHold, context: Context, *, index: BlindIndex) -> Outcome[Hold]:
    """Release in the same append the expired holds that are in the way or were the same person's.

    Raises NotFoundError: no such service or clinician; what ``slot_at`` raises: the time is not free; TooManyHoldsError.
    """
    now = context.now
    until = expiry(now, command.minutes)
    schedule = load_schedule(
        log,
        command.service_id,
        [command.clinician_id],
        start_window(command.starts_at),
        now,
        command_id=context.provenance.command_id,
    )
    if schedule.consultation.is_command_recorded:
        raise CommandRepeatedError
    slot = slot_at(schedule.question(command.clinician_id), command.starts_at)
    caps = places(index, log.tenant_id, command.contact, command.address)
    earlier = log.reader.read_booking_context(
        [place for cap in caps for place in cap], TimeRange(now - LOOK_BACK, until)
    ).claims
    id_ = uuid7()
    hold = Hold.place(
        id=id_,
        service_id=command.service_id,
        clinician_id=command.clinician_id,
        slot=slot,
        rules=rules_of(schedule.service),
        minutes=command.minutes,
        counts_as=free_places(caps, earlier, now, turn=id_.int),
        at=now,
    )
    expired = dict.fromkeys([*schedule.expired, *expired_holders(earlier, now)])
    guards: list[Guard] = [*(TimeRelease(holder_id) for holder_id in expired), *hold.claims()]
    return log.commit(hold, by=context.provenance, guards=guards)
