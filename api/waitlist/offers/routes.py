"""/v1/offers: what is offered to one who waits, and what they answer."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, READS_ONE, changed, collected
from api.scheduling.appointments.schemas import Empty
from api.waitlist.entries.presenters import offer_shower, show_offer_row
from api.waitlist.entries.schemas import OfferPage, OfferShown
from application.kernel.commands import Command
from application.kernel.permissions import Permission
from application.waitlist.accept_offer import AcceptOffer
from application.waitlist.end_offer import DeclineOffer, WithdrawOffer
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer
from domain.waitlist.opening import Opening

routes = APIRouter(prefix="/v1/offers", tags=["wait list"])


@routes.get("", response_model=OfferPage, responses=READS_ONE)
async def list_offers(
    call: Reading,
    entry_id: UUID | None = None,
    opening_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Offers in the order in which they were made."""

    def page() -> Answer:
        call.log.require((WaitlistEntry, entry_id), (Opening, opening_id))
        behind, tenant_id, now = decoded_id(cursor), call.actor.tenant_id, call.container.clock.now()
        call.container.wait_for(tenant_id, "waitlist", after)
        rows, following = call.container.waitlist.queries.offers(
            tenant_id, entry_id=entry_id, opening_id=opening_id, after=behind, limit=limit
        )
        return collected("offers", [show_offer_row(row, now) for row in rows], cursor_behind(following), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{offer_id}", response_model=OfferShown, responses=READS_ONE)
async def get_offer(offer_id: UUID, call: Showing) -> Response:
    """One offer, and whether it still stands, or did at that moment."""
    return await call.get_at(Permission.READ_VISITS, Offer, offer_id, lambda moment: offer_shower(moment.at))


@routes.post("/{offer_id}/accept", response_model=OfferShown, responses=CHANGES)
async def accept_offer(offer_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Book the visit that was offered; whatever else was offered to the person goes back. `offer_ended`: it was answered, withdrawn, or
    somebody else to whom it was offered was first; `offer_expired`: too late. Either way the entry keeps its place in line."""
    return await _answer(call, AcceptOffer(offer_id, call.expected_version))


@routes.post("/{offer_id}/decline", response_model=OfferShown, responses=CHANGES)
async def decline_offer(offer_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Say no: the person keeps their place in line, and the time is offered to the next one. Declining twice changes nothing."""
    return await _answer(call, DeclineOffer(offer_id, call.expected_version))


@routes.delete("/{offer_id}", response_model=OfferShown, responses=CHANGES)
async def withdraw_offer(offer_id: UUID, call: Changing) -> Response:
    """Take an offer back. What was answered, withdrawn or has expired stays so."""
    return await _answer(call, WithdrawOffer(offer_id, call.expected_version))


async def _answer(call: Call, command: Command[Offer]) -> Response:
    return await call.execute(command, lambda outcome: changed(outcome, offer_shower(call.container.clock.now())))
