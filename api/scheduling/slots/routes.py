"""GET /v1/slots: the times that can be booked, by the same function that a booking is checked by."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer
from api.http.calls import Reading
from api.http.resource_responses import READS_ONE
from api.http.time_windows import From, To, window
from api.scheduling.appointments.schemas import Slots
from application.scheduling.availability.find_slots import LONGEST_WINDOW, FindSlots, FoundSlots

routes = APIRouter(prefix="/v1/slots", tags=["scheduling"])

Preferred: TypeAlias = Annotated[
    Sequence[UUID], Query(max_length=50, description="For anyone's slots: these come first, in this order.")
]


@routes.get("", response_model=Slots, responses=READS_ONE)
async def find_slots(
    call: Reading,
    service_id: UUID,
    from_: From,
    to: To,
    clinician_id: UUID | None = None,
    preferred_clinician_ids: Preferred = (),
) -> Response:
    """Starts inside the window that could be booked at `position`, in order of time: of one clinician, or of anyone.

    Without `clinician_id` each start is offered once, with who would be chosen: the preferred ones first, in their order; then who has
    the fewest visits on that day; then who joined first."""

    def query() -> FindSlots:
        within = window(call.log, from_, to, LONGEST_WINDOW)
        return FindSlots(service_id, clinician_id, within, tuple(preferred_clinician_ids))

    def present(found: FoundSlots) -> Answer:
        slots = [
            {
                "starts_at": slot.starts_at,
                "ends_at": slot.ends_at,
                "clinician_id": clinician,
                "location_id": slot.location_id,
                "resource_ids": slot.resource_ids,
            }
            for clinician, slot in found.choices
        ]
        return Answer({"slots": slots, "position": found.position})

    return await call.ask(query, present)
