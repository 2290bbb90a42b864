"""Keeps a time for somebody who is about to book it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.outcome import Outcome
from application.kernel.ports import BlindIndex, Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.appointments.hold_limits import LOOK_BACK, Address, free_places, places
from application.scheduling.availability.schedule import expired_holders, load_schedule, rules_of, start_window
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.hold import Hold, expiry
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.errors import TimeTakenError

_TRIES: Final = 12
"""More than for a booking: holds of one person reach for the same few places."""


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """``contact`` is an e-mail address or telephone number, ``address`` where the request comes from: only digests of them are kept."""

    service_id: UUID
    clinician_id: UUID
    starts_at: datetime
    minutes: int
    contact: str | None = None
    address: Address | None = None


class PlaceHoldHandler:
    """Carries out PlaceHold. What has expired and lies in the way, or was the same person's, is cleared in the same append."""

    def __init__(self, logs: PracticeLogs, clock: Clock, index: BlindIndex) -> None:
        self._logs = logs
        self._clock = clock
        self._index = index

    def __call__(self, tenant_id: UUID, command: PlaceHold, by: Provenance) -> Outcome[Hold]:
        """Raises NotFoundError: no such service or clinician; what ``slot_at`` raises: the time is not free; TooManyHoldsError."""
        log = self._logs.of(tenant_id)
        return log.carry_out(Hold, by, lambda: self._place_again(log, command, by), checks_itself=True)

    def _place_again(self, log: PracticeLog, command: PlaceHold, by: Provenance) -> Outcome[Hold]:
        """Decide anew when somebody else took the time, or the same person a place, first."""
        return retry_when_overtaken(lambda: self._place(log, command, by), _TRIES)

    def _place(self, log: PracticeLog, command: PlaceHold, by: Provenance) -> Outcome[Hold]:
        now = self._clock.now()
        until = expiry(now, command.minutes)
        schedule = load_schedule(
            log,
            command.service_id,
            [command.clinician_id],
            start_window(command.starts_at),
            now,
            command_id=by.command_id,
        )
        if schedule.consultation.is_command_recorded:
            raise CommandRepeatedError
        slot = slot_at(schedule.question(command.clinician_id), command.starts_at)
        caps = places(self._index, log.tenant_id, command.contact, command.address)
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
        releases = dict.fromkeys([*schedule.expired, *expired_holders(earlier, now)])
        try:
            position = log.record(hold, by=by, claims=hold.claims(), releases=list(releases))
        except TimeTakenError as error:
            raise OvertakenError(error) from error
        return Outcome(hold, position)
