"""/v1/resources: rooms and devices."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict

from api.http.calls import Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, listed
from api.http.schemas import Body, Page, Text, Thing, Truth, chosen
from application.kernel.permissions import Permission
from application.practice.add_resource import AddResource
from application.practice.change_resource import ChangeResource
from domain.practice.resource import Resource, ResourceKind

routes = APIRouter(prefix="/v1/resources", tags=["resources"])


class ResourceBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"location_id": "01980c5a-0000-7000-8000-000000000001", "kind": "room", "name": "Room 1"}]
        }
    )

    location_id: UUID
    kind: ResourceKind
    name: Text


class ResourcePatch(Body):
    """What is left out stays as it is. An inactive resource takes no new visits; those it has stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False}]})

    name: Text = ""
    active: Truth = True


class ResourceShown(Thing):
    location_id: UUID
    kind: ResourceKind
    name: str
    active: bool


class ResourcePage(Page):
    resources: list[ResourceShown]


def show(resource: Resource) -> dict[str, object]:
    return {
        "location_id": resource.location_id,
        "kind": resource.kind,
        "name": resource.name,
        "active": resource.active,
    }


@routes.post("", status_code=201, response_model=ResourceShown, responses=MAKES)
async def add_resource(body: ResourceBody, call: Creating) -> Response:
    """Add a room or a device to a location."""
    command = AddResource(body.location_id, body.kind.value, body.name)
    return await call.create(command, routes.prefix, show)


@routes.get("", response_model=ResourcePage, responses=READS)
async def list_resources(call: Reading, limit: Limit = MOST, cursor: Cursor = None) -> Response:
    """All rooms and devices, in the order in which they were added."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Resource, "resources", show, limit, cursor)
    )


@routes.get("/{resource_id}", response_model=ResourceShown, responses=READS_ONE)
async def get_resource(resource_id: UUID, call: Showing) -> Response:
    """One room or device."""
    return await call.show(Permission.READ_PRACTICE, Resource, resource_id, show)


@routes.patch("/{resource_id}", response_model=ResourceShown, responses=CHANGES)
async def change_resource(resource_id: UUID, body: ResourcePatch, call: Changing) -> Response:
    """Rename a room or a device, or take it out of use."""
    command = ChangeResource(resource_id, chosen(body, dict), expected_version=call.expected_version)
    return await call.change(command, show)
