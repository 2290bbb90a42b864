"""/v1/practice and its catalogue: /v1/locations, /v1/resources, /v1/clinicians, /v1/services."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.calls import Changing, Creating, Reading, Showing
from api.http.paging import MAX_PAGE_SIZE, Cursor, Limit
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, listed
from api.http.schemas import sent_fields
from api.practice.hours_schemas import HoursBody, HoursShown
from api.practice.presenters import (
    present_clinician,
    present_hours,
    present_out_of_service,
    present_service,
    present_time_off,
)
from api.practice.schemas import (
    ClinicianBody,
    ClinicianPage,
    ClinicianPatch,
    ClinicianShown,
    LocationBody,
    LocationPage,
    LocationPatch,
    LocationShown,
    PracticePatch,
    PracticeShown,
    ResourceBody,
    ResourcePage,
    ResourcePatch,
    ResourceShown,
    ServiceBody,
    ServicePage,
    ServicePatch,
    ServiceShown,
)
from api.practice.time_off_schemas import OutOfServiceBody, OutOfServiceShown, TimeOffBody, TimeOffShown
from application.kernel.permissions import Permission
from application.practice.add_resource import AddResource
from application.practice.change_clinician import ChangeClinician
from application.practice.change_location import ChangeLocation
from application.practice.change_practice import ChangePractice
from application.practice.change_resource import ChangeResource
from application.practice.change_service import ChangeService
from application.practice.join_clinician import JoinClinician
from application.practice.offer_service import OfferService
from application.practice.open_location import OpenLocation
from application.practice.set_clinician_hours import SetClinicianHours
from application.practice.set_out_of_service import SetOutOfService
from application.practice.set_time_off import SetTimeOff
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.seats import SeatsOffered
from domain.practice.service import Service

routes = APIRouter(prefix="/v1")


@routes.get("/practice", tags=["practice"], response_model=PracticeShown, responses=READS_ONE)
async def get_practice(call: Showing) -> Response:
    """Return the practice that the key belongs to."""
    return await call.get(Permission.READ_PRACTICE, Practice, call.actor.tenant_id, PracticeShown.present)


@routes.patch("/practice", tags=["practice"], response_model=PracticeShown, responses=CHANGES)
async def change_practice(body: PracticePatch, call: Changing) -> Response:
    """Change the practice's settings."""
    sent = body.model_dump(exclude_unset=True)
    command = ChangePractice(
        call.actor.tenant_id,
        sent_fields(body, without=("holidays", "pending_counts", "auto_fill", "offer_minutes")),
        body.holidays.value() if body.holidays else None,
        "holidays" in sent,
        sent.get("pending_counts"),
        sent.get("auto_fill"),
        sent.get("offer_minutes"),
        expected_version=call.expected_version,
    )
    return await call.change(command, PracticeShown.present)


@routes.post("/locations", tags=["locations"], status_code=201, response_model=LocationShown, responses=MAKES)
async def open_location(body: LocationBody, call: Creating) -> Response:
    """Open a location."""
    return await call.create(OpenLocation(body.name, body.zone), "/v1/locations", LocationShown.present)


@routes.get("/locations", tags=["locations"], response_model=LocationPage, responses=READS)
async def list_locations(call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None) -> Response:
    """List the locations in the order in which they were opened."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Location, "locations", LocationShown.present, limit, cursor)
    )


@routes.get("/locations/{location_id}", tags=["locations"], response_model=LocationShown, responses=READS_ONE)
async def get_location(location_id: UUID, call: Showing) -> Response:
    """Return one location."""
    return await call.get(Permission.READ_PRACTICE, Location, location_id, LocationShown.present)


@routes.patch("/locations/{location_id}", tags=["locations"], response_model=LocationShown, responses=CHANGES)
async def change_location(location_id: UUID, body: LocationPatch, call: Changing) -> Response:
    """Change a location."""
    command = ChangeLocation(
        location_id,
        sent_fields(body, without=("holidays",)),
        body.holidays.value() if body.holidays else None,
        "holidays" in body.model_fields_set,
        expected_version=call.expected_version,
    )
    return await call.change(command, LocationShown.present)


@routes.post("/resources", tags=["resources"], status_code=201, response_model=ResourceShown, responses=MAKES)
async def add_resource(body: ResourceBody, call: Creating) -> Response:
    """Add a room or a device to a location."""
    command = AddResource(body.location_id, body.kind.value, body.name)
    return await call.create(command, "/v1/resources", ResourceShown.present)


@routes.get("/resources", tags=["resources"], response_model=ResourcePage, responses=READS)
async def list_resources(call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None) -> Response:
    """List the rooms and devices in the order in which they were added."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Resource, "resources", ResourceShown.present, limit, cursor)
    )


@routes.get("/resources/{resource_id}", tags=["resources"], response_model=ResourceShown, responses=READS_ONE)
async def get_resource(resource_id: UUID, call: Showing) -> Response:
    """Return one room or device."""
    return await call.get(Permission.READ_PRACTICE, Resource, resource_id, ResourceShown.present)


@routes.patch("/resources/{resource_id}", tags=["resources"], response_model=ResourceShown, responses=CHANGES)
async def change_resource(resource_id: UUID, body: ResourcePatch, call: Changing) -> Response:
    """Rename a room or a device, or take it out of use."""
    command = ChangeResource(resource_id, sent_fields(body), expected_version=call.expected_version)
    return await call.change(command, ResourceShown.present)


@routes.get(
    "/resources/{resource_id}/out-of-service", tags=["resources"], response_model=OutOfServiceShown, responses=READS_ONE
)
async def get_out_of_service(resource_id: UUID, call: Showing) -> Response:
    """Return when a room or a device is out of service."""
    return await call.get(Permission.READ_PRACTICE, Resource, resource_id, present_out_of_service)


@routes.put(
    "/resources/{resource_id}/out-of-service", tags=["resources"], response_model=OutOfServiceShown, responses=CHANGES
)
async def set_out_of_service(resource_id: UUID, body: OutOfServiceBody, call: Changing) -> Response:
    """Replace the times at which a room or a device cannot be used, not even with `override`.

    Booked visits stay: see `/v1/conflicts`.
    """
    ranges = tuple(each.range() for each in body.ranges)
    command = SetOutOfService(resource_id, ranges, expected_version=call.expected_version)
    return await call.change(command, present_out_of_service)


@routes.post("/clinicians", tags=["clinicians"], status_code=201, response_model=ClinicianShown, responses=MAKES)
async def join_clinician(body: ClinicianBody, call: Creating) -> Response:
    """Add a clinician."""
    command = JoinClinician(body.name, body.email, body.zone, body.limits.value())
    return await call.create(command, "/v1/clinicians", present_clinician)


@routes.get("/clinicians", tags=["clinicians"], response_model=ClinicianPage, responses=READS)
async def list_clinicians(call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None) -> Response:
    """List the clinicians in the order in which they joined."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Clinician, "clinicians", present_clinician, limit, cursor)
    )


@routes.get("/clinicians/{clinician_id}", tags=["clinicians"], response_model=ClinicianShown, responses=READS_ONE)
async def get_clinician(clinician_id: UUID, call: Showing) -> Response:
    """Return one clinician."""
    return await call.get(Permission.READ_PRACTICE, Clinician, clinician_id, present_clinician)


@routes.patch("/clinicians/{clinician_id}", tags=["clinicians"], response_model=ClinicianShown, responses=CHANGES)
async def change_clinician(clinician_id: UUID, body: ClinicianPatch, call: Changing) -> Response:
    """Change a clinician's details, limits and last date.

    Nothing can be booked, moved, held or offered to the clinician after the last date. Booked
    visits stay: see `/v1/conflicts`.
    """
    command = ChangeClinician(
        clinician_id,
        sent_fields(body, without=("limits", "last_date")),
        body.limits.value() if "limits" in body.model_fields_set else None,
        body.last_date,
        "last_date" in body.model_fields_set,
        expected_version=call.expected_version,
    )
    return await call.change(command, present_clinician)


@routes.get("/clinicians/{clinician_id}/hours", tags=["clinicians"], response_model=HoursShown, responses=READS_ONE)
async def get_hours(clinician_id: UUID, call: Showing) -> Response:
    """Return a clinician's hours at each location."""
    return await call.get(Permission.READ_PRACTICE, Clinician, clinician_id, present_hours)


@routes.put("/clinicians/{clinician_id}/hours", tags=["clinicians"], response_model=HoursShown, responses=CHANGES)
async def set_hours(clinician_id: UUID, body: HoursBody, call: Changing) -> Response:
    """Replace a clinician's hours at one location. Booked visits stay: see `/v1/conflicts`."""
    command = SetClinicianHours(
        clinician_id,
        body.location_id,
        tuple(each.text() for each in body.weekly),
        tuple(
            line
            for each in body.overrides
            for line in [f"{each.on_date} {r.text()}" for r in each.ranges] or [f"{each.on_date} closed"]
        ),
        body.effective_from,
        expected_version=call.expected_version,
    )
    return await call.change(command, present_hours)


@routes.get(
    "/clinicians/{clinician_id}/time-off", tags=["clinicians"], response_model=TimeOffShown, responses=READS_ONE
)
async def get_time_off(clinician_id: UUID, call: Showing) -> Response:
    """Return a clinician's time off."""
    return await call.get(Permission.READ_PRACTICE, Clinician, clinician_id, partial(present_time_off, call))


@routes.put("/clinicians/{clinician_id}/time-off", tags=["clinicians"], response_model=TimeOffShown, responses=CHANGES)
async def set_time_off(clinician_id: UUID, body: TimeOffBody, call: Changing) -> Response:
    """Replace a clinician's time off. Booked visits stay: see `/v1/conflicts`."""
    absences = tuple(each.absence() for each in body.ranges)
    command = SetTimeOff(clinician_id, absences, expected_version=call.expected_version)
    return await call.change(command, partial(present_time_off, call))


@routes.post("/services", tags=["services"], status_code=201, response_model=ServiceShown, responses=MAKES)
async def offer_service(body: ServiceBody, call: Creating) -> Response:
    """Offer a service."""
    command = OfferService(body.terms(), body.limits.value(), SeatsOffered(body.seats), body.own_terms())
    return await call.create(command, "/v1/services", present_service)


@routes.get("/services", tags=["services"], response_model=ServicePage, responses=READS)
async def list_services(call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None) -> Response:
    """List the services in the order in which they were offered."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Service, "services", present_service, limit, cursor)
    )


@routes.get("/services/{service_id}", tags=["services"], response_model=ServiceShown, responses=READS_ONE)
async def get_service(service_id: UUID, call: Showing) -> Response:
    """Return one service."""
    return await call.get(Permission.READ_PRACTICE, Service, service_id, present_service)


@routes.patch("/services/{service_id}", tags=["services"], response_model=ServiceShown, responses=CHANGES)
async def change_service(service_id: UUID, body: ServicePatch, call: Changing) -> Response:
    """Change the terms of a service, or stop offering it."""
    limits = body.limits.value() if "limits" in body.model_fields_set else None
    seats = SeatsOffered(body.seats) if "seats" in body.model_fields_set else None
    own_terms = body.own_terms() if "clinician_terms" in body.model_fields_set else None
    command = ChangeService(
        service_id, body.changes(), limits, seats, own_terms, expected_version=call.expected_version
    )
    return await call.change(command, present_service)
