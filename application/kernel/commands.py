"""The command registry: the handler, the permission and the reach of each command, and the one way to execute it.

    @handles(CancelAppointment, needs=Permission.CHANGE_VISITS, within=own_appointment)
    def cancel_appointment(log: PracticeLog, command: CancelAppointment, context: Context) -> Outcome[Appointment]:
        ...

    outcome = bus.execute(actor, CancelAppointment(appointment_id, "patient rang"), provenance)

REST routes, jobs and the command line call ``execute`` alike. Queries are registered with
``@answers`` and asked with ``ask``.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Generic, TypeVar, get_args

from application.kernel.outcome import Outcome
from application.kernel.permissions import Actor, Permission, authorise
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import TRIES, retry_when_overtaken
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Provenance

T = TypeVar("T", bound=Aggregate)
R = TypeVar("R")
C = TypeVar("C")
H = TypeVar("H", bound=Callable[..., Any])


class Command(Generic[T]):
    """A request to change something, which returns an aggregate of the type ``T``."""

    __slots__ = ()


class Query(Generic[R]):
    """A request to read something, answered with an ``R``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, when, and under which provenance new events are recorded."""

    actor: Actor
    provenance: Provenance
    now: datetime


@dataclass(frozen=True, slots=True)
class QueryContext:
    """Who asks, and when."""

    actor: Actor
    now: datetime


@dataclass(frozen=True)
class Registration:
    """What the registry knows of a command or a query."""

    request: type
    handler: Callable[..., Any]
    needs: Callable[[Any], Permission]
    within: Callable[[PracticeLog, Actor, Any], None] | None
    tries: Callable[[Any], int] = lambda _: 1
    detects_repeats: bool = False
    afterwards: Callable[..., None] | None = None

    @cached_property
    def aggregate(self) -> type[Any]:
        """The type of aggregate that the command returns: the argument of its base ``Command[...]``."""
        for base in self.request.__orig_bases__:  # type: ignore[attr-defined]  # commands are generic
            for argument in get_args(base):
                return argument  # type: ignore[no-any-return]
        raise TypeError(f"{self.request.__name__} names no aggregate")

    @property
    def ports(self) -> Mapping[str, type]:
        """The ports that the handler takes, by the names of its keyword-only parameters."""
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

    ``needs`` is the permission, for some commands chosen by their content. ``within`` raises
    OutOfReachError unless the command is within the actor's reach. ``tries`` is how often the
    handler runs while other writers come first. ``detects_repeats``: the handler itself raises
    CommandRepeatedError where the command was recorded before, which saves a round trip.
    ``afterwards`` runs with the log and the outcome after each execution, also a repeated one: it
    finishes outside the log what a killed program left undone.
    """

    def register(handler: H) -> H:
        _add(
            Registration(
                command,
                handler,
                needs if callable(needs) else lambda _: needs,
                within,
                tries=tries if callable(tries) else lambda _: tries,
                detects_repeats=detects_repeats,
                afterwards=afterwards,
            )
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

    def register(handler: H) -> H:
        _add(Registration(query, handler, needs if callable(needs) else lambda _: needs, within))
        return handler

    return register


@dataclass(frozen=True)
class CommandBus:
    """Executes commands and answers queries. Thread-safe.

    ``ports`` holds an implementation for each port that a handler takes, by the port's type.
    """

    logs: PracticeLogs
    clock: Clock
    ports: Mapping[type, object] = field(default_factory=dict)

    def execute(self, actor: Actor, command: Command[T], provenance: Provenance) -> Outcome[T]:
        """Authorise and carry out a command, once per command id.

        Raises NotPermittedError, OutOfReachError; IdempotencyMismatchError: the command id was used
        for another request; UnavailableError; and what the handler raises.
        """
        entry, log = self._admitted(actor, command)
        ports = self._ports_of(entry.handler)

        def decide() -> Outcome[Any]:
            context = Context(actor, provenance, self.clock.now())
            outcome: Outcome[Any] = entry.handler(log, command, context, **ports)
            return outcome

        outcome: Outcome[T] = log.carry_out(
            entry.aggregate,
            provenance,
            lambda: retry_when_overtaken(decide, entry.tries(command)),
            checks_itself=entry.detects_repeats,
        )
        if entry.afterwards is not None:
            entry.afterwards(log, outcome, **self._ports_of(entry.afterwards))
        return outcome

    def ask(self, actor: Actor, query: Query[R]) -> R:
        """Authorise and answer a query. Raises NotPermittedError, OutOfReachError, and what the handler raises."""
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


def _add(entry: Registration) -> None:
    if entry.request in REGISTRY:
        raise TypeError(f"{entry.request.__name__} has two handlers")
    REGISTRY[entry.request] = entry


@functools.cache
def _ports(function: Callable[..., Any]) -> dict[str, type]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.annotation for each in parameters if each.kind is each.KEYWORD_ONLY}
