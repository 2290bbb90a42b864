"""/v1/locations: where the practice sees people."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, listed
from api.http.schemas import Body, Page, Text, Thing, chosen
from api.practice.practice.holidays import Holidays, show_holidays
from application.kernel.permissions import Permission
from application.practice.change_location import ChangeLocation
from application.practice.open_location import OpenLocation
from domain.practice.location import Location

routes = APIRouter(prefix="/v1/locations", tags=["locations"])


class LocationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Main street", "zone": "Europe/Berlin"}]})

    name: Text
    zone: Text


_HOLIDAYS: Final = "Public holidays of this place; null keeps the practice's."


class LocationPatch(Body):
    """What is left out stays as it is. Hours stay on the wall clock when the zone changes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Old town"}, {"holidays": {"country": "DE", "subdivision": "BE"}}]}
    )

    name: Text = ""
    zone: Text = ""
    holidays: Holidays | None = Field(default=None, description=_HOLIDAYS)


class LocationShown(Thing):
    name: str
    zone: str
    holidays: Holidays | None


class LocationPage(Page):
    locations: list[LocationShown]


def show(location: Location) -> dict[str, object]:
    return {"name": location.name, "zone": location.zone, "holidays": show_holidays(location.holidays)}


@routes.post("", status_code=201, response_model=LocationShown, responses=MAKES)
async def open_location(body: LocationBody, call: Creating) -> Response:
    """Open a location."""
    command = OpenLocation(body.name, body.zone)
    return await call.create(command, routes.prefix, show)


@routes.get("", response_model=LocationPage, responses=READS)
async def list_locations(call: Reading, limit: Limit = MOST, cursor: Cursor = None) -> Response:
    """All locations, in the order in which they were opened."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Location, "locations", show, limit, cursor)
    )


@routes.get("/{location_id}", response_model=LocationShown, responses=READS_ONE)
async def get_location(location_id: UUID, call: Showing) -> Response:
    """One location."""
    return await call.show(Permission.READ_PRACTICE, Location, location_id, show)


@routes.patch("/{location_id}", response_model=LocationShown, responses=CHANGES)
async def change_location(location_id: UUID, body: LocationPatch, call: Changing) -> Response:
    """Change a location."""
    command = ChangeLocation(
        location_id,
        chosen(body, dict, without=("holidays",)),
        body.holidays.value() if body.holidays else None,
        "holidays" in body.model_fields_set,
        expected_version=call.expected_version,
    )
    return await call.change(command, show)
