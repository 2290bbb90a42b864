"""/v1/holds: times kept for those who are about to book."""

from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.http.calls import Call, Changing, Creating, Showing
from api.http.resource_responses import CHANGES, MAKES, READS_ONE
from api.http.schemas import Body, Thing, Whole
from api.http.times import Start
from application.kernel.permissions import Permission
from application.scheduling.appointments.place_hold import PlaceHold
from application.scheduling.appointments.release_hold import ReleaseHold
from domain.scheduling.appointments.hold import LONGEST_MINUTES, Hold, HoldStatus

routes = APIRouter(prefix="/v1/holds", tags=["scheduling"])


def _written(value: object) -> object:
    # The framework would take a number for the address that it counts up to: 1 for 0.0.0.1.
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "an address is a text")
    return value


Address: TypeAlias = Annotated[IPv4Address | IPv6Address, BeforeValidator(_written)]


class HoldBody(Body):
    """`contact` and `client_address` are of the person who is about to book. Only keyed digests of them are kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_id": "01980c5a-0000-7000-8000-000000000003",
                    "clinician_id": "01980c5a-0000-7000-8000-000000000002",
                    "starts_at": "2026-06-01T09:00:00+02:00",
                    "minutes": 10,
                }
            ]
        }
    )

    service_id: UUID
    clinician_id: UUID
    starts_at: Start
    minutes: Whole = Field(ge=1, le=LONGEST_MINUTES)
    contact: str | None = Field(default=None, min_length=3, max_length=254, description="E-mail or telephone.")
    client_address: Address | None = Field(
        default=None, description="Where they come from, if you ask for them; else it is where the request comes from."
    )


class HoldShown(Thing):
    status: HoldStatus
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime = Field(description="At this very second the time is free again.")
    appointment_id: UUID | None = Field(description="What was booked by it.")


@routes.post("", status_code=201, response_model=HoldShown, responses=MAKES)
async def place_hold(body: HoldBody, call: Creating) -> Response:
    """Hold a free time for up to ten minutes. Refused as a booking is; `too_many_holds`: one contact holds at most 3 times at once,
    one address (of IPv6: one /64 network) at most 10."""
    command = PlaceHold(
        body.service_id,
        body.clinician_id,
        body.starts_at,
        body.minutes,
        body.contact,
        body.client_address or _address(call),
    )

    return await call.create(command, routes.prefix, shower(call))


@routes.get("/{hold_id}", response_model=HoldShown, responses=READS_ONE)
async def get_hold(hold_id: UUID, call: Showing) -> Response:
    """One hold, and whether it still holds, or did at that moment."""
    return await call.show_at(Permission.READ_VISITS, Hold, hold_id, lambda moment: shower(call, moment.at))


@routes.delete("/{hold_id}", response_model=HoldShown, responses=CHANGES)
async def release_hold(hold_id: UUID, call: Changing) -> Response:
    """Give a held time back. What was used, released or has expired stays so."""
    return await call.change(ReleaseHold(hold_id, expected_version=call.expected_version), shower(call))


def shower(call: Call, at: datetime | None = None) -> Callable[[Hold], dict[str, object]]:
    """Return what shows a hold as it stands at an instant, or at this moment."""
    now = at or call.container.clock.now()

    def show(hold: Hold) -> dict[str, object]:
        return {
            "status": hold.status_at(now),
            "service_id": hold.service_id,
            "clinician_id": hold.clinician_id,
            "location_id": hold.location_id,
            "resource_ids": hold.resource_ids,
            "starts_at": hold.starts_at,
            "ends_at": hold.ends_at,
            "expires_at": hold.expires_at,
            "appointment_id": hold.appointment_id,
        }

    return show


def _address(call: Call) -> IPv4Address | IPv6Address | None:
    """Where the request comes from; not known behind a socket that is no address."""
    try:
        return ip_address(call.request.client.host) if call.request.client else None
    except ValueError:
        return None
