"""The HTTP application: middleware, routes and OpenAPI description."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api.access import routes as api_keys
from api.audit import routes as audit
from api.bootstrap.container import Container
from api.bootstrap.database_server import UNREACHABLE
from api.http import errors
from api.http.authentication import Authentication, KeyAuthenticator
from api.http.calls import AppServices
from api.http.direct_dispatch import DirectDispatch, DirectRoutes, direct_routes
from api.http.envelope import RequestMiddleware
from api.http.metrics import Metrics
from api.http.openapi import ABOUT, TAGS, DescribedApp
from api.http.operations import Readiness, operations
from api.http.reference import reference
from api.http.request_budget import RequestBudget
from api.http.thread_pool import FairThreadPool
from api.importing import file_routes as file_imports
from api.importing import routes as imports
from api.patients import routes as patients
from api.practice import routes as practice
from api.scheduling.appointments import routes as appointments
from api.scheduling.availability import routes as availability
from api.scheduling.calendar import routes as calendar
from api.scheduling.calendars import busy_time_routes as busy_time
from api.scheduling.calendars import routes as calendars
from api.scheduling.courses import routes as courses
from api.scheduling.hand_overs import routes as hand_overs
from api.scheduling.series import routes as series
from api.scheduling.sessions import roster_routes as rosters
from api.scheduling.sessions import routes as sessions
from api.waitlist import routes as waitlist
from api.webhooks import routes as webhook_endpoints

_faults = logging.getLogger("scheduler.faults")


def create_app(container: Container, metrics: Metrics) -> FastAPI:
    """Return the application of one process, which counts its requests in ``metrics``.

    Its shutdown ends its threads; the caller closes the container.
    """
    thread_pool = FairThreadPool(container.settings.threads, container.settings.share)
    costly_requests = FairThreadPool(container.settings.processes, 1)
    key_authenticator = KeyAuthenticator(container.access.find_actor, thread_pool)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        pools = thread_pool, costly_requests
        watch = container.storage.watch_server(lambda answers: _suspend_or_resume(loop, pools, answers))
        yield
        watch.close()
        for pool in pools:
            pool.close()

    dispatched: DirectRoutes = {}
    app = DescribedApp(
        title="Patient & Studio Scheduler",
        version="1",
        description=ABOUT,
        openapi_tags=[{"name": tag} for tag in TAGS],
        servers=[{"url": "/", "description": "The server that this description comes from."}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # FastAPI renders its description for each request, and its page loads scripts from another
        # server; ours are in reference.py.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Spans contain query strings and logs contain error messages; both may be personal.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # the name of a method in generated clients
        middleware=[
            Middleware(RequestMiddleware, metrics=metrics),
            Middleware(
                Authentication, key_authenticator=key_authenticator, budget=RequestBudget(), outages=UNREACHABLE
            ),
            Middleware(DirectDispatch, routes=dispatched),
        ],
    )
    app.state.services = AppServices(container, thread_pool, costly_requests, key_authenticator)
    app.state.metrics = metrics
    errors.install(app, UNREACHABLE)
    # Routers are tried in order: the ones used most come first.
    for module in (
        appointments,
        availability,
        calendar,
        series,
        calendars,
        sessions,
        rosters,
        hand_overs,
        courses,
        waitlist,
        patients,
        imports,
        file_imports,
        audit,
        practice,
        busy_time,
        api_keys,
        webhook_endpoints,
    ):
        app.include_router(module.routes)
        dispatched |= direct_routes([route for route in module.routes.routes if isinstance(route, APIRoute)])
    app.include_router(operations(Readiness(container), thread_pool))
    app.include_router(reference(app, thread_pool))
    return app


def _suspend_or_resume(loop: asyncio.AbstractEventLoop, pools: Sequence[FairThreadPool], answers: bool) -> None:
    if answers:
        _faults.warning("the database answers again")
    else:
        _faults.error("the database has stopped answering: requests are refused")
    for pool in pools:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(pool.resume if answers else pool.suspend)
