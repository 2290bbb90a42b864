"""The registry of commands and queries, and the bus that executes them.

    @handles(CancelAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
    def cancel_appointment(log, command, context): ...

    outcome = bus.execute(actor, CancelAppointment(appointment_id, "patient rang"), provenance)

Queries are registered with ``@answers`` and sent with ``ask``.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args
from uuid import UUID

from application.kernel.permissions import Actor, Permission, authorise
from application.kernel.ports import Clock
from application.kernel.practice_log import Outcome, PracticeLog, PracticeLogs
from application.kernel.retry import TRIES, retry_when_overtaken
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import DomainError
from domain.kernel.provenance import Provenance

T = TypeVar("T", bound=Aggregate)
R = TypeVar("R")
C = TypeVar("C")
H = TypeVar("H", bound=Callable[..., Any])
Changes: TypeAlias = Mapping[str, Any]
"""New values of some fields of an aggregate's details, by name; the other fields stay."""


class Command(Generic[T]):
    """A request to change the state; its outcome has an aggregate of type ``T``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Change(Command[T]):
    """A command on an existing aggregate; ``expected_version`` None accepts any version."""

    id: UUID
    expected_version: int | None = field(default=None, kw_only=True)


class Query(Generic[R]):
    """A request to read, answered with an ``R``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Context:
    """The actor, the current time, and the provenance of new events."""

    actor: Actor
    provenance: Provenance
    now: datetime


@dataclass(frozen=True, slots=True)
class QueryContext:
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class Registration:
    request: type
    handler: Callable[..., Any]
    needs: Callable[[Any], Permission]
    within: Callable[[PracticeLog, Actor, Any], None] | None
    tries: Callable[[Any], int]
    detects_repeats: bool
    afterwards: Callable[..., None] | None

    @cached_property
    def aggregate(self) -> type[Any]:
        """The type of aggregate in the outcome: the type argument of the command's base."""
        for base in self.request.__orig_bases__:  # type: ignore[attr-defined]  # commands are generic
            for argument in get_args(base):
                return argument  # type: ignore[no-any-return]
        raise TypeError(f"{self.request.__name__} names no aggregate")

    @property
    def ports(self) -> Mapping[str, type]:
        """The types of the handler's keyword-only parameters, by name."""
        return _ports(self.handler)


REGISTRY: Final[dict[type, Registration]] = {}
"""All commands and queries of the modules imported so far; application/registry.py imports all."""


def handles(
    command: type[C],
    *,
    needs: Permission | Callable[[C], Permission],
    within: Callable[[PracticeLog, Actor, C], None] | None = None,
    tries: int | Callable[[C], int] = TRIES,
    detects_repeats: bool = False,
    afterwards: Callable[..., None] | None = None,
) -> Callable[[H], H]:
    """Register the handler of a command.

    ``needs`` is the permission, or a function that chooses it by the command. ``within`` raises
    OutOfReachError unless the command is within the actor's reach. ``tries``: how often the handler
    runs when other writers come first. ``detects_repeats``: the handler raises CommandRepeatedError
    itself for a recorded command, which saves a round trip. ``afterwards`` runs after each
    execution, also of a repeat: it completes side effects that a killed process left undone.
    """

    def register(handler: H) -> H:
        if command in REGISTRY:
            raise TypeError(f"{command.__name__} has two handlers")
        REGISTRY[command] = Registration(
            command,
            handler,
            needs if callable(needs) else lambda _: needs,
            within,
            tries if callable(tries) else lambda _: tries,
            detects_repeats,
            afterwards,
        )
        return handler

    return register


def answers(
    query: type[C],
    *,
    needs: Permission | Callable[[C], Permission],
    within: Callable[[PracticeLog, Actor, C], None] | None = None,
) -> Callable[[H], H]:
    """Register the handler of a query; ``needs`` and ``within`` as for ``handles``."""

    return handles(query, needs=needs, within=within)


@dataclass(frozen=True)
class CommandBus:
    """Executes commands and queries; ``ports`` maps port types to implementations. Thread-safe."""

    logs: PracticeLogs
    clock: Clock
    ports: Mapping[type, object] = field(default_factory=dict)

    def execute(self, actor: Actor, command: Command[T], provenance: Provenance) -> Outcome[T]:
        """Authorise and carry out a command, once per command id.

        Raises NotPermittedError, OutOfReachError; IdempotencyMismatchError: the command id was used
        for another request; UnavailableError; and what the handler raises, for keys that are bound
        to a clinician without colleagues' visits.
        """
        entry, log = self._admitted(actor, command)
        ports = self._ports_of(entry.handler)

        def decide() -> Outcome[Any]:
            context = Context(actor, provenance, self.clock.now())
            outcome: Outcome[Any] = entry.handler(log, command, context, **ports)
            return outcome

        try:
            outcome: Outcome[T] = log.carry_out(
                entry.aggregate,
                provenance,
                lambda: retry_when_overtaken(decide, entry.tries(command)),
                checks_itself=entry.detects_repeats,
            )
        except DomainError as error:
            shown = error if actor.clinician_id is None else error.for_bound_key()
            if shown is error:
                raise
            raise shown from error
        if entry.afterwards is not None:
            entry.afterwards(log, outcome, **self._ports_of(entry.afterwards))
        return outcome

    def ask(self, actor: Actor, query: Query[R]) -> R:
        """Raises NotPermittedError, OutOfReachError, and what the handler raises."""
        entry, log = self._admitted(actor, query)
        answer: R = entry.handler(log, query, QueryContext(actor, self.clock.now()), **self._ports_of(entry.handler))
        return answer

    def _admitted(self, actor: Actor, request: object) -> tuple[Registration, PracticeLog]:
        entry = REGISTRY[type(request)]
        authorise(actor, entry.needs(request))
        log = self.logs.of(actor.tenant_id)
        if entry.within is not None and not actor.is_system:
            entry.within(log, actor, request)
        return entry, log

    def _ports_of(self, function: Callable[..., Any]) -> dict[str, object]:
        return {name: self.ports[port] for name, port in _ports(function).items()}


@functools.cache
def _ports(function: Callable[..., Any]) -> dict[str, type]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.annotation for each in parameters if each.kind is each.KEYWORD_ONLY}
