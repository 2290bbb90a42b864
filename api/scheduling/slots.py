"""GET /v1/slots: the times that can be booked, by the same function that a booking is checked by."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.answers import Answer
from api.calls import Reading
from api.scheduling.schemas import Slots
from api.things import READS_ONE, problems
from api.windows import From, To, window
from application.permissions import Action
from application.scheduling.find_slots import LONGEST_WINDOW, FindSlots, FindSlotsHandler

routes = APIRouter(prefix="/v1/slots", tags=["scheduling"])


@routes.get("", response_model=Slots, responses=READS_ONE | problems(422))
async def find_slots(
    call: Reading, service_id: UUID, from_: From, to: To, clinician_id: UUID | None = None
) -> Response:
    """Starts inside the window that could be booked at `position`; of every clinician who gives the service, or of one."""

    def find() -> Answer:
        within = window(call.log, from_, to, LONGEST_WINDOW)
        find = FindSlotsHandler(call.world.logs, call.world.clock)
        found = find(call.actor.tenant_id, FindSlots(service_id, clinician_id, within))
        slots = [
            {
                "starts_at": slot.starts_at,
                "ends_at": slot.ends_at,
                "clinician_id": clinician,
                "location_id": slot.location_id,
                "resource_ids": slot.resource_ids,
            }
            for slot, clinician in sorted(
                ((slot, clinician) for clinician, slots in found.by_clinician for slot in slots),
                key=lambda pair: pair[0].starts_at,
            )
        ]
        return Answer({"slots": slots, "position": found.position})

    return await call.read(Action.READ_PRACTICE, find)
