"""The HTTP application: routes, what surrounds them, and its description."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api import errors
from api.audit import diff, events
from api.bootstrap import World
from api.calls import Gate
from api.crossing import Crossing
from api.description import ABOUT, TAGS, DescribedApp, operation_id
from api.envelope import Envelope
from api.express import Express, Stops, stops_of
from api.metrics import Metrics
from api.operations import operations
from api.patients import consents, contacts, imports, merging, patients
from api.practice import (
    api_keys,
    clinicians,
    hours,
    locations,
    practice,
    resources,
    services,
    time_off,
    webhook_endpoints,
)
from api.readiness import Readiness
from api.reference import reference
from api.scheduling import (
    appointments,
    busy_time,
    calendar,
    conflicts,
    course_rosters,
    courses,
    explain,
    feeds,
    history,
    holds,
    invitations,
    offers,
    openings,
    rosters,
    series,
    sessions,
    slots,
    waitlist,
)
from api.security import Authentication, Doorkeeper


def create_app(world: World) -> FastAPI:
    """Return the application of one process; it gives its threads back when it is shut down, the world stays the caller's."""
    crossing = Crossing(world.settings.threads, world.settings.share)
    doorkeeper = Doorkeeper(world.find_actor, crossing)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        crossing.close()

    stops: Stops = {}
    app = DescribedApp(
        title="Patient & Studio Scheduler",
        version="1",
        description=ABOUT,
        openapi_tags=[{"name": tag} for tag in TAGS],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # The framework's page takes its script from another server; ours is at /docs.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Its spans carry the query string and its logs the messages of errors: both may be personal.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        middleware=[
            Middleware(Envelope, metrics=metrics),
            Middleware(Authentication, doorkeeper=doorkeeper, outages=world.outages),
            Middleware(Express, stops=stops),
        ],
    )
    app.state.gate = Gate(world, crossing, doorkeeper)
    errors.install(app, world.outages)
    # Routers are asked one after the other: those that are asked most come first.
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
        history,
        practice,
        locations,
        resources,
        clinicians,
        hours,
        time_off,
        busy_time,
        services,
        api_keys,
        events,
        diff,
        webhook_endpoints,
    ):
        app.include_router(module.routes)
        stops |= stops_of([route for route in module.routes.routes if isinstance(route, APIRoute)])
    app.include_router(operations(Readiness(world), crossing, metrics))
    app.include_router(reference(app))
    return app
