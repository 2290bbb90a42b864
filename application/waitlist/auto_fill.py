"""Offers time that was given up to those who wait, one after the other, until somebody accepts or nobody is left.

What is to be done follows from the log alone, whenever it is looked at: so whoever looks twice, late, or after a kill does no harm.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.patients.person import person_of
from application.waitlist.freed_time import FreedTime, freed_times
from application.waitlist.offering import kept, make_offers
from application.waitlist.ports import WaitingLines
from application.waitlist.ranking import Ranking
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.kernel.time_range import TimeRange
from domain.practice.practice import Practice
from domain.scheduling.time_claim import TimeRelease
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.errors import OfferEndedError
from domain.waitlist.offer import expiry
from domain.waitlist.offered_time import PassedOver
from domain.waitlist.opening import Opening, OpeningStatus
from domain.waitlist.slot_fit import Reason

_TRIES: Final = 12


class AutoFill:
    """A process manager: it keeps nothing of its own, an opening is its memory."""

    def __init__(self, logs: PracticeLogs, clock: Clock, lines: WaitingLines) -> None:
        self._logs = logs
        self._clock = clock
        self._lines = lines

    def offer_freed_time(self, tenant_id: UUID, holder_id: UUID, version: int) -> None:
        """Offer what an appointment, a session or a hold gave up with the event of this version.

        Nothing is recorded if nobody waits for it.
        """
        log = self._logs.of(tenant_id)
        for freed in freed_times(log, holder_id, version):
            if freed.during.ends_at > self._clock.now() and _practice(log).auto_fill:
                self._open(log, freed, (holder_id, version))

    def _open(self, log: PracticeLog, freed: FreedTime, freed_by: tuple[UUID, int]) -> None:
        def open_it() -> None:
            try:
                log.load(Opening, freed.opening_id)
            except NotFoundError:
                opening = Opening.open(
                    id=freed.opening_id,
                    clinician_id=freed.clinician_id,
                    during=freed.during,
                    at=self._clock.now(),
                    freed_by=freed_by,
                )
                self._offer_next(log, opening)

        self._once(open_it)

    def offer_to_next(self, tenant_id: UUID, opening_id: UUID) -> datetime | None:
        """Offer an opening to the next one, if nobody may accept it any more; return when to look again, None if it is over."""
        log = self._logs.of(tenant_id)

        def offer() -> None:
            opening = log.load(Opening, opening_id)
            if opening.status_at(self._clock.now()) is OpeningStatus.OPEN:
                self._offer_next(log, opening)

        self._once(offer)
        opening = log.load(Opening, opening_id)
        is_over = opening.status_at(self._clock.now()) in (OpeningStatus.FILLED, OpeningStatus.CLOSED)
        # An offer that has run out since it was looked at is no end: whoever looks again, at once, offers the time to the next one.
        return None if is_over else opening.rounds[-1].time.expires_at

    def _once(self, act: Callable[[], None]) -> None:
        """Decide anew when somebody came first; what another worker did meanwhile is done."""
        try:
            retry_when_overtaken(act, _TRIES)
        except CommandRepeatedError:
            return

    def _offer_next(self, log: PracticeLog, opening: Opening) -> None:
        now, practice = self._clock.now(), _practice(log)
        by = Provenance("system", uuid5(opening.id, f"after {opening.version if opening.rounds else 0}"))
        if opening.ends_at <= now:
            return self._close(log, opening, by, "too_late", log.reader.position(), [], now)
        if not practice.auto_fill:
            return self._close(log, opening, by, "switched_off", log.reader.position(), [], now)
        freed = TimeRange(max(opening.starts_at, now), opening.ends_at)
        ranking = Ranking(log, self._lines, opening.clinician_id, freed, now, without=opening.id)
        passed: list[PassedOver] = []
        for waiting, found in ranking.walk():
            entry = log.load(WaitlistEntry, waiting.entry_id)
            if because := _obstacle(log, opening, entry):
                passed.append(PassedOver(entry.id, because))
            elif isinstance(found, str):
                passed.append(PassedOver(entry.id, found))
            else:
                schedule = ranking.schedule(waiting.service_id)
                until = expiry(now, practice.offer_minutes, found.starts_at)
                time = kept(opening, schedule, found, until)
                make_offers(log, by, opening, time, [entry], schedule, ranking.line.as_of, passed)
                return None
        if passed or opening.rounds:
            self._close(log, opening, by, "nobody_fits", ranking.line.as_of, passed, now)
        return None

    def _close(
        self,
        log: PracticeLog,
        opening: Opening,
        by: Provenance,
        because: str,
        as_of: int,
        passed: list[PassedOver],
        now: datetime,
    ) -> None:
        opening.close(because, as_of, passed, now)
        try:
            log.record(opening, by=by, guards=[TimeRelease(opening.id)])
        except StaleVersionError as error:
            raise OvertakenError(OfferEndedError()) from error


def _practice(log: PracticeLog) -> Practice:
    return log.catalogue().one(Practice, log.tenant_id)


def _obstacle(log: PracticeLog, opening: Opening, entry: WaitlistEntry) -> str | None:
    """Return what the line could not know yet: that the entry was offered this very opening, has left, or was erased."""
    if opening.was_offered(entry.id):
        return Reason.OFFERED_BEFORE.value
    if entry.status != EntryStatus.WAITING:
        return Reason.NO_LONGER_WAITING.value
    return Reason.PATIENT_UNKNOWN.value if person_of(log, entry.patient_id).is_erased else None
