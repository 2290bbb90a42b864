"""/v1/waitlist, /v1/openings and /v1/offers: entries, freed times, and their offers."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id, decoded_number
from api.http.reach import own_or
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.http.schemas import sent_fields
from api.practice.hours_schemas import WeeklyRange
from api.scheduling.appointments.schemas import Empty
from api.waitlist.presenters import (
    present_entry,
    present_entry_row,
    present_offer,
    present_offer_row,
    present_opening_with_offers,
)
from api.waitlist.schemas import (
    EntryBody,
    EntryPage,
    EntryPatch,
    EntryShown,
    OfferPage,
    OfferShown,
    OpeningBody,
    OpeningPage,
    OpeningShown,
    Window,
)
from application.kernel.commands import Command
from application.kernel.permissions import Permission
from application.patients.person import person_of
from application.waitlist.accept_offer import AcceptOffer
from application.waitlist.change_entry import ChangeEntry
from application.waitlist.end_offer import DeclineOffer, WithdrawOffer
from application.waitlist.join_waitlist import JoinWaitlist
from application.waitlist.offer_by_hand import OfferByHand
from application.waitlist.withdraw_entry import WithdrawEntry
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.offer import Offer
from domain.waitlist.opening import Opening
from domain.waitlist.preferences import WaitlistPreferences

routes = APIRouter(prefix="/v1", tags=["wait list"])


@routes.post("/waitlist", status_code=201, response_model=EntryShown, responses=MAKES)
async def join_waitlist(body: EntryBody, call: Creating) -> Response:
    """Add a patient to the wait list. Offers are made in the order of joining.

    A key that is bound to a clinician adds entries for that clinician only. Refused for a merged
    patient: `patient_merged`.
    """

    def command() -> JoinWaitlist:
        clinician_id = body.clinician_id or call.actor.clinician_id
        preferences = WaitlistPreferences(
            clinician_id, _ranges(call, body.windows), body.notice_minutes, _weekly(body.weekly)
        )
        return JoinWaitlist(body.patient_id, body.service_id, preferences)

    return await call.execute(command, lambda outcome: made(outcome, "/v1/waitlist", present_entry))


@routes.get("/waitlist", response_model=EntryPage, responses=READS_ONE)
async def list_waitlist(
    call: Reading,
    patient_id: UUID | None = None,
    service_id: UUID | None = None,
    clinician_id: UUID | None = None,
    status: EntryStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List entries in the order of joining. `clinician_id`: those for this clinician only.

    A key that is bound to a clinician gets the entries for that one, and those for any.
    """

    def page() -> Answer:
        call.log.require((Clinician, clinician_id), (Service, service_id))
        own_or(call.actor, clinician_id)
        behind, tenant_id = decoded_number(cursor) or 0, call.actor.tenant_id
        patient_ids = person_of(call.log, patient_id).ids if patient_id else ()
        reached = call.container.wait_for(tenant_id, "waitlist", after)
        rows, following = call.container.waitlist.queries.entries(
            tenant_id,
            patient_ids=patient_ids,
            service_id=service_id,
            clinician_id=clinician_id,
            served_by=call.actor.clinician_id,
            status=status,
            after=behind,
            limit=limit,
        )
        return collected("entries", [present_entry_row(row) for row in rows], cursor_behind(following), reached)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/waitlist/{entry_id}", response_model=EntryShown, responses=READS_ONE)
async def get_waitlist_entry(entry_id: UUID, call: Showing) -> Response:
    """Return one entry, now or in the past."""
    return await call.get(Permission.READ_VISITS, WaitlistEntry, entry_id, present_entry)


@routes.patch("/waitlist/{entry_id}", response_model=EntryShown, responses=CHANGES)
async def change_waitlist_entry(entry_id: UUID, body: EntryPatch, call: Changing) -> Response:
    """Change the preferences of an entry; it keeps its place.

    Refused if it was served or withdrawn: `no_longer_waiting`.
    """

    def command() -> ChangeEntry:
        changes = sent_fields(body, without=("windows", "weekly"))
        if "windows" in body.model_fields_set:
            changes["windows"] = _ranges(call, body.windows)
        if "weekly" in body.model_fields_set:
            changes["weekly"] = _weekly(body.weekly)
        return ChangeEntry(entry_id, changes, expected_version=call.expected_version)

    return await call.execute(command, lambda outcome: changed(outcome, present_entry))


@routes.delete("/waitlist/{entry_id}", response_model=EntryShown, responses=CHANGES)
async def withdraw_waitlist_entry(entry_id: UUID, call: Changing) -> Response:
    """Remove an entry from the wait list and withdraw its open offers. A repeat changes nothing.

    Refused if it was served: `no_longer_waiting`.
    """
    return await call.change(WithdrawEntry(entry_id, expected_version=call.expected_version), present_entry)


def _weekly(ranges: list[WeeklyRange]) -> tuple[str, ...]:
    return tuple(each.text() for each in ranges)


def _ranges(call: Call, windows: list[Window]) -> tuple[TimeRange, ...]:
    zone = call.log.catalogue().one(Practice, call.actor.tenant_id).zone
    return tuple(sorted(window.range(zone) for window in windows))


@routes.post("/openings", status_code=201, response_model=OpeningShown, responses=MAKES)
async def offer_by_hand(body: OpeningBody, call: Creating) -> Response:
    """Offer a free time to chosen entries, regardless of their preferences.

    The first who accepts gets it; the others keep their places. Refused as a booking is, and with
    `no_longer_waiting` if an entry was served or withdrawn. `passed_over` lists the entries before
    them in line: `chosen_by_staff` are those whom the time would have suited.
    """
    command = OfferByHand(tuple(body.entry_ids), body.clinician_id, body.starts_at, body.minutes)
    return await call.execute(
        command,
        lambda outcome: made(
            outcome,
            "/v1/openings",
            lambda opening: present_opening_with_offers(call, opening, call.container.clock.now(), outcome.position),
        ),
    )


@routes.get("/openings", response_model=OpeningPage, responses=READS_ONE)
async def list_openings(
    call: Reading, clinician_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """List openings, oldest first, each with its offers and the entries that were passed over.

    A key that is bound to a clinician gets only that clinician's openings.
    """

    def page() -> Answer:
        call.log.require((Clinician, clinician_id))
        behind, tenant_id = decoded_number(cursor) or 0, call.actor.tenant_id
        reached = call.container.wait_for(tenant_id, "waitlist", after)
        ids, following = call.container.waitlist.queries.openings(
            tenant_id, clinician_id=own_or(call.actor, clinician_id), after=behind, limit=limit
        )
        now, found = call.container.clock.now(), call.log.load_all(Opening, ids)
        openings = [
            {"id": id, "version": found[id].version, **present_opening_with_offers(call, found[id], now)} for id in ids
        ]
        return collected("openings", openings, cursor_behind(following), reached)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/openings/{opening_id}", response_model=OpeningShown, responses=READS_ONE)
async def get_opening(opening_id: UUID, call: Showing) -> Response:
    """Return one opening: its offers in order, the answers, and who was passed over and why."""
    return await call.get_at(
        Permission.READ_VISITS,
        Opening,
        opening_id,
        lambda point: lambda opening: present_opening_with_offers(call, opening, point.at, point.position),
    )


@routes.get("/offers", response_model=OfferPage, responses=READS_ONE)
async def list_offers(
    call: Reading,
    entry_id: UUID | None = None,
    opening_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List offers in the order in which they were made.

    A key that is bound to a clinician gets only offers of that clinician's time.
    """

    def page() -> Answer:
        call.log.require((WaitlistEntry, entry_id), (Opening, opening_id))
        behind, tenant_id, now = decoded_id(cursor), call.actor.tenant_id, call.container.clock.now()
        reached = call.container.wait_for(tenant_id, "waitlist", after)
        rows, following = call.container.waitlist.queries.offers(
            tenant_id,
            entry_id=entry_id,
            opening_id=opening_id,
            clinician_id=call.actor.clinician_id,
            after=behind,
            limit=limit,
        )
        return collected("offers", [present_offer_row(row, now) for row in rows], cursor_behind(following), reached)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/offers/{offer_id}", response_model=OfferShown, responses=READS_ONE)
async def get_offer(offer_id: UUID, call: Showing) -> Response:
    """Return one offer and its status, now or in the past."""
    return await call.get_at(
        Permission.READ_VISITS, Offer, offer_id, lambda point: lambda offer: present_offer(offer, point.at)
    )


@routes.post("/offers/{offer_id}/accept", response_model=OfferShown, responses=CHANGES)
async def accept_offer(offer_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Book the offered visit; the entry's other offers are withdrawn.

    Refused with `offer_ended` if it was answered or withdrawn, or another entry accepted first;
    with `offer_expired` if it is too late. The entry then keeps its place in line.
    """
    return await _answer(call, AcceptOffer(offer_id, expected_version=call.expected_version))


@routes.post("/offers/{offer_id}/decline", response_model=OfferShown, responses=CHANGES)
async def decline_offer(offer_id: UUID, call: Changing, body: Empty | None = None) -> Response:
    """Decline an offer: the next entry gets one, and this one keeps its place.

    A repeat changes nothing.
    """
    return await _answer(call, DeclineOffer(offer_id, expected_version=call.expected_version))


@routes.delete("/offers/{offer_id}", response_model=OfferShown, responses=CHANGES)
async def withdraw_offer(offer_id: UUID, call: Changing) -> Response:
    """Withdraw an offer. An answered, withdrawn or expired one stays as it is."""
    return await _answer(call, WithdrawOffer(offer_id, expected_version=call.expected_version))


async def _answer(call: Call, command: Command[Offer]) -> Response:
    return await call.change(command, lambda offer: present_offer(offer, call.container.clock.now()))
