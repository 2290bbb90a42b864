"""A practice's log: load aggregates, record their events, and answer repeated commands."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar
from uuid import UUID

from cachetools import LRUCache
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import MutableOrImmutableAggregate
from eventsourcing.persistence import DataError, IntegrityError, InternalError, OperationalError

from application.kernel.catalogue import KINDS, Catalogue
from application.kernel.conditions import Guard, presence_changes
from application.kernel.errors import (
    IdempotencyMismatchError,
    LogDamagedError,
    NotFoundError,
    NotYetError,
    PersonalDataDamagedError,
    StaleVersionError,
    UnavailableError,
)
from application.kernel.ports import PhoneNumbers, PracticeReader, PracticeStore, PublicHolidays
from application.kernel.retry import OvertakenError
from domain.kernel.aggregate import Aggregate, fold
from domain.kernel.provenance import CommandRepeatedError, Provenance, Reached
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.errors import LimitReachedError, TimeTakenError

T = TypeVar("T", bound=Aggregate)
U = TypeVar("U", bound=Aggregate)
_TURNS: Final = 64
"""Locks per practice; aggregates whose ids share one wait for each other."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The aggregate as the command left it, and the log position to wait for in read models.

    A repeated command returns the aggregate as it was after the first time, not as it is now.
    """

    aggregate: T
    position: int


class PracticeLog(Application[UUID]):
    """One instance per practice and process. Thread-safe."""

    # Only these have long streams, over years.
    snapshotting_intervals: ClassVar[dict[type[MutableOrImmutableAggregate[UUID]], int]] = dict.fromkeys(
        (Clinician, Service, Patient, Appointment), 50
    )

    def __init__(
        self, tenant_id: UUID, store: PracticeStore, phone_numbers: PhoneNumbers, public_holidays: PublicHolidays
    ) -> None:
        self.name = str(tenant_id)
        super().__init__(store.environment(tenant_id))
        self.tenant_id = tenant_id
        self.reader: PracticeReader = store.reader(tenant_id)
        self._store = store
        self.phone_numbers = phone_numbers
        self.public_holidays = public_holidays
        self._catalogue = Catalogue(public_holidays)
        self._catalogue_lock = threading.Lock()
        self._catalogue_changed_at = 1  # every log begins with the practice
        self._turns = tuple(threading.Lock() for _ in range(_TURNS))

    def begin(self) -> None:
        """Create the log of a new practice; does nothing if it exists."""
        self._store.open_log(self.tenant_id)

    def load(self, kind: type[T], id_: UUID, expected_version: int | None = None) -> T:
        """Return the current aggregate.

        Raises NotFoundError; StaleVersionError: it is not at ``expected_version``.
        """
        aggregate = self._at_version(kind, id_, None)
        if expected_version is not None and aggregate.version != expected_version:
            raise StaleVersionError(aggregate.version)
        return aggregate

    def look_up(self, kind: type[T], id_: UUID, position: int | None = None, version: int | None = None) -> T:
        """Return an aggregate to show: as it is now, or as it was at a log position or version.

        Erased personal fields read ``ERASED`` at every position.
        Raises NotFoundError; NotYetError: it did not exist at that position.
        """
        if version is not None:
            return self._at_version(kind, id_, version)
        if position is None:
            return self.catalogue().one(kind, id_) if kind in KINDS else self.load(kind, id_)
        return self._at_version(kind, id_, self._reached(kind, id_, position=position).version)

    def require(self, *named: tuple[type[Aggregate], UUID | None]) -> None:
        """Raises NotFoundError: one of them does not exist. Ids that are None are skipped."""
        catalogue: Catalogue | None = None
        for kind, id_ in named:
            if id_ is not None and kind in KINDS:
                catalogue = catalogue or self.catalogue()
                catalogue.one(kind, id_)
            elif id_ is not None:
                self.load(kind, id_)

    def came_to(self, kind: type[T], id_: UUID, version: int) -> Reached:
        """Return when and where a version was recorded. Raises NotFoundError, NotYetError."""
        return self._reached(kind, id_, version=version)

    def load_all(
        self, kind: type[T], ids: Sequence[UUID], until: int | None = None, *, only_to_show: bool = False
    ) -> dict[UUID, T]:
        """Return aggregates by id in one round trip, as they are now or were at a log position.

        ``only_to_show``: personal data that cannot be read are ``Damaged``, so that one person's do
        not take down a list; the aggregates must not be changed.
        Raises NotFoundError: one of them does not exist, or is of another kind;
        PersonalDataDamagedError.
        """
        streams = self._streams(ids, until, only_to_show=only_to_show)
        return {id_: _folded(streams, kind, id_) for id_ in ids}

    def load_existing(self, ids: Sequence[UUID]) -> list[Aggregate]:
        """Return aggregates of any kind in one round trip; unknown ids are left out."""
        return [aggregate for events in self._streams(ids).values() if (aggregate := fold(events))]

    def load_both(self, one: tuple[type[T], UUID], other: tuple[type[U], UUID]) -> tuple[T, U]:
        """Return two aggregates of different kinds in one round trip. Raises NotFoundError."""
        streams = self._streams([one[1], other[1]])
        return _folded(streams, *one), _folded(streams, *other)

    def record(self, *aggregates: Aggregate, by: Provenance, guards: Sequence[Guard] = ()) -> int:
        """Append the pending events with the guards; return the position to wait for.

        Without events, return the log's current position. Raises StaleVersionError, TimeTakenError,
        DailyLimitError, WeeklyLimitError, PatientWithdrawnError, CommandRepeatedError,
        UnavailableError, LogDamagedError, PersonalDataDamagedError: nothing was recorded.
        """
        all_guards = [*guards, *presence_changes(aggregates)]
        try:
            recordings = self.save(*aggregates, provenance=by, guards=all_guards)
        except IntegrityError as error:
            raise StaleVersionError from error
        except InternalError as error:
            raise LogDamagedError from error
        except DataError as error:
            raise PersonalDataDamagedError from error
        except OperationalError as error:
            raise UnavailableError from error
        if not recordings:
            return self.reader.position()
        position = int(recordings[-1].notification.id)
        if any(type(aggregate) in KINDS for aggregate in aggregates):
            self._catalogue_changed_at = max(self._catalogue_changed_at, position)
        return position

    def commit(self, aggregate: T, *others: Aggregate, by: Provenance, guards: Sequence[Guard] = ()) -> Outcome[T]:
        """Record, and return the outcome of a command.

        Raises OvertakenError: another writer came first to a stream, a time or a limit; otherwise
        as ``record``.
        """
        try:
            position = self.record(aggregate, *others, by=by, guards=guards)
        except (StaleVersionError, TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        return Outcome(aggregate, position)

    def carry_out(
        self, kind: type[T], by: Provenance, decide: Callable[[], Outcome[T]], *, checks_itself: bool = False
    ) -> Outcome[T]:
        """Run a command once; a repeat under the same command id returns the first outcome.

        ``checks_itself``: ``decide`` raises CommandRepeatedError if the command was recorded
        before.
        Raises IdempotencyMismatchError: the command id was used for another request.
        """
        if by.fingerprint and not checks_itself and (earlier := self.answered(kind, by)):
            return earlier
        try:
            return decide()
        except CommandRepeatedError:
            if earlier := self.answered(kind, by):
                return earlier
            raise

    def answered(self, kind: type[T], by: Provenance) -> Outcome[T] | None:
        """Return the outcome of a recorded command; None if it has recorded nothing."""
        command = self.reader.recorded_command(by.command_id)
        if command is None:
            return None
        if command.fingerprint != by.fingerprint:
            raise IdempotencyMismatchError("this Idempotency-Key was used for another request; use a new one")
        return Outcome(self._at_version(kind, command.stream_id, command.version), command.position)

    def turn_at(self, id_: UUID) -> AbstractContextManager[object]:
        """Return a lock of this process for an aggregate that gets many commands at once.

        Without it they would only overtake each other: see docs/adr/0024.
        """
        return self._turns[id_.int % _TURNS]

    def catalogue(self, at_least: int | None = None) -> Catalogue:
        """Return the catalogue, caught up to at least a log position; None: to the current one.

        0 returns it with all changes of this process; other processes may have changed it since.
        """
        needed = None if at_least is None else max(at_least, self._catalogue_changed_at)
        if needed is not None and self._catalogue.position >= needed:
            return self._catalogue
        with self._catalogue_lock:
            if needed is None or self._catalogue.position < needed:
                self._catalogue = self._catalogue.caught_up(*self.reader.catalogue_events(self._catalogue.position))
            return self._catalogue

    def catalogue_with(self, id_: UUID, at_least: int = 0) -> Catalogue:
        """Return the catalogue at a log position or later, or anew if an aggregate is missing."""
        catalogue = self.catalogue(at_least)
        return catalogue if id_ in catalogue.aggregates else self.catalogue()

    def _streams(
        self, ids: Sequence[UUID], until: int | None = None, *, only_to_show: bool = False
    ) -> Mapping[UUID, Sequence[Aggregate.Event]]:
        try:
            return self.reader.streams(ids, until, only_to_show=only_to_show)
        except DataError as error:
            raise PersonalDataDamagedError from error

    def _reached(self, kind: type[T], id_: UUID, *, version: int | None = None, position: int | None = None) -> Reached:
        reached = self.reader.reached(id_, version=version, position=position)
        if reached is None:
            self.load(kind, id_)
            raise NotYetError(name_of(kind))
        return reached

    def _at_version(self, kind: type[T], id_: UUID, version: int | None) -> T:
        try:
            return _checked(kind, self.repository.get(id_, version=version))
        except AggregateNotFoundError:
            raise NotFoundError(name_of(kind)) from None
        except DataError as error:
            raise PersonalDataDamagedError from error
        except OperationalError as error:
            raise UnavailableError from error


class PracticeLogs:
    """The most recently used logs of a process. Thread-safe."""

    def __init__(
        self, store: PracticeStore, phone_numbers: PhoneNumbers, public_holidays: PublicHolidays, most: int = 2_000
    ) -> None:
        self._store = store
        self.phone_numbers = phone_numbers
        self.public_holidays = public_holidays
        self._logs: LRUCache[UUID, PracticeLog] = LRUCache(most)
        self._lock = threading.Lock()

    def of(self, tenant_id: UUID) -> PracticeLog:
        with self._lock:
            log = self._logs.get(tenant_id)
            if log is None:
                log = PracticeLog(tenant_id, self._store, self.phone_numbers, self.public_holidays)
                self._logs[tenant_id] = log
            return log

    def begin(self, tenant_id: UUID) -> PracticeLog:
        """Create the log of a new practice and return it."""
        log = self.of(tenant_id)
        log.begin()
        return log


def name_of(kind: type[Aggregate]) -> str:
    """Return a kind's name for messages: ``practice.webhook_endpoint`` is a webhook endpoint."""
    return kind.TOPIC.rpartition(".")[2].replace("_", " ")


def _folded(streams: Mapping[UUID, Sequence[Aggregate.Event]], kind: type[T], id_: UUID) -> T:
    return _checked(kind, fold(streams.get(id_, ())))


def _checked(kind: type[T], aggregate: object) -> T:
    if not isinstance(aggregate, kind):
        raise NotFoundError(name_of(kind))
    return aggregate
