"""/v1/clinicians/{clinician_id}/hand-over: a clinician's visits go to colleagues."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import Creating
from api.http.resource_responses import MAKES, changed
from api.http.schemas import command_of
from api.scheduling.hand_overs.presenters import present_hand_over, present_plan
from api.scheduling.hand_overs.schemas import HandOverBody, HandOverPreview, HandOverShown
from application.scheduling.hand_overs.hand_over_visits import HandOverVisits, PreviewHandOver

routes = APIRouter(prefix="/v1", tags=["scheduling"])


@routes.post("/clinicians/{clinician_id}/hand-over", response_model=HandOverShown | HandOverPreview, responses=MAKES)
async def hand_over_visits(clinician_id: UUID, body: HandOverBody, call: Creating) -> Response:
    """Give a clinician's coming visits, requests and sessions to colleagues, all in one step.

    Each keeps its time, location, length, buffers and price, and its rooms if they can be used. It
    is refused by itself as a booking is: `kept` has the code of the reason, and it stays. With
    `dry_run` the answer shows who could take which, and nothing is recorded. At most 500 visits at
    once; `nothing_to_hand_over` if nobody can take any of them. A key that is bound to a clinician
    may not do this.
    """
    command = command_of(HandOverVisits, body, without=("dry_run",), clinician_id=clinician_id)

    if body.dry_run:
        return await call.ask(PreviewHandOver(command), lambda plan: Answer(present_plan(plan)))
    return await call.execute(command, lambda outcome: changed(outcome, present_hand_over))
