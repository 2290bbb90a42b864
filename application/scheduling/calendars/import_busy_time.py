"""Imports another calendar as a clinician's busy time."""

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid5

from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.conditions import Guard
from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.calendars.ports import CalendarReader
from application.scheduling.reach import own_clinician
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.calendars.busy_calendar import BusyCalendar, ImportCounts
from domain.scheduling.time_claim import TimeClaim, TimeRelease

REACH_DAYS: Final = 731
"""Two years, as for series."""
_MAX_COMPARED: Final = 20_000
"""Known times that a file lacks, times its events that were not understood: 0.2 s of work."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class ImportBusyTime(Command[BusyCalendar]):
    """``ics`` replaces the busy times of the clinician's calendar with this ``name``.

    The known times of an event that is not understood any more stay.
    """

    clinician_id: UUID
    name: str
    ics: bytes
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class BusyTimeImported(Outcome[BusyCalendar]):
    """``visits_beneath`` are booked visits that overlap busy time, in order of time."""

    counts: ImportCounts
    visits_beneath: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PreviewBusyTime(Query[BusyTimeImported]):
    """What an import would change; nothing is recorded."""

    command: ImportBusyTime

    @property
    def clinician_id(self) -> UUID:
        return self.command.clinician_id


@answers(PreviewBusyTime, needs=Permission.CHANGE_VISITS, within=own_clinician)
def preview_busy_time(
    log: PracticeLog, query: PreviewBusyTime, context: QueryContext, *, reader: CalendarReader
) -> BusyTimeImported:
    """Raises what ``import_busy_time`` raises."""
    calendar, counts = _imported(log, query.command, context.now, reader)
    return _with_visits(log, Outcome(calendar, log.reader.position()), counts, context.now)


@handles(ImportBusyTime, needs=Permission.CHANGE_VISITS, within=own_clinician)
def import_busy_time(
    log: PracticeLog, command: ImportBusyTime, context: Context, *, reader: CalendarReader
) -> BusyTimeImported:
    """Import a calendar; booked visits at busy times stay, and are listed.

    Raises NotFoundError: no such clinician; InvalidValueError, UnreadableCalendarError,
    CalendarTooLargeError, StaleVersionError.
    """
    calendar, counts = _imported(log, command, context.now, reader)
    if counts.is_nothing:
        return _with_visits(log, Outcome(calendar, log.reader.position()), counts, context.now)
    guards: list[Guard] = [TimeRelease(calendar.id), *calendar.claims()]
    outcome = log.commit(calendar, by=context.provenance, guards=guards)
    return _with_visits(log, outcome, counts, context.now)


def with_counts(log: PracticeLog, outcome: Outcome[BusyCalendar], now: datetime) -> BusyTimeImported:
    """Return the outcome with its counts; for a repeated command those of its import."""
    if isinstance(outcome, BusyTimeImported):
        return outcome
    return _with_visits(log, outcome, outcome.aggregate.last_import, now)


def _with_visits(
    log: PracticeLog, outcome: Outcome[BusyCalendar], counts: ImportCounts, now: datetime
) -> BusyTimeImported:
    calendar = outcome.aggregate
    busy = [claim.during for claim in calendar.claims() if claim.during.ends_at > now]
    beneath: list[TimeClaim] = []
    if busy:
        around = TimeRange(busy[0].starts_at, busy[-1].ends_at)
        begins = [during.starts_at for during in busy]
        for claim in log.reader.read_booking_context([calendar.clinician_id], around).claims:
            # Disjoint ranges: only the last that begins before the visit ends can overlap it.
            last = busy[max(0, bisect_left(begins, claim.visit.ends_at) - 1)]
            if claim.service_id is not None and claim.visit.ends_at > now and last.overlaps(claim.visit):
                beneath.append(claim)
    beneath.sort(key=lambda claim: (claim.visit.starts_at, claim.holder_id))
    return BusyTimeImported(calendar, outcome.position, counts, tuple(claim.holder_id for claim in beneath))


def _imported(
    log: PracticeLog, command: ImportBusyTime, now: datetime, reader: CalendarReader
) -> tuple[BusyCalendar, ImportCounts]:
    if not _NAME.fullmatch(command.name):
        raise InvalidValueError("calendar", "a calendar name has up to 40 lowercase letters, digits and hyphens")
    clinician = log.catalogue().one(Clinician, command.clinician_id)
    within = TimeRange(now, now + timedelta(days=REACH_DAYS))
    own_address = clinician.email if isinstance(clinician.email, str) else None
    found = reader.busy_times(command.ics, clinician.zone, within, log.tenant_id, own_address)
    calendar = _calendar(log, command, now)
    # UIDs may contain e-mail addresses, so only digests are stored.
    times = {uuid5(calendar.id, "\n".join(name)): during for name, during in found.times.items()}
    times |= _kept(calendar, times, found.not_understood)
    counts = calendar.take_over(times, {reason.value: n for reason, n in found.left_out.items()}, now)
    return calendar, counts


def _kept(
    calendar: BusyCalendar, times: Mapping[UUID, TimeRange], not_understood: Collection[str]
) -> Mapping[UUID, TimeRange]:
    """Return the known times of events that the file has, and that were understood before.

    With very many of both, all known times are kept.
    """
    gone = {key: TimeRange(*ends) for key, ends in calendar.times.items() if key not in times}
    if len(gone) * len(not_understood) > _MAX_COMPARED:
        return gone
    return {
        key: during
        for key, during in gone.items()
        if any(key in _keys_at(calendar, uid, during.starts_at) for uid in not_understood)
    }


def _keys_at(calendar: BusyCalendar, uid: str, starts_at: datetime) -> Collection[UUID]:
    """Return the keys that a time of an event may have: single, or an occurrence that begins then.

    The occurrences of an event of whole days have dates as keys; the day in UTC may be another.
    """
    days = (starts_at.date() + timedelta(days=days) for days in (-1, 0, 1))
    names = ("", f"{starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}", *(f"{day:%Y%m%d}" for day in days))
    return [uuid5(calendar.id, f"{uid}\n{name}") for name in names]


def _calendar(log: PracticeLog, command: ImportBusyTime, now: datetime) -> BusyCalendar:
    id_ = uuid5(command.clinician_id, f"busy calendar\n{command.name}")
    try:
        return log.load(BusyCalendar, id_, command.expected_version)
    except NotFoundError:
        if command.expected_version is not None:
            raise StaleVersionError from None
    return BusyCalendar.connect(id=id_, clinician_id=command.clinician_id, name=command.name, at=now)
