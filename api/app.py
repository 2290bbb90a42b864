"""The HTTP application: routes, what surrounds them, and its description."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware

from api import errors
from api.bootstrap import World
from api.calls import Gate
from api.crossing import Crossing
from api.envelope import Envelope
from api.metrics import Metrics
from api.operations import operations
from api.patients import patients
from api.practice import api_keys, clinicians, hours, locations, practice, resources, services
from api.readiness import Readiness
from api.reference import reference
from api.scheduling import appointments, calendar, history, slots
from api.security import Authentication, Doorkeeper

LARGEST_BODY: Final = 64 * 1024

_ABOUT: Final = """
Scheduling for therapists, clinics and studios. Send your key with each request: `Authorization: Bearer sk_...`.

* Times are RFC 3339 with an offset, and are answered in UTC. Money is counted in the currency's smallest unit.
* Writes take an `Idempotency-Key`: the same request under it is carried out once. On an existing thing they take `If-Match`.
* Answers to writes carry a `position`; a list read with `after=<position>` holds what was written.
* Refusals are RFC 9457 problems with a stable `code`. What is unknown and what is not yours look alike.
"""


def create_app(world: World) -> FastAPI:
    """Return the application of one process; it gives its threads back when it is shut down, the world stays the caller's."""
    crossing = Crossing(world.settings.threads)
    doorkeeper = Doorkeeper(world.find_actor, crossing)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        crossing.close()

    app = FastAPI(
        title="Patient & Studio Scheduler",
        version="1",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # The framework's page takes its script from another server; ours is at /docs.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        max_body_size=LARGEST_BODY,
        # Its spans carry the query string and its logs the messages of errors: both may be personal.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(Envelope, metrics=metrics),
            Middleware(Authentication, doorkeeper=doorkeeper, outages=world.outages),
        ],
    )
    app.state.gate = Gate(world, crossing, doorkeeper)
    errors.install(app, world.outages)
    # Only for the description: the key was checked before the request came here.
    described = [Depends(HTTPBearer(auto_error=False, description="A key of the practice: sk_..."))]
    for module in (
        practice,
        locations,
        resources,
        clinicians,
        hours,
        services,
        patients,
        slots,
        calendar,
        appointments,
        history,
        api_keys,
    ):
        app.include_router(module.routes, dependencies=described)
    app.include_router(operations(Readiness(world), crossing, metrics))
    app.include_router(reference(app))
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
