"""GET and PATCH /v1/practice: the caller's own practice."""

from typing import Final

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Changing, Showing
from api.http.resource_responses import CHANGES, READS_ONE
from api.http.schemas import Body, Text, Thing, Truth, Whole, chosen
from api.practice.practice.holidays import Holidays, show_holidays
from application.kernel.permissions import Permission
from application.practice.change_practice import ChangePractice
from domain.practice.practice import LONGEST_OFFER_MINUTES, OFFER_MINUTES, Practice

routes = APIRouter(prefix="/v1/practice", tags=["practice"])


_HOLIDAYS: Final = "Public holidays on which the practice is closed; null for none."


class PracticePatch(Body):
    """What is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Praxis am Park", "locale": "de-DE"},
                {"holidays": {"country": "DE", "subdivision": "BE"}},
                {"pending_counts": True},
                {"auto_fill": False, "offer_minutes": 30},
            ]
        }
    )

    name: Text = ""
    zone: Text = ""
    currency: Text = ""
    locale: Text = ""
    holidays: Holidays | None = Field(default=None, description=_HOLIDAYS)
    pending_counts: Truth = Field(
        default=False, description="Whether requests and holds count toward limits, as booked visits do."
    )
    auto_fill: Truth = Field(
        default=True,
        description="Whether freed time is offered to the wait list, in the order of joining; otherwise staff offer it by hand.",
    )
    offer_minutes: Whole = Field(
        default=OFFER_MINUTES, ge=1, le=LONGEST_OFFER_MINUTES, description="How long they have to answer."
    )


class PracticeShown(Thing):
    name: str
    zone: str
    currency: str
    locale: str
    holidays: Holidays | None
    pending_counts: bool
    auto_fill: bool
    offer_minutes: int


def show(practice: Practice) -> dict[str, object]:
    return {
        "name": practice.name,
        "zone": practice.zone,
        "currency": practice.currency,
        "locale": practice.locale,
        "holidays": show_holidays(practice.holidays),
        "pending_counts": practice.pending_counts,
        "auto_fill": practice.auto_fill,
        "offer_minutes": practice.offer_minutes,
    }


@routes.get("", response_model=PracticeShown, responses=READS_ONE)
async def get_practice(call: Showing) -> Response:
    """The practice that the key belongs to."""
    return await call.show(Permission.READ_PRACTICE, Practice, call.actor.tenant_id, show)


@routes.patch("", response_model=PracticeShown, responses=CHANGES)
async def change_practice(body: PracticePatch, call: Changing) -> Response:
    """Change the practice's settings."""
    command = ChangePractice(
        call.actor.tenant_id,
        chosen(body, dict, without=("holidays", "pending_counts", "auto_fill", "offer_minutes")),
        body.holidays.value() if body.holidays else None,
        "holidays" in body.model_fields_set,
        body.pending_counts if "pending_counts" in body.model_fields_set else None,
        body.auto_fill if "auto_fill" in body.model_fields_set else None,
        body.offer_minutes if "offer_minutes" in body.model_fields_set else None,
        expected_version=call.expected_version,
    )
    return await call.change(command, show)
