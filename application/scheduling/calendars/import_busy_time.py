"""Imports another calendar as a clinician's busy time."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid5

from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.handlers import retry_on_stale
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.scheduling.calendars.ports import BusyTimes, CalendarReader
from domain.kernel.errors import InvalidValueError
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.calendars.busy_calendar import BusyCalendar, ImportCounts
from domain.scheduling.time_claim import TimeClaim

REACH_DAYS: Final = 731
"""Two years: so far as series do, and nearly as far as any service can be booked."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class ImportBusyTime:
    """``ics`` is a whole calendar: what it does not say any more is not busy any more. ``name`` tells it from the clinician's others.

    ``dry_run`` says what would change, and records nothing.
    """

    clinician_id: UUID
    name: str
    ics: bytes
    dry_run: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class BusyTimeImported(Outcome[BusyCalendar]):
    """``counts`` say what the file changed, ``visits_beneath`` are booked visits at a time that is busy now, in order of time."""

    counts: ImportCounts
    visits_beneath: tuple[UUID, ...]


class ImportBusyTimeHandler:
    """Carries out ImportBusyTime. It never fails because a visit lies there: nothing moves what was booked."""

    def __init__(self, logs: PracticeLogs, clock: Clock, reader: CalendarReader) -> None:
        self._logs = logs
        self._clock = clock
        self._reader = reader

    def __call__(self, tenant_id: UUID, command: ImportBusyTime, by: Provenance) -> BusyTimeImported:
        """Raises NotFoundError: no such clinician; InvalidValueError; UnreadableCalendarError, CalendarTooLargeError; StaleVersionError."""
        if not _NAME.fullmatch(command.name):
            raise InvalidValueError("calendar", "a calendar is named by up to 40 small letters, digits and dashes")
        log = self._logs.of(tenant_id)
        clinician = log.catalogue().one(Clinician, command.clinician_id)
        now = self._clock.now()
        within = TimeRange(now, now + timedelta(days=REACH_DAYS))
        found = self._reader.busy_times(command.ics, clinician.zone, within, tenant_id)

        def decide() -> BusyTimeImported:
            return retry_on_stale(lambda: self._import(log, command, found, by), command.expected_version)

        outcome = log.carry_out(BusyCalendar, by, decide)
        if isinstance(outcome, BusyTimeImported):
            return outcome
        return self._with_visits(log, outcome.thing, outcome.position, outcome.thing.last_import)

    def _import(self, log: PracticeLog, command: ImportBusyTime, found: BusyTimes, by: Provenance) -> BusyTimeImported:
        now = self._clock.now()
        calendar = self._calendar(log, command)
        # UIDs may be anything, addresses of people too: the log keeps what tells them apart, and not what they say.
        times = {uuid5(calendar.id, "\n".join(name)): during for name, during in found.times.items()}
        counts = calendar.take_over(times, {reason.value: n for reason, n in found.left_out.items()}, now)
        if command.dry_run or counts.is_nothing:
            return self._with_visits(log, calendar, log.reader.position(), counts)
        position = log.record(calendar, by=by, claims=calendar.claims(), releases=[calendar.id])
        return self._with_visits(log, calendar, position, counts)

    def _calendar(self, log: PracticeLog, command: ImportBusyTime) -> BusyCalendar:
        id = uuid5(command.clinician_id, f"busy calendar\n{command.name}")
        try:
            return log.load(BusyCalendar, id, command.expected_version)
        except NotFoundError:
            if command.expected_version is not None:
                raise StaleVersionError from None
        return BusyCalendar.connect(id=id, clinician_id=command.clinician_id, name=command.name, at=self._clock.now())

    def _with_visits(
        self, log: PracticeLog, calendar: BusyCalendar, position: int, counts: ImportCounts
    ) -> BusyTimeImported:
        now = self._clock.now()
        busy = [claim.during for claim in calendar.claims() if claim.during.ends_at > now]
        beneath: list[TimeClaim] = []
        if busy:
            around = TimeRange(busy[0].starts_at, busy[-1].ends_at)
            begins = [during.starts_at for during in busy]
            for claim in log.reader.read_booking_context([calendar.clinician_id], around).claims:
                # Of stretches that lie apart, the last that begins before a visit ends is the one that may reach into it.
                last = busy[max(0, bisect_left(begins, claim.visit.ends_at) - 1)]
                if claim.service_id is not None and claim.visit.ends_at > now and last.overlaps(claim.visit):
                    beneath.append(claim)
        beneath.sort(key=lambda claim: (claim.visit.starts_at, claim.holder_id))
        return BusyTimeImported(calendar, position, counts, tuple(claim.holder_id for claim in beneath))
