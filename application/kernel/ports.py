"""Ports that several contexts use."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Began, ChangedStream, Reached, RecordedCommand
from domain.kernel.time_range import TimeRange
from domain.practice.holiday_calendar import HolidayCalendar
from domain.scheduling.availability.booking_context import BookingContext

P = ParamSpec("P")
R = TypeVar("R")


class Calculator(Protocol):
    """Carries out long calculations outside this process, so that they do not hold it up."""

    def run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """Return what ``work`` returns: a pure function of a module, of values that can be pickled.

        Raises TooCostlyError: it takes too much time or memory; OverloadedError: it was not carried
        out in time; UnavailableError: its process was killed; and what ``work`` raises.
        """
        ...


class Clock(Protocol):
    """The only place where the program reads a clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class PhoneNumbers(Protocol):
    """Parses phone numbers of all countries, offline."""

    def e164(self, number: str, region: str | None) -> str | None:
        """Return the number in E.164 form; None if its length is impossible or it has an extension.

        ``region`` (ISO 3166) is the country of a national number. The number may be unassigned.
        """
        ...


class PublicHolidays(Protocol):
    """Calculates public holidays, offline. Both methods cache."""

    def subdivisions(self, country: str) -> Collection[str] | None:
        """Return the ISO 3166-2 subdivisions with own holidays; None: unsupported country."""
        ...

    def closed_days(self, of: HolidayCalendar, first_year: int, last_year: int) -> frozenset[int]:
        """Return the ordinals (``date.toordinal``) of the public holidays, both years included."""
        ...


class BlindIndex(Protocol):
    """Makes values comparable without revealing them."""

    def blind_index(self, tenant_id: UUID, field: str, value: str) -> int:
        """Return a keyed digest; equal values of one field in one practice have equal digests."""
        ...


class PracticeReader(Protocol):
    """Reads one practice's log. Returns committed events only; each method is one round trip."""

    def read_booking_context(
        self, what: Sequence[UUID], window: TimeRange, *, subject_id: UUID | None = None, command_id: UUID | None = None
    ) -> BookingContext:
        """Read what a booking depends on, with the claims of ``what`` that overlap the window."""
        ...

    def read_subjects(self, subject_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[str, Mapping[str, Any]]]]:
        """Return the topics and unsealed bodies of the events of each stream, in order."""
        ...

    def read_booking_contexts(self, what: Sequence[UUID], windows: Sequence[TimeRange]) -> Sequence[BookingContext]:
        """Read the claims of ``what`` in each window, in the order of the windows.

        Reads again while another writer appends in between, so that all are of one position if
        possible.
        """
        ...

    def streams(
        self, stream_ids: Sequence[UUID], until: int | None = None, *, only_to_show: bool = False
    ) -> Mapping[UUID, Sequence[Aggregate.Event]]:
        """Return the events of each stream in order, up to a position of the log.

        ``only_to_show``: personal data that cannot be read are ``Damaged``; otherwise they raise
        the library's DataError.
        """
        ...

    def reached(self, id_: UUID, *, version: int | None = None, position: int | None = None) -> Reached | None:
        """Return where a stream was at a version or log position; None: not recorded yet."""
        ...

    def began(self, id_: UUID, version: int) -> Began | None:
        """Return the first version of the command that recorded a version, if any."""
        ...

    def changed_between(
        self, after: int, until: int, *, first_in: tuple[int, int], limit: int, stream_id: UUID | None = None
    ) -> Sequence[ChangedStream]:
        """Return up to ``limit`` streams with events in ``(after, until]``, in order of the first.

        Only streams whose first event there lies in ``first_in``, half-open on the left like the
        range; with ``stream_id`` only that stream.
        """
        ...

    def catalogue_events(self, after: int) -> tuple[int, Sequence[Aggregate.Event]]:
        """Return the log's position, and the changes to the catalogue since ``after``, in order."""
        ...

    def recorded_command(self, command_id: UUID) -> RecordedCommand | None:
        """Return what a command recorded; None if nothing."""
        ...

    def position(self) -> int:
        """Return the log's newest position."""
        ...


class PracticeStore(Protocol):
    """Opens the logs of practices; one per process."""

    def open_log(self, tenant_id: UUID) -> None:
        """Create the log of a new practice; does nothing if it exists."""
        ...

    def environment(self, tenant_id: UUID) -> Mapping[str, str]:
        """Return the eventsourcing library's settings for the practice's Application."""
        ...

    def reader(self, tenant_id: UUID) -> PracticeReader: ...
