"""Offer freed time to the wait list, in order, until a patient accepts or nobody is left.

Each step is derived from the log alone, so a repeated or late run has no effect of its own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.patients.person import person_of
from application.waitlist.end_offer import TRIES
from application.waitlist.offering import make_offers
from application.waitlist.ports import WaitingLines
from application.waitlist.ranking import Ranking
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.kernel.time_range import TimeRange
from domain.practice.practice import Practice
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.appointments.status import HOLDING
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeRelease
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.errors import OfferEndedError
from domain.waitlist.offer import expiry
from domain.waitlist.offered_time import PassedOver
from domain.waitlist.opening import Opening, OpeningStatus
from domain.waitlist.slot_fit import Reason


class FreedTime(NamedTuple):
    """``opening_id`` follows from the releasing event, so that a repeated run finds the opening."""

    opening_id: UUID
    clinician_id: UUID
    during: TimeRange


class AutoFill:
    """A process manager without state of its own; its state is the opening."""

    def __init__(self, logs: PracticeLogs, clock: Clock, lines: WaitingLines) -> None:
        self._logs = logs
        self._clock = clock
        self._lines = lines

    def offer_freed_time(self, tenant_id: UUID, holder_id: UUID, version: int) -> None:
        """Offer the time that an appointment, session or hold released with its event ``version``.

        Records nothing if nobody waits for it.
        """
        log = self._logs.of(tenant_id)
        for freed in _freed_times(log, holder_id, version):
            if freed.during.ends_at > self._clock.now() and _practice(log).auto_fill:
                self._open(log, freed, (holder_id, version))

    def _open(self, log: PracticeLog, freed: FreedTime, freed_by: tuple[UUID, int]) -> None:
        id_, clinician_id, during = freed

        def open_once() -> None:
            try:
                log.load(Opening, id_)
            except NotFoundError:
                now = self._clock.now()
                opening = Opening.open(id=id_, clinician_id=clinician_id, during=during, at=now, freed_by=freed_by)
                self._offer_next(log, opening)

        _retry(open_once)

    def offer_to_next(self, tenant_id: UUID, opening_id: UUID) -> datetime | None:
        """Offer an opening to the next patient, unless an offer of it is still open.

        Return when to run again; None if the opening is filled or closed.
        """
        log = self._logs.of(tenant_id)

        def offer() -> None:
            opening = log.load(Opening, opening_id)
            if opening.status_at(self._clock.now()) is OpeningStatus.OPEN:
                self._offer_next(log, opening)

        _retry(offer)
        opening = log.load(Opening, opening_id)
        is_over = opening.status_at(self._clock.now()) in (OpeningStatus.FILLED, OpeningStatus.CLOSED)
        # An offer may have expired meanwhile; the next run offers the time to the next patient.
        return None if is_over else opening.rounds[-1].time.expires_at

    def _offer_next(self, log: PracticeLog, opening: Opening) -> None:
        now, practice = self._clock.now(), _practice(log)
        by = Provenance("system", uuid5(opening.id, f"after {opening.version if opening.rounds else 0}"))
        if opening.ends_at <= now or not practice.auto_fill:
            reason = "too_late" if opening.ends_at <= now else "switched_off"
            _close(log, opening, by, reason, log.reader.position(), (), now)
            return
        freed = TimeRange(max(opening.starts_at, now), opening.ends_at)
        ranking = Ranking(log, self._lines, opening.clinician_id, freed, now, without=opening.id)
        passed: list[PassedOver] = []
        for waiting, found in ranking.walk():
            entry = log.load(WaitlistEntry, waiting.entry_id)
            obstacle = _obstacle(log, opening, entry)
            if obstacle is None and not isinstance(found, str):
                found = ranking.slot_for(waiting)
            if obstacle is not None:
                passed.append(PassedOver(entry.id, obstacle))
            elif isinstance(found, str):
                passed.append(PassedOver(entry.id, found))
            else:
                schedule = ranking.schedule(waiting.service_id)
                expires_at = expiry(now, practice.offer_minutes, found.starts_at)
                make_offers(log, by, opening, found, expires_at, [entry], schedule, ranking.line.as_of, passed)
                return
        if passed or opening.rounds:
            _close(log, opening, by, "nobody_fits", ranking.line.as_of, passed, now)


def _retry(step: Callable[[], None]) -> None:
    """Repeat a step that another writer overtook; stop if another worker has done it."""
    try:
        retry_when_overtaken(step, TRIES)
    except CommandRepeatedError:
        return


def _close(
    log: PracticeLog,
    opening: Opening,
    by: Provenance,
    reason: str,
    as_of: int,
    passed: Sequence[PassedOver],
    now: datetime,
) -> None:
    opening.close(reason, as_of, passed, now)
    try:
        log.record(opening, by=by, guards=[TimeRelease(opening.id)])
    except StaleVersionError as error:
        raise OvertakenError(OfferEndedError()) from error


def _practice(log: PracticeLog) -> Practice:
    return log.catalogue().one(Practice, log.tenant_id)


def _obstacle(log: PracticeLog, opening: Opening, entry: WaitlistEntry) -> str | None:
    """Return why the entry cannot be offered the opening, for reasons newer than the read model."""
    if opening.was_offered(entry.id):
        return Reason.OFFERED_BEFORE.value
    if entry.status != EntryStatus.WAITING:
        return Reason.NO_LONGER_WAITING.value
    return Reason.PATIENT_UNKNOWN.value if person_of(log, entry.patient_id).is_erased else None


def _freed_times(log: PracticeLog, holder_id: UUID, version: int) -> Sequence[FreedTime]:
    """Return the times released by the holder's event ``version``: one for each clinician.

    Time that was not released, or that the holder has taken again, is left out.
    """
    name = f"opening {holder_id} {version}"
    for of_kind in (_of_an_appointment, _of_a_session):
        try:
            return of_kind(log, holder_id, version, name)
        except NotFoundError:
            continue
    hold = log.load(Hold, holder_id)
    during = TimeRange(hold.starts_at, hold.ends_at)
    return [FreedTime(uuid5(log.tenant_id, name), hold.clinician_id, during)] if hold.is_released else []


def _of_an_appointment(log: PracticeLog, id_: UUID, version: int, name: str) -> Sequence[FreedTime]:
    before, now = log.look_up(Appointment, id_, version=version - 1), log.load(Appointment, id_)
    is_back = now.status in HOLDING and (now.clinician_id, now.during) == (before.clinician_id, before.during)
    if before.status not in HOLDING or is_back:
        return []
    return [FreedTime(uuid5(log.tenant_id, name), before.clinician_id, before.during)]


def _of_a_session(log: PracticeLog, id_: UUID, version: int, name: str) -> Sequence[FreedTime]:
    before, now = log.look_up(GroupSession, id_, version=version - 1), log.load(GroupSession, id_)
    if before.called_off:
        return []
    still_there = () if now.called_off or now.during != before.during else now.staff_ids
    return [
        FreedTime(uuid5(log.tenant_id, f"{name} {clinician_id}"), clinician_id, before.during)
        for clinician_id in before.staff_ids
        if clinician_id not in still_there
    ]
