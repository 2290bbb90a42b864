"""/v1/feeds, to which other calendars subscribe, and invitations."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from api.http.answers import Answer, CostlyAnswer
from api.http.calendar_file import ICALENDAR, CalendarFile
from api.http.calls import After, AppServices, Call, Changing, Creating, Reading, Showing
from api.http.conditional import seen_by
from api.http.paging import MAX_PAGE_SIZE, Cursor, Limit, cursor_behind, decoded_id
from api.http.reach import authorise_reading, own_or
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, collected, made, problems
from api.scheduling.calendars.feed_content import written_feed
from api.scheduling.calendars.presenters import (
    appointment_invitation,
    feed_content,
    present_feed,
    present_feed_record,
    seat_invitation,
)
from api.scheduling.calendars.schemas import ClinicianFeedBody, FeedOpened, FeedPage, FeedShown, PatientFeedBody
from application.access.secret_keys import FEED_PREFIX, hash_of, is_well_formed, new_token
from application.kernel.errors import NotFoundError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from application.patients.person import person_of
from application.scheduling.calendars.open_feed import OpenFeed, authorise_feed
from application.scheduling.calendars.revoke_feed import RevokeFeed
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.calendars.feed import Detail, Feed
from domain.scheduling.errors import NotConfirmedError
from domain.scheduling.sessions.group_session import GroupSession
from projections.engine.errors import ViewBehindError

routes = APIRouter(prefix="/v1", tags=["scheduling"])

MAX_ENTRIES: Final = 100
"""Of a feed that this process writes."""
_INVITATION: Final = {**ICALENDAR, **problems(403, 404, 409, 422)}


@routes.get("/appointments/{appointment_id}/invitation.ics", response_class=Response, responses=_INVITATION)
async def get_invitation(appointment_id: UUID, call: Reading) -> Response:
    """Return a visit as a message to the patient's calendar.

    `METHOD:REQUEST` while the visit is booked, `METHOD:CANCEL` afterwards. The UID stays the same
    and SEQUENCE rises with every change, so a later message moves or removes the visit. Refused for
    a request: `not_confirmed`.
    """

    def invite() -> CalendarFile:
        appointment = call.log.load(Appointment, appointment_id)
        authorise_reading(call.actor, appointment)
        if not appointment.was_agreed:
            raise NotConfirmedError
        return CalendarFile.of(appointment_invitation(call, appointment).encode(), seen_by(call.request))

    return await call.read(Permission.READ_PATIENTS, invite)


@routes.get("/sessions/{session_id}/invitation.ics", response_class=Response, responses=_INVITATION)
async def get_invitation_to_session(session_id: UUID, patient_id: UUID, call: Reading) -> Response:
    """Return a patient's seat in a session as a message to their calendar.

    `METHOD:REQUEST` while they have the seat and the session is planned, `METHOD:CANCEL`
    afterwards. Nobody else on the roster is named. Refused without a seat: `not_enrolled`.
    """

    def invite() -> CalendarFile:
        session, person = call.log.load(GroupSession, session_id), person_of(call.log, patient_id)
        authorise_reading(call.actor, session)
        return CalendarFile.of(seat_invitation(call, session, person.ids).encode(), seen_by(call.request))

    return await call.read(Permission.READ_PATIENTS, invite)


# Declared before the route of one feed by its id, whose path matches this one too.
@routes.get("/feeds/{token}.ics", response_class=Response, responses={**ICALENDAR, **problems(404, 422)})
async def read_feed(token: Annotated[str, Path(max_length=100)], request: Request) -> Response:
    """Return a feed's visits and sessions, from a month ago to a year ahead, as iCalendar.

    The token is the only credential. A wrong or revoked token and the feed of an erased patient are
    not found.
    """
    if not is_well_formed(token, FEED_PREFIX):
        raise NotFoundError("feed")
    services: AppServices = request.app.state.services
    token_hash = hashlib.sha256(token.encode()).digest()

    found = await services.thread_pool.run(token_hash, lambda: services.container.access.find_feed(token_hash))
    if found is None:
        raise NotFoundError("feed")
    tenant_id, feed_id = found

    def read() -> CalendarFile | CostlyAnswer:
        content = feed_content(services.container, tenant_id, feed_id)
        writer, seen = services.container.scheduling.calendar_writer, seen_by(request)
        if len(content.entries) <= MAX_ENTRIES:
            return CalendarFile.of(written_feed(writer, content), seen)
        calculator = services.container.calculator
        return CostlyAnswer(lambda: CalendarFile.of(calculator.run(written_feed, writer, content), seen))

    return await services.answer(tenant_id, read)


@routes.post("/clinicians/{clinician_id}/feeds", status_code=201, response_model=FeedOpened, responses=MAKES)
async def open_feed_of_clinician(clinician_id: UUID, body: ClinicianFeedBody, call: Creating) -> Response:
    """Open a feed of a clinician's visits. A key bound to a clinician opens only that one's."""
    return await _open(call, clinician_id, None, body.detail)


@routes.post("/patients/{patient_id}/feeds", status_code=201, response_model=FeedOpened, responses=MAKES)
async def open_feed_of_patient(patient_id: UUID, body: PatientFeedBody, call: Creating) -> Response:
    """Open a feed of a patient's visits, for the patient. Refused: `patient_merged`."""
    return await _open(call, None, patient_id, Detail(body.detail))


@routes.get("/feeds", response_model=FeedPage, responses=READS_ONE)
async def list_feeds(
    call: Reading,
    clinician_id: UUID | None = None,
    patient_id: UUID | None = None,
    limit: Limit = MAX_PAGE_SIZE,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List all feeds, also revoked ones, in the order of opening; their tokens are not stored.

    A key that is bound to a clinician gets only that clinician's feeds.
    """

    def page() -> Answer:
        call.log.require((Clinician, clinician_id), (Patient, patient_id))
        of_clinician = own_or(call.actor, clinician_id)
        reached = call.container.wait_for(call.actor.tenant_id, "access", after)
        feeds, next_id = call.container.access.feeds_of(
            call.actor.tenant_id, of_clinician, patient_id, after=decoded_id(cursor), limit=limit
        )
        return collected("feeds", [present_feed_record(feed) for feed in feeds], cursor_behind(next_id), reached)

    return await call.read(Permission.SHARE_CALENDARS, page)


@routes.get("/feeds/{feed_id}", response_model=FeedShown, responses=READS_ONE)
async def get_feed(feed_id: UUID, call: Showing) -> Response:
    """Return one feed, without its token."""

    def present(feed: Feed) -> dict[str, object]:
        authorise_feed(call.actor, feed.clinician_id)
        return present_feed(feed)

    return await call.get(Permission.SHARE_CALENDARS, Feed, feed_id, present)


@routes.delete("/feeds/{feed_id}", response_model=FeedShown, responses=CHANGES)
async def revoke_feed(feed_id: UUID, call: Changing) -> Response:
    """Revoke a feed: its token is not found any more. Programs may keep what they have read."""
    return await call.change(RevokeFeed(feed_id, expected_version=call.expected_version), present_feed)


async def _open(call: Call, clinician_id: UUID | None, patient_id: UUID | None, detail: Detail) -> Response:
    token = new_token(FEED_PREFIX)
    token_hash = hash_of(token)

    def present(outcome: Outcome[Feed]) -> Answer:
        with suppress(ViewBehindError):  # opened all the same, and found once the view has caught up
            call.container.wait_for(call.actor.tenant_id, "access", outcome.position)
        is_new = outcome.aggregate.token_hash == token_hash
        answer = made(outcome, "/v1/feeds", present_feed)
        return replace(answer, body={**answer.body, "url": f"/v1/feeds/{token}.ics" if is_new else None})

    return await call.execute(OpenFeed(clinician_id, patient_id, detail, token_hash), present)
