"""The two shapes of a use case that touches one thing: it makes one, or it changes one.

A command is a frozen dataclass; its handler says only what is its own. Both answer a repeated command as the first time.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Final, Generic, Protocol, TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.errors import StaleVersionError
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Provenance
from domain.patients.standing import PatientSeen

TRIES: Final = 5
"""How often a change is decided when another writer comes first each time and the caller named no version."""

Decided = TypeVar("Decided")
T = TypeVar("T", bound=Aggregate)
Made = TypeVar("Made", contravariant=True)


class Change(Protocol):
    """A command on one thing, at the version that the caller has seen, if it says so."""

    @property
    def id(self) -> UUID: ...
    @property
    def expected_version(self) -> int | None: ...


Changed = TypeVar("Changed", bound=Change, contravariant=True)


def retry_on_stale(
    decide: Callable[[], Decided],
    expected_version: int | None = None,
    tries: int = TRIES,
    overtaken: tuple[type[Exception], ...] = (StaleVersionError,),
) -> Decided:
    """Return what ``decide`` returns, asked anew each time that another writer came first, so often in all.

    ``overtaken`` are the errors that tell of another writer. Raises what ``decide`` raises; also those at once if the caller named a
    version, which no second look can bring back.
    """
    for _ in range(tries - 1 if expected_version is None else 0):
        try:
            return decide()
        except overtaken:
            continue
    return decide()


class CreateHandler(ABC, Generic[Made, T]):
    """Carries out commands that bring a thing into being, under a new id."""

    kind: type[T]

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: Made, by: Provenance) -> Outcome[T]:
        """Raises what ``make`` raises, IdempotencyMismatchError and UnavailableError."""
        log = self._logs.of(tenant_id)

        def decide() -> Outcome[T]:
            thing = self.make(log, command, uuid7())
            return Outcome(thing, log.record(thing, by=by, relies_on=self.relies_on(command)))

        return log.carry_out(self.kind, by, decide)

    @abstractmethod
    def make(self, log: PracticeLog, command: Made, id: UUID) -> T:
        """Return the new thing, its references checked."""

    def relies_on(self, command: Made) -> PatientSeen | None:
        """Return the patient for whom it is, if there is one who must not be withdrawn before it is recorded."""
        return None


class UpdateHandler(ABC, Generic[Changed, T]):
    """Carries out commands that change a thing. A change that another writer overtook is decided anew, unless a version was named."""

    kind: type[T]
    tries: ClassVar[int] = TRIES
    checks_itself: ClassVar[bool] = False
    """See ``PracticeLog.carry_out``."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: Changed, by: Provenance) -> Outcome[T]:
        """Raises what ``change`` raises, NotFoundError, StaleVersionError, IdempotencyMismatchError and UnavailableError."""
        log = self._logs.of(tenant_id)

        def decide() -> Outcome[T]:
            return retry_on_stale(lambda: self.decide(log, command, by), command.expected_version, self.tries)

        return log.carry_out(self.kind, by, decide, checks_itself=self.checks_itself)

    def decide(self, log: PracticeLog, command: Changed, by: Provenance) -> Outcome[T]:
        """Load, ask and record once. Raises what ``load``, ``change`` and ``record`` raise."""
        thing = self.load(log, command)
        self.change(log, thing, command)
        return Outcome(thing, self.record(log, thing, by))

    def load(self, log: PracticeLog, command: Changed) -> T:
        """Return the thing as it is now. Raises NotFoundError, StaleVersionError."""
        return log.load(self.kind, command.id, command.expected_version)

    def record(self, log: PracticeLog, thing: T, by: Provenance) -> int:
        """Append what the thing decided; return the position to wait for."""
        return log.record(thing, by=by)

    @abstractmethod
    def change(self, log: PracticeLog, thing: T, command: Changed) -> None:
        """Ask the thing; it may record nothing."""
