"""/v1/feeds: calendars of somebody's visits that other programs subscribe to."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer
from api.http.calendar_file import ICALENDAR, CalendarFile, seen_by
from api.http.calls import After, AppServices, Call, Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, collected, made, problems
from api.http.schemas import Body, Page, Thing
from api.scheduling.feeds.presenters import calendar_of
from application.kernel.errors import NotFoundError
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission, authorise_visit
from application.scheduling.calendars.feed_tokens import is_token, new_token
from application.scheduling.calendars.open_feed import OpenFeed, authorise_feed
from application.scheduling.calendars.revoke_feed import RevokeFeed
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.scheduling.calendars.feed import Detail, Feed
from projections.access.tokens.queries import FeedRecord
from projections.engine.errors import ViewBehindError

routes = APIRouter(prefix="/v1", tags=["scheduling"])

_PATH = "/v1/feeds"


class ClinicianFeedBody(Body):
    """`detail` is how much the holder of the token can read: `busy` (when), `visit` (what and where), `initials` or `name` (of the
    patient). Calendar programs keep what they read, and many send it on to a server: choose with care."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"detail": "busy"}]})

    detail: Detail = Detail.BUSY


class PatientFeedBody(Body):
    """`detail`: `busy` (when) or `visit` (what, where and with whom). The patient's name is not shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"detail": "visit"}]})

    detail: Literal["busy", "visit"] = "busy"


class FeedShown(Thing):
    clinician_id: UUID | None
    patient_id: UUID | None
    detail: Detail
    revoked: bool


class FeedOpened(FeedShown):
    url: str | None = Field(
        description="The path to subscribe to; its token is shown this once: a repeated request finds null."
    )


class FeedListed(FeedShown):
    opened_at: datetime
    revoked_at: datetime | None


class FeedPage(Page):
    feeds: list[FeedListed]


def show(feed: Feed) -> dict[str, object]:
    return {
        "clinician_id": feed.clinician_id,
        "patient_id": feed.patient_id,
        "detail": feed.detail,
        "revoked": feed.is_revoked,
    }


# Before the route of one feed by its id, whose form this one has too.
@routes.get("/feeds/{token}.ics", response_class=Response, responses={**ICALENDAR, **problems(404)})
async def read_feed(token: Annotated[str, Path(max_length=100)], request: Request) -> Response:
    """A feed's visits and sessions from a month ago to a year ahead, as iCalendar. The token is the key: no other is needed. A token that
    is wrong or was revoked, and a feed of a patient who was erased, are unknown alike."""
    if not is_token(token):
        raise NotFoundError("feed")
    services: AppServices = request.app.state.services
    token_hash = hashlib.sha256(token.encode()).digest()

    def read() -> CalendarFile:
        found = services.container.access.find_feed(token_hash)
        if found is None:
            raise NotFoundError("feed")
        return CalendarFile(calendar_of(services.container, *found), seen_by(request))

    return (await services.thread_pool.run(token_hash, read)).response()


@routes.post("/clinicians/{clinician_id}/feeds", status_code=201, response_model=FeedOpened, responses=MAKES)
async def open_feed_of_clinician(clinician_id: UUID, body: ClinicianFeedBody, call: Creating) -> Response:
    """Open a feed of a clinician's visits. A key that is bound to a clinician opens feeds of that clinician alone."""
    return await _open(call, clinician_id, None, body.detail)


@routes.post("/patients/{patient_id}/feeds", status_code=201, response_model=FeedOpened, responses=MAKES)
async def open_feed_of_patient(patient_id: UUID, body: PatientFeedBody, call: Creating) -> Response:
    """Open a feed of a patient's visits, for themselves. A patient who was merged into another one is refused: `patient_merged`."""
    return await _open(call, None, patient_id, Detail(body.detail))


@routes.get("/feeds", response_model=FeedPage, responses=READS_ONE | problems(422))
async def list_feeds(
    call: Reading,
    clinician_id: UUID | None = None,
    patient_id: UUID | None = None,
    limit: Limit = MOST,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """All feeds that were ever opened, in order; their tokens are not kept. A key that is bound to a clinician lists that one's."""

    def page() -> Answer:
        call.log.require((Clinician, clinician_id), (Patient, patient_id))
        whose = call.actor.clinician_id or clinician_id
        if call.actor.clinician_id is not None and clinician_id is not None:
            authorise_visit(call.actor, clinician_id, "clinician")
        call.container.wait_for(call.actor.tenant_id, "access", after)
        feeds, next_id = call.container.access.feeds_of(
            call.actor.tenant_id, whose, patient_id, after=decoded_id(cursor), limit=limit
        )
        return collected("feeds", [_listed(feed) for feed in feeds], cursor_behind(next_id), after)

    return await call.read(Permission.SHARE_CALENDARS, page)


@routes.get("/feeds/{feed_id}", response_model=FeedShown, responses=READS_ONE)
async def get_feed(feed_id: UUID, call: Showing) -> Response:
    """One feed, without its token."""

    def seen(feed: Feed) -> dict[str, object]:
        authorise_feed(call.actor, feed.clinician_id)
        return show(feed)

    return await call.show(Permission.SHARE_CALENDARS, Feed, feed_id, seen)


@routes.delete("/feeds/{feed_id}", response_model=FeedShown, responses=CHANGES)
async def revoke_feed(feed_id: UUID, call: Changing) -> Response:
    """Revoke a feed: from the answer on its token opens nothing. What calendars have read by then, they may keep."""
    return await call.change(RevokeFeed(feed_id, call.expected_version), show)


async def _open(call: Call, clinician_id: UUID | None, patient_id: UUID | None, detail: Detail) -> Response:
    token = new_token()
    token_hash = hashlib.sha256(token.encode()).hexdigest()

    def present(outcome: Outcome[Feed]) -> Answer:
        _until_known(call, outcome.position)
        is_new = outcome.aggregate.token_hash == token_hash
        answer = made(outcome, _PATH, show)
        return Answer(
            {**answer.body, "url": f"{_PATH}/{token}.ics" if is_new else None}, 201, answer.version, answer.location
        )

    return await call.execute(OpenFeed(clinician_id, patient_id, detail, token_hash), present)


def _until_known(call: Call, position: int) -> None:
    """Wait until the token can be read with. What was recorded stands, even if no projector runs at this moment."""
    try:
        call.container.wait_for(call.actor.tenant_id, "access", position)
    except ViewBehindError:
        return


def _listed(feed: FeedRecord) -> dict[str, object]:
    return {
        "id": feed.feed_id,
        "version": feed.version,
        "clinician_id": feed.clinician_id,
        "patient_id": feed.patient_id,
        "detail": feed.detail,
        "revoked": feed.revoked_at is not None,
        "opened_at": feed.opened_at,
        "revoked_at": feed.revoked_at,
    }
