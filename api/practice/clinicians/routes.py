"""/v1/clinicians: who sees patients."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, listed
from api.http.schemas import Body, Page, Text, Thing, chosen
from api.practice.services.limits import Limits, show_limits
from application.kernel.permissions import Permission
from application.practice.change_clinician import ChangeClinician
from application.practice.join_clinician import JoinClinician
from domain.practice.clinician import Clinician

routes = APIRouter(prefix="/v1/clinicians", tags=["clinicians"])


_LIMITS: Final = "How many visits the clinician gives at most, of all services together."


class ClinicianBody(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Dr. Noa Levi", "email": "noa@example.org", "zone": "Asia/Jerusalem"}]}
    )

    name: Text
    email: Text | None = None
    zone: Text
    limits: Limits = Field(default=Limits(), description=_LIMITS)


class ClinicianPatch(Body):
    """What is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": None}, {"limits": {"per_day": 8, "per_week": 30}}]}
    )

    name: Text = ""
    email: Text | None = None
    zone: Text = ""
    limits: Limits = Field(default=Limits(), description=_LIMITS)


class ClinicianShown(Thing):
    name: str | None
    email: str | None
    zone: str
    limits: Limits


class ClinicianPage(Page):
    clinicians: list[ClinicianShown]


def show(clinician: Clinician) -> dict[str, object]:
    return {
        "name": clinician.name or None,
        "email": clinician.email or None,
        "zone": clinician.zone,
        "limits": show_limits(clinician),
    }


@routes.post("", status_code=201, response_model=ClinicianShown, responses=MAKES)
async def join_clinician(body: ClinicianBody, call: Creating) -> Response:
    """Add a clinician."""
    command = JoinClinician(body.name, body.email, body.zone, body.limits.value())
    return await call.create(command, routes.prefix, show)


@routes.get("", response_model=ClinicianPage, responses=READS)
async def list_clinicians(call: Reading, limit: Limit = MOST, cursor: Cursor = None) -> Response:
    """All clinicians, in the order in which they joined."""
    return await call.read(
        Permission.READ_PRACTICE, lambda: listed(call.log, Clinician, "clinicians", show, limit, cursor)
    )


@routes.get("/{clinician_id}", response_model=ClinicianShown, responses=READS_ONE)
async def get_clinician(clinician_id: UUID, call: Showing) -> Response:
    """One clinician."""
    return await call.show(Permission.READ_PRACTICE, Clinician, clinician_id, show)


@routes.patch("/{clinician_id}", response_model=ClinicianShown, responses=CHANGES)
async def change_clinician(clinician_id: UUID, body: ClinicianPatch, call: Changing) -> Response:
    """Change who a clinician is."""
    limits = body.limits.value() if "limits" in body.model_fields_set else None
    changes = chosen(body, dict, without=("limits",))
    command = ChangeClinician(clinician_id, changes, limits, expected_version=call.expected_version)
    return await call.change(command, show)
