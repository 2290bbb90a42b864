"""A request with its actor, idempotency key and expected version, and how it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from fastapi import Query as QueryParameter

from api.bootstrap.container import Container
from api.http.answers import Answer, CostlyAnswer, HttpAnswer
from api.http.as_of import AsOf, PointInTime, Version, find_point_in_time
from api.http.authentication import KeyAuthenticator
from api.http.idempotency import IdempotencyKey, provenance
from api.http.reach import authorise_reading
from api.http.resource_responses import Presenter, changed, made, shown
from api.http.strict_input import check_fields, check_key, check_query
from api.http.thread_pool import FairThreadPool, QueueKey
from application.kernel.commands import Command, Query
from application.kernel.errors import StaleVersionError
from application.kernel.permissions import Actor, Permission, authorise
from application.kernel.practice_log import Outcome, PracticeLog
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.provenance import Provenance

After = Annotated[
    int | None,
    QueryParameter(
        ge=0, le=2**62, description="Wait, at most 2 s, until the answer includes the write with this `position`."
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=64,
        description="The `ETag` of the version that you changed; 412 if there is a newer one.",
    ),
]


R = TypeVar("R")
T = TypeVar("T", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class AppServices:
    """What the routes of one app share."""

    container: Container
    thread_pool: FairThreadPool
    costly_requests: FairThreadPool
    key_authenticator: KeyAuthenticator

    async def answer(self, key: QueueKey, work: Callable[[], HttpAnswer | CostlyAnswer]) -> Response:
        """Run ``work`` in a thread; if only then it proves costly, go on among the costly requests.

        Raises what ``FairThreadPool.run`` raises.
        """
        return await self._finish(key, await self.thread_pool.run(key, work))

    async def answer_costly(self, key: QueueKey, work: Callable[[], HttpAnswer | CostlyAnswer]) -> Response:
        """Run ``work`` in a thread for costly requests, of which each queue has one at a time."""
        return await self._finish(key, await self.costly_requests.run(key, work))

    async def _finish(self, key: QueueKey, answer: HttpAnswer | CostlyAnswer) -> Response:
        if isinstance(answer, CostlyAnswer):
            answer = await self.costly_requests.run(key, answer.work)
        return answer.response()


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    request: Request
    services: AppServices
    actor: Actor
    idempotency_key: str | None = None
    if_match: str | None = None
    as_of: str | None = None
    version: int | None = None
    after: int | None = None
    is_costly: bool = False

    @property
    def costly(self) -> "Call":
        """The same call, to be answered among the costly requests."""
        return replace(self, is_costly=True)

    @property
    def container(self) -> Container:
        return self.services.container

    @property
    def log(self) -> PracticeLog:
        """The log of the caller's practice. Use it only in a thread."""
        return self.services.container.logs.of(self.actor.tenant_id)

    @property
    def expected_version(self) -> int | None:
        """The version in If-Match. Raises StaleVersionError: it is not one of our ETags."""
        if self.if_match is None or self.if_match == "*":
            return None
        seen = self.if_match.removeprefix('"').removesuffix('"')
        if not (seen.isascii() and seen.isdecimal()):
            raise StaleVersionError
        return int(seen)

    async def read(self, action: Permission, work: Callable[[], HttpAnswer]) -> Response:
        """Authorise the actor, run ``work`` in a thread, and return its answer.

        Raises NotPermittedError, OverloadedError, and what ``work`` raises.
        """
        authorise(self.actor, action)
        return await self._run(work)

    async def get(self, action: Permission, kind: type[T], id_: UUID, present: Presenter[T]) -> Response:
        """Answer with an aggregate in its present state, or at `as_of` or `version`.

        Raises OutOfReachError: the actor may not read it as it was then.
        """
        return await self.get_at(action, kind, id_, lambda _: present)

    async def get_at(
        self, action: Permission, kind: type[T], id_: UUID, presenter_at: Callable[[PointInTime], Presenter[T]]
    ) -> Response:
        """As ``get``, for a presenter that depends on the point in time."""

        def work() -> Answer:
            at = self.point_in_time(kind, id_)
            aggregate = self.log.look_up(kind, id_, at.position, self.version)
            authorise_reading(self.actor, aggregate)
            return shown(aggregate, presenter_at(at), at.position)

        return await self.read(action, work)

    def point_in_time(self, kind: type[Aggregate], id_: UUID) -> PointInTime:
        """Return the point in time of `as_of` or `version`, else the present.

        Use it only in a thread. Raises InvalidValueError: both are set, or `as_of` is in the
        future; NotFoundError, NotYetError: no such version.
        """
        if self.as_of is not None:
            if self.version is not None:
                raise InvalidValueError("version", "name a version or an instant (as_of), not both")
            return find_point_in_time(self.container, self.actor, self.as_of)
        if self.version is not None:
            reached = self.log.came_to(kind, id_, self.version)
            return PointInTime(reached.recorded_at, reached.position)
        return PointInTime(self.container.clock.now())

    async def execute(
        self, command: Command[T] | Callable[[], Command[T]], present: Callable[[Outcome[T]], HttpAnswer]
    ) -> Response:
        """Carry out a command in a thread, and present its outcome there.

        Pass a function if building the command reads the log. Raises what ``CommandBus.execute``
        raises.
        """
        by = await self._provenance()

        def work() -> HttpAnswer:
            built = command if isinstance(command, Command) else command()
            return present(self.container.bus.execute(self.actor, built, by))

        return await self._run(work)

    async def create(self, command: Command[T], path: str, present: Presenter[T]) -> Response:
        """Carry out a command that creates a resource below ``path``."""
        return await self.execute(command, lambda outcome: made(outcome, path, present))

    async def change(self, command: Command[T], present: Presenter[T]) -> Response:
        """Carry out a command that changes a resource."""
        return await self.execute(command, lambda outcome: changed(outcome, present))

    async def ask(
        self,
        query: Query[R] | Callable[[], Query[R]],
        present: Callable[[R], HttpAnswer | CostlyAnswer],
    ) -> Response:
        """Answer a query in a thread, and present the answer there; otherwise as ``execute``."""
        check_fields(await self.request.body())

        def work() -> HttpAnswer | CostlyAnswer:
            built = query if isinstance(query, Query) else query()
            return present(self.container.bus.ask(self.actor, built))

        return await self._run(work)

    async def write(self, permission: Permission, work: Callable[[Provenance], HttpAnswer]) -> Response:
        """As ``read``, with the provenance of what is recorded."""
        authorise(self.actor, permission)
        by = await self._provenance()
        return await self._run(lambda: work(by))

    async def _run(self, work: Callable[[], HttpAnswer | CostlyAnswer]) -> Response:
        if self.is_costly:
            return await self.services.answer_costly(self.actor.tenant_id, work)
        return await self.services.answer(self.actor.tenant_id, work)

    async def _provenance(self) -> Provenance:
        body = await self.request.body()
        check_fields(body)
        return provenance(self.actor, self.idempotency_key, self.request.method, self.request.scope["path"], body)


def _call(
    request: Request,
    *,
    idempotency_key: str | None = None,
    if_match: str | None = None,
    as_of: str | None = None,
    version: int | None = None,
    after: int | None = None,
) -> Call:
    check_query(request)
    if idempotency_key is not None:
        check_key(request)
    return Call(
        request, request.app.state.services, request.scope["actor"], idempotency_key, if_match, as_of, version, after
    )


# Every read accepts ``after``. Routes that read views wait for it; the log itself is never behind,
# but the catalogue in memory may lack what another process has written.
async def _reading(request: Request, after: After = None) -> Call:
    return _call(request, after=after)


async def _following(request: Request) -> Call:
    return _call(request)


async def _showing(request: Request, as_of: AsOf = None, version: Version = None, after: After = None) -> Call:
    return _call(request, as_of=as_of, version=version, after=after)


async def _creating(request: Request, idempotency_key: IdempotencyKey = None) -> Call:
    return _call(request, idempotency_key=idempotency_key)


async def _changing(request: Request, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None) -> Call:
    return _call(request, idempotency_key=idempotency_key, if_match=if_match)


Reading: TypeAlias = Annotated[Call, Depends(_reading)]
Following: TypeAlias = Annotated[Call, Depends(_following)]
"""A read of the log in pages, where ``after`` is the end of the previous page."""
Repeating: TypeAlias = Annotated[Call, Depends(_following)]
"""A write that needs no Idempotency-Key, because a repeat does only what is missing."""
Showing: TypeAlias = Annotated[Call, Depends(_showing)]
"""A read of one resource, now or in the past."""
Creating: TypeAlias = Annotated[Call, Depends(_creating)]
Changing: TypeAlias = Annotated[Call, Depends(_changing)]
