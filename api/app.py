"""The HTTP application: middleware, routes and OpenAPI description."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api.access.api_keys import routes as api_keys
from api.audit import routes as audit
from api.bootstrap.container import Container
from api.bootstrap.outages import UNREACHABLE
from api.http import errors
from api.http.authentication import Authentication, KeyAuthenticator
from api.http.calls import AppServices
from api.http.direct_dispatch import DirectDispatch, DirectRoutes, direct_routes
from api.http.envelope import RequestMiddleware
from api.http.metrics import Metrics
from api.http.openapi import ABOUT, TAGS, DescribedApp, operation_id
from api.http.operations import operations
from api.http.readiness import Readiness
from api.http.reference import reference
from api.http.thread_pool import FairThreadPool
from api.importing.imports import routes as imports
from api.patients.consents import routes as consents
from api.patients.contacts import routes as contacts
from api.patients.merging import routes as merging
from api.patients.patients import routes as patients
from api.practice.clinicians import routes as clinicians
from api.practice.hours import routes as hours
from api.practice.locations import routes as locations
from api.practice.practice import routes as practice
from api.practice.resources import routes as resources
from api.practice.services import routes as services
from api.practice.time_off import routes as time_off
from api.scheduling.appointments import routes as appointments
from api.scheduling.busy_time import routes as busy_time
from api.scheduling.calendar import routes as calendar
from api.scheduling.conflicts import routes as conflicts
from api.scheduling.courses import roster_routes as course_rosters
from api.scheduling.courses import routes as courses
from api.scheduling.explain import routes as explain
from api.scheduling.feeds import routes as feeds
from api.scheduling.holds import routes as holds
from api.scheduling.invitations import routes as invitations
from api.scheduling.rosters import routes as rosters
from api.scheduling.series import routes as series
from api.scheduling.sessions import routes as sessions
from api.scheduling.slots import routes as slots
from api.waitlist.entries import routes as waitlist
from api.waitlist.offers import routes as offers
from api.waitlist.openings import routes as openings
from api.webhooks.endpoints import routes as webhook_endpoints


def create_app(container: Container) -> FastAPI:
    """Return the application of one process. Its shutdown ends its threads; the caller closes the container."""
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
        generate_unique_id_function=operation_id,
        middleware=[
            Middleware(RequestMiddleware, metrics=metrics),
            Middleware(Authentication, key_authenticator=key_authenticator, outages=UNREACHABLE),
            Middleware(DirectDispatch, routes=dispatched),
        ],
    )
    app.state.services = AppServices(container, thread_pool, key_authenticator)
    errors.install(app, UNREACHABLE)
    # Routers are tried in order: the ones used most come first.
    for module in (
        appointments,
        slots,
        holds,
        calendar,
        explain,
        conflicts,
        series,
        invitations,
        feeds,
        sessions,
        rosters,
        courses,
        course_rosters,
        waitlist,
        openings,
        offers,
        patients,
        contacts,
        consents,
        merging,
        imports,
        audit,
        practice,
        locations,
        resources,
        clinicians,
        hours,
        time_off,
        busy_time,
        services,
        api_keys,
        webhook_endpoints,
    ):
        app.include_router(module.routes)
        dispatched |= direct_routes([route for route in module.routes.routes if isinstance(route, APIRoute)])
    app.include_router(operations(Readiness(container), thread_pool, metrics))
    app.include_router(reference(app))
    return app
