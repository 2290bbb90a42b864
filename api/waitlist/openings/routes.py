"""/v1/openings: times that are free for those who wait, and the log of whom each was offered to."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_number
from api.http.resource_responses import MAKES, READS_ONE, collected, made
from api.waitlist.entries.presenters import opening_shower
from api.waitlist.entries.schemas import OpeningBody, OpeningPage, OpeningShown
from application.kernel.permissions import Permission
from application.waitlist.offer_by_hand import OfferByHand
from domain.practice.clinician import Clinician
from domain.waitlist.opening import Opening

routes = APIRouter(prefix="/v1/openings", tags=["wait list"])


@routes.post("", status_code=201, response_model=OpeningShown, responses=MAKES)
async def offer_by_hand(body: OpeningBody, call: Creating) -> Response:
    """Offer a free time to people of your choice, whatever their preferences; of several the first who accepts has it, and the others keep
    their places. Refused as a booking is; `no_longer_waiting`: one of them has left the list. Who was earlier in line is listed in
    `passed_over`: `chosen_by_staff` are those whom the time would have fitted."""
    command = OfferByHand(tuple(body.entry_ids), body.clinician_id, body.starts_at, body.minutes)
    return await call.execute(
        command,
        lambda outcome: made(
            outcome, routes.prefix, opening_shower(call, call.container.clock.now(), outcome.position)
        ),
    )


@routes.get("", response_model=OpeningPage, responses=READS_ONE)
async def list_openings(
    call: Reading, clinician_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """Openings in the order in which they came about, each with whom it was offered to and who was passed over, and why."""

    def page() -> Answer:
        call.log.require((Clinician, clinician_id))
        behind, tenant_id = decoded_number(cursor) or 0, call.actor.tenant_id
        call.container.wait_for(tenant_id, "waitlist", after)
        ids, following = call.container.waitlist.queries.openings(
            tenant_id, clinician_id=clinician_id, after=behind, limit=limit
        )
        show = opening_shower(call, call.container.clock.now())
        found = call.log.load_all(Opening, ids)
        things = [{"id": id, "version": found[id].version, **show(found[id])} for id in ids]
        return collected("openings", things, cursor_behind(following), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{opening_id}", response_model=OpeningShown, responses=READS_ONE)
async def get_opening(opening_id: UUID, call: Showing) -> Response:
    """The fairness log of one free time: who was offered it, in what order, what they answered, and who was passed over, and why."""
    return await call.get_at(
        Permission.READ_VISITS,
        Opening,
        opening_id,
        lambda moment: opening_shower(call, moment.at, moment.position),
    )
