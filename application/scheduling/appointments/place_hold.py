"""Holds a time for a person who is about to book it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Permission
from application.kernel.ports import BlindIndex
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.hold_limits import LOOK_BACK, Address, free_marks, marks_by_cap
from application.scheduling.availability.schedule import expired_holders, load_schedule, rules_of, start_window
from application.scheduling.reach import own_clinician
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.hold import Hold, expiry
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.time_claim import TimeRelease

_TRIES: Final = 12
"""More than for a booking: holds of one person compete for the same few marks."""


@dataclass(frozen=True, slots=True)
class PlaceHold(Command[Hold]):
    """``contact`` is an e-mail address or phone number; only digests are stored."""

    service_id: UUID
    clinician_id: UUID
    starts_at: datetime
    minutes: int
    contact: str | None = None
    address: Address | None = None


@handles(PlaceHold, needs=Permission.CHANGE_VISITS, within=own_clinician, tries=_TRIES, detects_repeats=True)
def place_hold(log: PracticeLog, command: PlaceHold, context: Context, *, index: BlindIndex) -> Outcome[Hold]:
    """Place the hold; release expired holds of the same time or person in the same append.

    Raises NotFoundError: no such service or clinician; what ``slot_at`` raises; TooManyHoldsError.
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
    slot = slot_at(schedule.query(command.clinician_id), command.starts_at)
    caps = marks_by_cap(index, log.tenant_id, command.contact, command.address)
    recent = TimeRange(now - LOOK_BACK, until)
    earlier = log.reader.read_booking_context([mark for cap in caps for mark in cap], recent).claims
    id_ = uuid7()
    hold = Hold.place(
        id=id_,
        service_id=command.service_id,
        clinician_id=command.clinician_id,
        slot=slot,
        rules=rules_of(schedule.service.terms_of(command.clinician_id)),
        minutes=command.minutes,
        counts_as=free_marks(caps, earlier, now, turn=id_.int),
        at=now,
    )
    expired = dict.fromkeys([*schedule.expired, *expired_holders(earlier, now)])
    guards: list[Guard] = [*(TimeRelease(holder_id) for holder_id in expired), *hold.claims()]
    return log.commit(hold, by=context.provenance, guards=guards)
