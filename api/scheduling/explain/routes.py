"""GET /v1/slots/explain: why a time can be booked, or why it cannot."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.http.answers import Answer
from api.http.calls import Reading
from api.http.resource_responses import READS_ONE
from api.http.schemas import Shown
from api.http.times import moment
from api.scheduling.appointments.schemas import SlotShown
from api.scheduling.explain.presenters import ObstacleShown, show_reasons
from application.scheduling.availability.explain_slot import ExplainSlot, Explanation
from domain.practice.practice import Practice

routes = APIRouter(prefix="/v1/slots", tags=["scheduling"])

At = Annotated[
    str,
    Query(
        max_length=40,
        description="The start in question: RFC 3339 with an offset, or a date for its first moment in the practice's zone.",
        examples=["2026-06-01T09:00:00+02:00"],
    ),
]


class ExplanationShown(Shown):
    """`reasons` is empty exactly where the time could be booked at `position`: then there is a `slot`."""

    starts_at: datetime
    is_free: bool
    slot: SlotShown | None
    reasons: list[ObstacleShown]
    position: int = Field(description="The log's position of which this is true.")


@routes.get("/explain", response_model=ExplanationShown, responses=READS_ONE)
async def explain_slot(call: Reading, service_id: UUID, clinician_id: UUID, at: At) -> Response:
    """Every rule and every visit that keeps a start from being offered, each with the event that says so.

    Keys that do not see patients learn that a time is taken, and nothing of the visit that takes it."""

    def query() -> ExplainSlot:
        zone = call.log.catalogue(at_least=1).one(Practice, call.actor.tenant_id).zone
        return ExplainSlot(service_id, clinician_id, moment(at, zone, "at"))

    def present(found: Explanation) -> Answer:
        slot, starts_at = found.slot, found.starts_at
        return Answer(
            {
                "starts_at": starts_at,
                "is_free": slot is not None,
                "slot": None if slot is None else {**slot._asdict(), "clinician_id": clinician_id},
                "reasons": show_reasons(
                    call, found.catalogue, service_id, clinician_id, starts_at, found.obstacles, found.position
                ),
                "position": found.position,
            }
        )

    return await call.ask(query, present)
