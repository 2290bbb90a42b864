"""Endpoints for operators: liveness, readiness and metrics. They need no key and show nothing of any practice."""

from typing import Final

import orjson
from fastapi import APIRouter, Response

from api.http.metrics import Metrics
from api.http.readiness import Readiness
from api.http.thread_pool import FairThreadPool, OverloadedError

_NOT_READY: Final = {
    "description": "Not ready; `checks` shows which part is missing.",
    "content": {"application/json": {"schema": {}}},
}


def operations(readiness: Readiness, thread_pool: FairThreadPool, metrics: Metrics) -> APIRouter:
    """Return the routes /healthz, /readyz and /metrics."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/healthz")
    async def healthz() -> Response:
        """200 while the process lives."""
        return Response(b'{"status":"alive"}', media_type="application/json")

    @routes.get("/readyz", responses={503: _NOT_READY})
    async def readyz() -> Response:
        """200 once every part can serve."""
        try:
            checks = dict(await thread_pool.run("readiness", readiness.checks))
        except OverloadedError:
            checks = {"threads": False}
        is_ready = all(checks.values())
        body = orjson.dumps({"status": "ready" if is_ready else "not ready", "checks": checks})
        return Response(body, 200 if is_ready else 503, media_type="application/json")

    @routes.get("/metrics", include_in_schema=False)
    async def metrics_exposition() -> Response:
        return Response(metrics.exposition(), media_type=metrics.content_type)

    return routes
