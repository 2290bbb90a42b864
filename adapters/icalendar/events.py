"""Expands one event with its recurrences and exceptions (RFC 5545, sections 3.6.1 and 3.8.5)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from adapters.icalendar.components import Component, Property
from adapters.icalendar.rules import Budget, rule_of
from adapters.icalendar.time_zones import Clock, Clocks
from adapters.icalendar.values import Duration, Moment, duration, moment
from domain.kernel.time_range import TimeRange
from domain.scheduling.series.recurrence import UnsupportedRuleError

LONGEST: Final = timedelta(days=366)
"""Longer events are ignored."""
_MARGIN: Final = timedelta(days=2)
"""More than the largest offset from UTC."""


@dataclass(frozen=True, slots=True)
class EventPart:
    """One VEVENT; it ``cancels`` an event if the METHOD of its calendar is CANCEL."""

    component: Component
    clocks: Clocks
    cancels: bool


class CalendarEvent:
    """All components of one UID: an event, and the exceptions to its recurrence.

    ``own_address`` is the attendee whose answer to an invitation counts.
    Raises ValueError: it is malformed; UnknownZoneNameError, UnsupportedRuleError.
    """

    def __init__(self, parts: Sequence[EventPart], own_address: str | None) -> None:
        versions = [_Version(part, own_address) for part in parts]
        main = _newest([version for version in versions if version.replaces is None])
        if main is not None and main.cancels:
            # RFC 5546, section 3.2.5: without RECURRENCE-ID it cancels all occurrences.
            versions = [version for version in versions if version.sequence > main.sequence or version is main]
        exceptions: dict[str, list[_Version]] = {}
        for version in versions:
            if version.replaces is not None:
                # Exceptions of an all-day event are keyed by date, even if they name a time.
                is_day = main is not None and main.is_day
                replaces = version.civil_date(version.replaces) if is_day else version.replaces
                exceptions.setdefault(version.key_of(replaces), []).append(version)
        self._main = main
        # EXDATE wins over an older exception that moved the occurrence.
        excluded = main.excluded if main else set()
        self._exceptions = {key: _newest(several) for key, several in exceptions.items() if key not in excluded}
        self._all = [version for version in (main, *self._exceptions.values()) if version is not None]

    @property
    def is_cancelled(self) -> bool:
        return all(version.is_cancelled for version in self._all)

    @property
    def is_busy(self) -> bool:
        return any(version.is_busy for version in self._all if not version.is_cancelled)

    @property
    def is_declined(self) -> bool:
        return any(version.is_declined for version in self._all if not version.is_cancelled)

    @property
    def takes_no_time(self) -> bool:
        return all(version.takes_no_time for version in self._all)

    def times(self, within: TimeRange, budget: Budget) -> Iterator[tuple[str, TimeRange]]:
        """Yield the busy times that overlap a window, each with its original start as key.

        The key of a single event is empty.
        """
        for key, during in self._occurrences(within, budget):
            if during is not None and during.overlaps(within):
                yield key, during

    def _occurrences(self, within: TimeRange, budget: Budget) -> Iterator[tuple[str, TimeRange | None]]:
        main, shifts = self._main, self._lasting_exceptions()
        since = [begins for begins, _ in shifts]
        if main is not None and not main.is_cancelled:
            for start, until in main.starts_in(within, budget):
                keys = {main.key_of(start), main.key_of(_day_of(start))}
                if keys & (self._exceptions.keys() | main.excluded):
                    continue
                key = main.key_of(start) if main.repeats else ""
                at = main.instant(start)
                if place := bisect_right(since, at):
                    yield key, shifts[place - 1][1].moved(at)
                elif main.is_busy:
                    yield key, main.during(start) if until is None else _range(at, until)
        for key, version in self._exceptions.items():
            if version is not None and version.is_busy and not version.is_cancelled:
                yield key, version.during(version.starts)

    def _lasting_exceptions(self) -> "list[tuple[datetime, _Version]]":
        """Return the exceptions that also apply to all later occurrences, by time."""
        found = [
            (version.instant(version.replaces), version)
            for version in self._exceptions.values()
            if version is not None and version.replaces is not None and version.is_lasting
        ]
        return sorted(found, key=lambda each: each[0])


class _Version:
    """One VEVENT: the event, or the exception for one of its occurrences."""

    def __init__(self, event_part: EventPart, own_address: str | None) -> None:
        part = event_part.component
        self._part, self._clocks, self.cancels = part, event_part.clocks, event_part.cancels
        starts, replaces = part.first("DTSTART"), part.first("RECURRENCE-ID")
        self.replaces = moment(replaces.value) if replaces else None
        self.is_lasting = replaces is not None and replaces.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
        begins = starts or replaces
        if begins is None:
            raise ValueError("an event has a start")
        self.starts = moment(begins.value)
        self._clock = _utc if isinstance(self.starts, datetime) and self.starts.tzinfo else self._clock_of(begins)
        self._replaced_clock = self._clock_of(replaces) if replaces else self._clock
        self.is_day = not isinstance(self.starts, datetime)
        self.is_cancelled = self.cancels or part.text("STATUS").upper() == "CANCELLED"
        self.is_declined = own_address is not None and any(
            each.parameters.get("PARTSTAT", "").upper() == "DECLINED" and _is_address(each, own_address)
            for each in part.all("ATTENDEE")
        )
        is_free = (
            part.text("TRANSP").upper() == "TRANSPARENT" or part.text("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "FREE"
        )
        self.is_busy = not (is_free or self.is_declined)
        self.sequence = int(part.text("SEQUENCE")) if part.text("SEQUENCE").isdecimal() else 0
        self.repeats = any(part.first(name) for name in ("RRULE", "RDATE"))
        if part.first("EXRULE"):
            raise UnsupportedRuleError("exrule", "EXRULE is no longer part of the standard")
        self._duration = self._own_duration()
        self.excluded = {
            self.key_of(self.civil_date(at) if self.is_day else at, clock) for at, clock, _ in self._dates("EXDATE")
        }

    def civil_date(self, at: Moment) -> date:
        """Return the date that a time means for an all-day event.

        Exchange writes local midnight, others midnight in UTC, and some local midnight in UTC.
        """
        if isinstance(at, datetime) and at.tzinfo and at.time() != time():
            return self._clocks.date_of(at)
        return _day_of(at)

    def instant(self, at: Moment, clock: Clock | None = None) -> datetime:
        """Return the instant of a time, or of a date's midnight; by default on the own clock."""
        if not isinstance(at, datetime):
            own = self._clocks.floating if self._clock is _utc else self._clock
            return (clock or own)(datetime.combine(at, time()))
        return at if at.tzinfo else (clock or self._clock)(at)

    def key_of(self, at: Moment, clock: Clock | None = None) -> str:
        """Return the key of an occurrence: its original instant, or its date."""
        if not isinstance(at, datetime):
            return f"{at:%Y%m%d}"
        return f"{self.instant(at, clock or (self._replaced_clock if at == self.replaces else None)):%Y%m%dT%H%M%SZ}"

    @property
    def takes_no_time(self) -> bool:
        has_periods = any("/" in dates.value for dates in self._part.all("RDATE"))
        return not has_periods and self.during(self.starts) is None

    def during(self, start: Moment) -> TimeRange | None:
        """Return the time of the occurrence with this start; None if its duration is zero."""
        days, exact = self._duration
        return _range(self.instant(start), self.instant(start + timedelta(days=days)) + exact)

    def moved(self, at: datetime) -> TimeRange | None:
        """Return the time of a later occurrence, shifted like that of this exception."""
        if self.replaces is None or self.is_cancelled or not self.is_busy:
            return None
        begins = at + (self.instant(self.starts) - self.instant(self.replaces, self._replaced_clock))
        own = self.during(self.starts)
        return own and _range(begins, begins + own.duration)

    def starts_in(self, within: TimeRange, budget: Budget) -> Iterator[tuple[Moment, datetime | None]]:
        """Yield the starts that may overlap a window, each with its end if RDATE has one."""
        found: dict[datetime, tuple[Moment, datetime | None]] = {}
        if not self._part.first("RRULE"):
            found[self.instant(self.starts)] = self.starts, None
        for start in self._starts_by_rules(within, budget):
            found.setdefault(self.instant(start), (start, None))
        for start, clock, until in self._dates("RDATE"):
            at = self.instant(start, clock)
            found.setdefault(at, (at if isinstance(start, datetime) else start, until))
        yield from (found[at] for at in sorted(found))

    def _starts_by_rules(self, within: TimeRange, budget: Budget) -> Iterator[Moment]:
        first = _wall(self.starts)
        own = self.during(self.starts)
        reach = _MARGIN + min(own.duration if own else timedelta(), LONGEST)
        begins, ends = _wall(within.starts_at) - reach, _wall(within.ends_at) + _MARGIN
        for text in self._part.all("RRULE"):
            rule, until = rule_of(text.value), None
            if self.is_day:
                rule = rule.of_days()
            if rule.until is not None and rule.until.tzinfo:
                until = None if self.is_day else rule.until
                rule = replace(rule, until=_wall(rule.until) + (_MARGIN if until else timedelta()))
            for wall in budget.starts(rule, first, begins, ends):
                start = self._like_the_first(wall)
                if until is None or self.instant(start) <= until:
                    yield start

    def _like_the_first(self, wall: datetime) -> Moment:
        if not isinstance(self.starts, datetime):
            return wall.date()
        return wall.replace(tzinfo=UTC) if self.starts.tzinfo else wall

    def _dates(self, name: str) -> Iterator[tuple[Moment, Clock, datetime | None]]:
        """Yield the times of EXDATE or RDATE, each with its clock and, for a period, its end."""
        for dates in self._part.all(name):
            clock = self._clock_of(dates)
            for text in filter(str.strip, dates.value.split(",")):
                begins, _, ends = text.partition("/")
                start, until = moment(begins), None
                if ends.strip():
                    at = self.instant(start, clock)
                    if ends.strip().upper().startswith(("P", "+P")):
                        days, exact = duration(ends)
                        until = self.instant(start + timedelta(days=days), clock) + exact
                    else:
                        until = self.instant(moment(ends), clock)
                    start = at
                yield start, clock, until

    def _own_duration(self) -> Duration:
        ends, lasts = self._part.first("DTEND"), self._part.first("DURATION")
        if ends is not None:
            until = moment(ends.value)
            if self.is_day:
                # Some programs write the last day instead of the day after it.
                return Duration(max(1, (_day_of(until) - _day_of(self.starts)).days), timedelta())
            clock = self._clock_of(ends)
            exact = self.instant(until, clock) - self.instant(self.starts)
            if exact <= timedelta() and clock is self._clock and _wall(until) > _wall(self.starts):
                # It starts in a gap, which moves the start behind the end.
                exact = _wall(until) - _wall(self.starts)
            return Duration(0, exact)
        if lasts is not None:
            days, exact = duration(lasts.value)
            return Duration(max(1, days), timedelta()) if self.is_day and not exact else Duration(days, exact)
        return Duration(1 if self.is_day else 0, timedelta())

    def _clock_of(self, prop: Property) -> Clock:
        return self._clocks.named(prop.parameters.get("TZID"))


def _newest(versions: Sequence[_Version]) -> _Version | None:
    """Return the version with the highest SEQUENCE; of equal ones a cancellation, or the last."""
    if not versions:
        return None
    return max(enumerate(versions), key=lambda each: (each[1].sequence, each[1].cancels, each[0]))[1]


def _is_address(attendee: Property, address: str) -> bool:
    named = (attendee.value, attendee.parameters.get("EMAIL", ""))
    return any(each.strip().casefold().removeprefix("mailto:") == address.casefold() for each in named)


def _utc(wall: datetime) -> datetime:
    return wall.replace(tzinfo=UTC)


def _wall(at: Moment) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _day_of(at: Moment) -> date:
    return at.date() if isinstance(at, datetime) else at


def _range(begins: datetime, ends: datetime) -> TimeRange | None:
    return TimeRange(begins, ends) if begins < ends else None
