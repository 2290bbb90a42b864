"""One request, as routes see it: who asks, under which command, for which version, and how it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

from fastapi import Depends, Header, Query, Request, Response

from api.answers import Answer
from api.bootstrap import World
from api.crossing import Crossing
from api.idempotency import IdempotencyKey, provenance
from api.security import Doorkeeper
from api.things import Show, changed, made
from application.errors import StaleVersionError
from application.handlers import Change, ChangingHandler, MakingHandler
from application.permissions import Action, Actor, authorise
from application.practice_log import PracticeLog
from domain.aggregate import Aggregate
from domain.provenance import Provenance

After = Annotated[
    int | None,
    Query(ge=0, le=2**62, description="Wait until the answer holds what was written at this `position`, at most 2 s."),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", max_length=64, description="The `ETag` you have seen; refused with 412 if it has changed."
    ),
]


C = TypeVar("C")
D = TypeVar("D", bound=Change)
T = TypeVar("T", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Gate:
    """What routes share within one app."""

    world: World
    crossing: Crossing
    doorkeeper: Doorkeeper


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    gate: Gate
    actor: Actor
    idempotency_key: str | None = None
    if_match: str | None = None

    @property
    def world(self) -> World:
        return self.gate.world

    @property
    def log(self) -> PracticeLog:
        """The log of the caller's practice. Asked for in a thread."""
        return self.gate.world.logs.of(self.actor.tenant_id)

    @property
    def expected_version(self) -> int | None:
        """Raises StaleVersionError: the caller has seen a version that never was."""
        if self.if_match is None or self.if_match == "*":
            return None
        seen = self.if_match.removeprefix('"').removesuffix('"')
        if not (seen.isascii() and seen.isdecimal()):
            raise StaleVersionError
        return int(seen)

    async def read(self, action: Action, work: Callable[[], Answer]) -> Response:
        """Answer with what ``work`` returns, from a thread. Raises NotPermittedError, CrowdedError, and what ``work`` raises."""
        authorise(self.actor, action)
        answer = await self.gate.crossing.run(work)
        return answer.response()

    async def write(self, action: Action, work: Callable[[Provenance], Answer]) -> Response:
        """As ``read``, with where the facts come from."""
        authorise(self.actor, action)
        by = provenance(
            self.actor,
            self.idempotency_key,
            self.request.method,
            self.request.url.path,
            await self.request.body(),
        )
        answer = await self.gate.crossing.run(lambda: work(by))
        return answer.response()

    async def make(
        self, action: Action, handler: type[MakingHandler[C, T]], command: C, path: str, show: Show[T]
    ) -> Response:
        """Carry out a command that brings a thing into being below ``path``."""
        carry_out = handler(self.world.logs, self.world.clock)
        return await self.write(action, lambda by: made(carry_out(self.actor.tenant_id, command, by), path, show))

    async def change(self, action: Action, handler: type[ChangingHandler[D, T]], command: D, show: Show[T]) -> Response:
        """Carry out a command that changes a thing."""
        carry_out = handler(self.world.logs, self.world.clock)
        return await self.write(action, lambda by: changed(carry_out(self.actor.tenant_id, command, by), show))


async def _reading(request: Request) -> Call:
    return Call(request, request.app.state.gate, request.scope["actor"])


async def _creating(request: Request, idempotency_key: IdempotencyKey = None) -> Call:
    return Call(request, request.app.state.gate, request.scope["actor"], idempotency_key)


async def _changing(request: Request, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None) -> Call:
    return Call(request, request.app.state.gate, request.scope["actor"], idempotency_key, if_match)


Reading: TypeAlias = Annotated[Call, Depends(_reading)]
Creating: TypeAlias = Annotated[Call, Depends(_creating)]
Changing: TypeAlias = Annotated[Call, Depends(_changing)]
