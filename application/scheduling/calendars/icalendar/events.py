"""One event of a calendar with its repetitions and the exceptions from them (RFC 5545, sections 3.6.1 and 3.8.5)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from application.scheduling.calendars.icalendar.reading import Component, Property
from application.scheduling.calendars.icalendar.rules import Budget, UnsupportedRuleError, rule_of, starts_of
from application.scheduling.calendars.icalendar.values import Length, Moment, length, moment
from application.scheduling.calendars.icalendar.zone_definitions import Clock, Clocks
from domain.kernel.time_range import TimeRange

LONGEST: Final = timedelta(days=366)
"""What lasts longer is no appointment."""
_MARGIN: Final = timedelta(days=2)
"""More than any clock is away from UTC."""


class CalendarEvent:
    """All that a calendar says under one UID: an event, and single times of it that are otherwise. Raises ValueError: unreadable."""

    def __init__(self, parts: Sequence[Component], clocks: Clocks) -> None:
        versions = [_Version(part, clocks) for part in parts]
        first = _newest([version for version in versions if version.instead_of is None])
        changed: dict[str, list[_Version]] = {}
        for version in versions:
            if version.instead_of is not None:
                # Whole days are known by their dates, also where an exception names midnight.
                is_day = first is not None and not isinstance(first.starts, datetime)
                instead_of = _day_of(version.instead_of) if is_day else version.instead_of
                changed.setdefault(version.name_of(instead_of), []).append(version)
        self._first = first
        # A time that was called off is, also where an older exception moved it.
        called_off = first.left_out if first else set()
        self._changed = {name: _newest(several) for name, several in changed.items() if name not in called_off}
        self._all = [version for version in (first, *self._changed.values()) if version is not None]

    @property
    def is_standing(self) -> bool:
        return not all(version.is_cancelled for version in self._all)

    @property
    def is_busy(self) -> bool:
        return any(version.is_busy for version in self._all if not version.is_cancelled)

    @property
    def takes_no_time(self) -> bool:
        return all(version.during(version.starts) is None for version in self._all)

    def times(self, within: TimeRange, budget: Budget) -> Iterator[tuple[str, TimeRange]]:
        """Yield each busy time that shares an instant with a window, named by when it was to be first; the only one is named by nothing."""
        for name, during in self._everything(within, budget):
            if during is not None and during.overlaps(within):
                yield name, during

    def _everything(self, within: TimeRange, budget: Budget) -> Iterator[tuple[str, TimeRange | None]]:
        first, later = self._first, self._from_then_on()
        if first is not None and not first.is_cancelled:
            for start, until in first.starts_in(within, budget):
                names = {first.name_of(start), first.name_of(_day_of(start))}
                if names & (self._changed.keys() | first.left_out):
                    continue
                name = first.name_of(start) if first.repeats else ""
                at = first.instant(start)
                shift = next((shift for since, shift in reversed(later) if since <= at), None)
                if shift is not None:
                    yield name, shift.moved(at)
                elif first.is_busy:
                    yield name, first.during(start) if until is None else _range(at, until)
        for name, version in self._changed.items():
            if version is not None and version.is_busy and not version.is_cancelled:
                yield name, version.during(version.starts)

    def _from_then_on(self) -> "list[tuple[datetime, _Version]]":
        """Those exceptions that hold for all later times too, in order."""
        found = [
            (version.instant(version.instead_of), version)
            for version in self._changed.values()
            if version is not None and version.instead_of is not None and version.holds_from_then_on
        ]
        return sorted(found, key=lambda each: each[0])


class _Version:
    """One VEVENT: an event, or how one of its times is instead."""

    def __init__(self, part: Component, clocks: Clocks) -> None:
        self._part, self._clocks = part, clocks
        said = part.one("DTSTART")
        instead = part.one("RECURRENCE-ID")
        self.instead_of = moment(instead.value) if instead else None
        self.holds_from_then_on = instead is not None and instead.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
        if said is None and instead is None:
            raise ValueError("an event begins sometime")
        begins = said or instead
        assert begins is not None  # noqa: S101  one of them is there
        self.starts = moment(begins.value)
        self._clock = _utc if isinstance(self.starts, datetime) and self.starts.tzinfo else self._clock_of(begins)
        self._instead_clock = self._clock_of(instead) if instead else self._clock
        self.is_cancelled = part.said("STATUS").upper() == "CANCELLED"
        free = part.said("TRANSP").upper() == "TRANSPARENT" or part.said("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "FREE"
        self.is_busy = not free
        self.sequence = int(part.said("SEQUENCE")) if part.said("SEQUENCE").isdecimal() else 0
        self.repeats = any(part.one(name) for name in ("RRULE", "RDATE"))
        if part.one("EXRULE"):
            raise UnsupportedRuleError("rules of exceptions are no part of the standard any more")
        self._length = self._said_length()
        self.left_out = {self.name_of(at, clock) for at, clock, _ in self._listed("EXDATE")}

    def instant(self, at: Moment, clock: Clock | None = None) -> datetime:
        """Return the instant of a date's midnight or of a time, on the event's own clock."""
        if not isinstance(at, datetime):
            return (clock or (self._clocks.floating if self._clock is _utc else self._clock))(
                datetime.combine(at, time())
            )
        return at if at.tzinfo else (clock or self._clock)(at)

    def name_of(self, at: Moment, clock: Clock | None = None) -> str:
        """Return by what a time of the event is known: its first instant, or its date."""
        if not isinstance(at, datetime):
            return f"{at:%Y%m%d}"
        return f"{self.instant(at, clock or (self._instead_clock if at == self.instead_of else None)):%Y%m%dT%H%M%SZ}"

    def during(self, start: Moment) -> TimeRange | None:
        """Return the time that begins so; None if it takes none."""
        days, exact = self._length
        return _range(self.instant(start), self.instant(_later(start, days)) + exact)

    def moved(self, at: datetime) -> TimeRange | None:
        """Return where a later time of the series goes, by what was said of this one."""
        if self.instead_of is None or self.is_cancelled or not self.is_busy:
            return None
        begins = at + (self.instant(self.starts) - self.instant(self.instead_of, self._instead_clock))
        own = self.during(self.starts)
        return own and _range(begins, begins + own.duration)

    def starts_in(self, within: TimeRange, budget: Budget) -> Iterator[tuple[Moment, datetime | None]]:
        """Yield the starts that may matter to a window, and the end where it was said by itself."""
        found: dict[datetime, tuple[Moment, datetime | None]] = {}
        if not self._part.one("RRULE"):
            found[self.instant(self.starts)] = self.starts, None
        for start in self._by_rules(within, budget):
            found.setdefault(self.instant(start), (start, None))
        for start, clock, until in self._listed("RDATE"):
            at = self.instant(start, clock)
            found.setdefault(at, (at if isinstance(start, datetime) else start, until))
        yield from (found[at] for at in sorted(found))

    def _by_rules(self, within: TimeRange, budget: Budget) -> Iterator[Moment]:
        first = _wall(self.starts)
        own = self.during(self.starts)
        reach = _MARGIN + min(own.duration if own else timedelta(), LONGEST)
        begins, ends = _wall(within.starts_at) - reach, _wall(within.ends_at) + _MARGIN
        for said in self._part.all("RRULE"):
            rule, until = rule_of(said.value), None
            if isinstance(rule.until, datetime) and rule.until.tzinfo and isinstance(self.starts, datetime):
                until = rule.until
                rule = replace(rule, until=_wall(until) + _MARGIN)
            for wall in starts_of(rule, first, begins, ends, budget):
                start = self._like_the_first(wall)
                if until is None or self.instant(start) <= until:
                    yield start

    def _like_the_first(self, wall: datetime) -> Moment:
        if not isinstance(self.starts, datetime):
            return wall.date()
        return wall.replace(tzinfo=UTC) if self.starts.tzinfo else wall

    def _listed(self, name: str) -> Iterator[tuple[Moment, Clock, datetime | None]]:
        """Yield the times of a list, each with the clock that it is on and, of a period, its end."""
        for said in self._part.all(name):
            clock = self._clock_of(said)
            for text in said.value.split(","):
                if not text.strip():
                    continue
                begins, _, ends = text.partition("/")
                start, until = moment(begins), None
                if ends.strip():
                    at = self.instant(start, clock)
                    if ends.strip().upper().startswith(("P", "+P")):
                        days, exact = length(ends)
                        until = self.instant(_later(start, days), clock) + exact
                    else:
                        until = self.instant(moment(ends), clock)
                    start = at
                yield start, clock, until

    def _said_length(self) -> Length:
        ends, lasts = self._part.one("DTEND"), self._part.one("DURATION")
        is_day = not isinstance(self.starts, datetime)
        if ends is not None:
            until = moment(ends.value)
            if is_day:
                # Some write the last day for the day after it.
                return Length(max(1, (_day_of(until) - _day_of(self.starts)).days), timedelta())
            return Length(0, self.instant(until, self._clock_of(ends)) - self.instant(self.starts))
        if lasts is not None:
            days, exact = length(lasts.value)
            return Length(max(1, days), timedelta()) if is_day and not exact else Length(days, exact)
        return Length(1 if is_day else 0, timedelta())

    def _clock_of(self, said: Property) -> Clock:
        return self._clocks.named(said.parameters.get("TZID"))


def _newest(versions: Sequence[_Version]) -> _Version | None:
    """Return the one that was said last; of those of one number the last in the file."""
    return max(enumerate(versions), key=lambda each: (each[1].sequence, each[0]))[1] if versions else None


def _utc(wall: datetime) -> datetime:
    return wall.replace(tzinfo=UTC)


def _wall(at: Moment) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _day_of(at: Moment) -> date:
    return at.date() if isinstance(at, datetime) else at


def _later(at: Moment, days: int) -> Moment:
    return at + timedelta(days=days)


def _range(begins: datetime, ends: datetime) -> TimeRange | None:
    return TimeRange(begins, ends) if begins < ends else None
