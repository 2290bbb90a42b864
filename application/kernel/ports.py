"""What the use cases need from outside, each with the promise that every adapter keeps."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Began, ChangedThing, Reached, RecordedCommand
from domain.kernel.time_range import TimeRange
from domain.practice.holiday_calendar import HolidayCalendar
from domain.scheduling.availability.booking_context import BookingContext


class Clock(Protocol):
    """Says what time it is. The only place where the program reads a clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class PhoneNumbers(Protocol):
    """Reads telephone numbers of all countries, offline."""

    def e164(self, number: str, region: str | None) -> str | None:
        """Return a number in the form of E.164; None if its length is impossible or it has an extension.

        ``region`` (ISO 3166) is the country in which a national number is dialled. A number of a
        possible length need not be in an assigned range.
        """
        ...


class PublicHolidays(Protocol):
    """Calculates public holidays, offline. Both methods cache: availability is calculated with them."""

    def subdivisions(self, country: str) -> Collection[str] | None:
        """Return the subdivisions (ISO 3166-2) with holidays of their own; None: the country is not supported."""
        ...

    def closed_days(self, of: HolidayCalendar, first_year: int, last_year: int) -> frozenset[int]:
        """Return the proleptic Gregorian ordinals of the public holidays of some years, both included."""
        ...


class BlindIndex(Protocol):
    """Tells whether two values are the same, and nothing else about them."""

    def blind_index(self, tenant_id: UUID, field: str, value: str) -> int:
        """Return a digest under a key of the practice and the field: the same value, the same number, within a practice."""
        ...


class PracticeReader(Protocol):
    """Reads one practice's log beside its streams. Every answer is of committed facts only."""

    def read_booking_context(
        self, what: Sequence[UUID], window: TimeRange, *, subject_id: UUID | None = None, command_id: UUID | None = None
    ) -> BookingContext:
        """Read all that a booking depends on, in one round trip: claims of ``what`` that overlap the window, and the rest."""
        ...

    def read_subjects(self, subject_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[str, Mapping[str, Any]]]]:
        """Return the topics and unsealed bodies of the events of some streams, each stream's in order, in one round trip."""
        ...

    def read_booking_contexts(self, what: Sequence[UUID], windows: Sequence[TimeRange]) -> Sequence[BookingContext]:
        """Read the claims of ``what`` on each of several windows, in their order, in one round trip where nobody writes meanwhile."""
        ...

    def streams(self, stream_ids: Sequence[UUID], until: int | None = None) -> Mapping[UUID, Sequence[Aggregate.Event]]:
        """Return the events of several streams, each one's in order, up to a position of the log, in one round trip."""
        ...

    def reached(self, id_: UUID, *, version: int | None = None, position: int | None = None) -> Reached | None:
        """Return where a thing was at a version, or at a position of the log; None if it was not there, or never came so far."""
        ...

    def began(self, id_: UUID, version: int) -> Began | None:
        """Return where the command began that brought a thing to a version; None if the thing never came so far."""
        ...

    def changed_between(
        self, after: int, until: int, *, first_in: tuple[int, int], limit: int, thing_id: UUID | None = None
    ) -> Sequence[ChangedThing]:
        """Return up to ``limit`` aggregates that events in ``(after, until]`` are about, in the order of their first ones there.

        Only those whose first one lies in ``first_in``, behind the one position and up to the other; with ``thing_id`` it alone.
        """
        ...

    def catalogue_events(self, after: int) -> Sequence[tuple[int, Aggregate.Event]]:
        """Return (position, event) of all that changed what can be booked since a position, in order."""
        ...

    def recorded_command(self, command_id: UUID) -> RecordedCommand | None:
        """Return what a command wrote; None if it wrote nothing."""
        ...

    def position(self) -> int:
        """Return the log's newest position."""
        ...


class PracticeStore(Protocol):
    """Opens practices' logs; one for the whole process."""

    def open_log(self, tenant_id: UUID) -> None:
        """Begin the log of a new practice; does nothing where it has begun."""
        ...

    def environment(self, tenant_id: UUID) -> Mapping[str, str]:
        """Return the library's settings for one practice's Application."""
        ...

    def reader(self, tenant_id: UUID) -> PracticeReader: ...
