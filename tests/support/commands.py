"""Executes commands and answers queries as the program does, in the name of the system."""

from typing import Protocol, TypeVar
from uuid import UUID

from application.kernel.commands import REGISTRY, Command, CommandBus, Query
from application.kernel.permissions import Actor
from application.kernel.ports import Clock
from application.kernel.practice_log import Outcome, PracticeLogs
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import Provenance

T = TypeVar("T", bound=Aggregate)
R = TypeVar("R")


class Execute(Protocol):
    def __call__(self, tenant_id: UUID, command: Command[T], by: Provenance) -> Outcome[T]: ...


class Ask(Protocol):
    def __call__(self, tenant_id: UUID, query: Query[R]) -> R: ...


def executor(logs: PracticeLogs, clock: Clock, *ports: object) -> Execute:
    """Return a function that executes a command in a practice.

    ``ports`` are in the order of the handler's parameters.
    """

    def execute(tenant_id: UUID, command: Command[T], by: Provenance) -> Outcome[T]:
        types = REGISTRY[type(command)].ports.values()
        bus = CommandBus(logs, clock, dict(zip(types, ports, strict=True)))
        return bus.execute(Actor.system(tenant_id), command, by)

    return execute


def asker(logs: PracticeLogs, clock: Clock) -> Ask:
    """Return a function that answers a query in a practice."""

    def ask(tenant_id: UUID, query: Query[R]) -> R:
        return CommandBus(logs, clock).ask(Actor.system(tenant_id), query)

    return ask
