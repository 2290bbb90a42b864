"""The HTTP application: middleware, routes and OpenAPI description."""

import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api.bootstrap.container import Container
from api.bootstrap.database_server import UNREACHABLE
from api.http import errors
from api.http.authentication import Authentication, KeyAuthenticator
from api.http.calls import AppServices
from api.http.direct_dispatch import DirectDispatch, DirectRoutes, direct_routes
from api.http.envelope import RequestMiddleware
from api.http.openapi import ABOUT, TAGS, DescribedApp
from api.http.operations import Metrics, Readiness, operations
from api.http.reference import reference
from api.http.thread_pool import FairThreadPool

_CONTEXTS: Final = ("scheduling", "waitlist", "patients", "importing", "audit", "practice", "access", "webhooks")
"""Routers are tried in this order: the contexts used most come first."""


def create_app(container: Container) -> FastAPI:
    """Return the application of one process.

    Its shutdown ends its threads; the caller closes the container.
    """
    thread_pool = FairThreadPool(container.settings.threads, container.settings.share)
    key_authenticator = KeyAuthenticator(container.access.find_actor, thread_pool)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        thread_pool.close()

    dispatched: DirectRoutes = {}
    app = DescribedApp(
        title="Patient & Studio Scheduler",
        version="1",
        description=ABOUT,
        openapi_tags=[{"name": tag} for tag in TAGS],
        servers=[{"url": "/", "description": "The server that this description comes from."}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # FastAPI's page loads scripts from another server; ours is at /docs.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Spans contain query strings and logs contain error messages; both may be personal.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # the name of a method in generated clients
        middleware=[
            Middleware(RequestMiddleware, metrics=metrics),
            Middleware(Authentication, key_authenticator=key_authenticator, outages=UNREACHABLE),
            Middleware(DirectDispatch, routes=dispatched),
        ],
    )
    app.state.services = AppServices(container, thread_pool, key_authenticator)
    errors.install(app, UNREACHABLE)
    for router in _routers():
        app.include_router(router)
        dispatched |= direct_routes([route for route in router.routes if isinstance(route, APIRoute)])
    app.include_router(operations(Readiness(container), thread_pool, metrics))
    app.include_router(reference(app))
    return app


def _routers() -> Iterator[APIRouter]:
    """Yield the ``routes`` of each module of a context whose name ends in ``routes``."""
    for context in _CONTEXTS:
        for module in pkgutil.walk_packages(import_module(f"api.{context}").__path__, f"api.{context}."):
            if module.name.endswith("routes"):
                yield import_module(module.name).routes
