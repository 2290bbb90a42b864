"""Liveness and readiness, without a key. They show no data of any practice."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from api.bootstrap.container import Container
from api.bootstrap.database_server import UNREACHABLE
from api.http.resource_responses import TOO_MANY
from api.http.thread_pool import FairThreadPool, SuspendedError
from application.kernel.errors import OverloadedError

_MAX_EVENTS_BEHIND: Final = 1_000
"""Of all read models together. They are further behind during an import or a rebuild."""
_MAX_STUCK_SECONDS: Final = 5.0
"""How long a read model may be behind without progress; a projector makes some each second."""
_MAX_CHECK_SECONDS: Final = 3.0
"""After a turn in the thread pool, which takes at most two, one second remains."""
_LOGS_CHECK_SECONDS: Final = 10.0
"""Between two checks that the logs end at their heads: one look-up for each practice."""
_NOT_READY: Final = {
    "description": "Not ready; `checks` shows which part is missing.",
    "content": {"application/json": {"schema": {}}},
}

_log = logging.getLogger(__name__)


class Readiness:
    """Tracks the read models that are behind, so that a slow projector is no failure."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._stuck_since: dict[tuple[UUID, int], float] = {}
        self._damaged: Sequence[UUID] = ()
        self._check_logs_at = 0.0

    def checks(self) -> Mapping[str, bool]:
        """Return each check and whether it passed.

        Ignores a read model that has stopped at an event which it cannot apply.
        """
        access, keys = self._container.access, self._container.storage.keys
        passed = {
            "log": _succeeds(lambda: access.find_actor(b"\0" * 32)),
            "keys": _succeeds(lambda: keys.erased_subjects(UUID(int=0))),
            "logs": _succeeds(self._check_logs),
        }
        if self._container.settings.expects_projector:
            passed["read_models"] = passed["log"] and _succeeds(self._check_lag)
        return passed

    def _check_logs(self) -> bool:
        """Return whether no practice's log was altered at its end, and none has vanished."""
        now = time.monotonic()
        if now >= self._check_logs_at:
            damaged = self._container.storage.log_verifier.damaged()
            for tenant_id in set(damaged).difference(self._damaged):
                _log.error("the log of practice %s was altered; see `scheduler verify`", tenant_id)
            self._damaged, self._check_logs_at = damaged, now + _LOGS_CHECK_SECONDS
        return not self._damaged

    def _check_lag(self) -> bool:
        behind = [view for view in self._container.read_models.status(only_behind=True) if view.error is None]
        now = time.monotonic()
        self._stuck_since = {
            place: self._stuck_since.get(place, now) for place in {(view.tenant_id, view.position) for view in behind}
        }
        is_stuck = any(now - since > _MAX_STUCK_SECONDS for since in self._stuck_since.values())
        return not is_stuck and sum(view.lag for view in behind) <= _MAX_EVENTS_BEHIND


def _succeeds(check: Callable[[], object]) -> bool:
    """Return whether a check can be made and does not return False."""
    try:
        return check() is not False
    except UNREACHABLE:
        return False


def operations(readiness: Readiness, thread_pool: FairThreadPool) -> APIRouter:
    """Return the routes /healthz and /readyz."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/healthz", responses=TOO_MANY)
    async def healthz() -> Response:
        """200 while the process lives."""
        return Response(b'{"status":"alive"}', media_type="application/json")

    @routes.get("/readyz", responses={**TOO_MANY, 503: _NOT_READY})
    async def readyz() -> Response:
        """200 once every part can serve."""
        try:
            async with asyncio.timeout(_MAX_CHECK_SECONDS):
                checks = dict(await thread_pool.run("readiness", readiness.checks))
        except OverloadedError:
            checks = {"threads": False}
        except (TimeoutError, SuspendedError):
            checks = {"log": False}
        is_ready = all(checks.values())
        body = orjson.dumps({"status": "ready" if is_ready else "not ready", "checks": checks})
        return Response(body, 200 if is_ready else 503, media_type="application/json")

    return routes
