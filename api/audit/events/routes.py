"""GET /v1/events: a practice's log, event by event, in a form that its receiver can verify."""

import base64
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer
from api.http.calls import Following
from api.http.resource_responses import READS
from api.http.schemas import Shown
from application.kernel.permissions import Permission, authorise
from domain.kernel.personal_data import Erased
from domain.kernel.recorded_event import RecordedEvent

routes = APIRouter(prefix="/v1/events", tags=["history"])

Behind = Annotated[
    int, Query(ge=0, le=2**62, description="Events behind this position; `after` of the page before, 0 for the first.")
]
EventLimit = Annotated[int, Query(ge=1, le=1000, description="How many to return at most.")]
Unseal = Annotated[bool, Query(description="Open what is personal, for keys that may read who patients are.")]


class EventShown(Shown):
    """One event as it was recorded. `sealed` is the ciphertext of what is personal (base64), `hash` the link of the chain (hex)."""

    position: int
    event_type: str
    schema_version: int
    stream_id: UUID
    version: int
    body: dict[str, object]
    is_sealed: bool = Field(description="Something personal belongs to this event.")
    sealed: str | None
    personal: dict[str, object] | None = Field(
        description="What was sealed, if it was asked for; null once its person was erased."
    )
    actor: str
    command_id: UUID
    command_part: int
    fingerprint: str | None
    causation_id: UUID | None
    effective_at: datetime
    recorded_at: datetime
    hash: str


class EventPage(Shown):
    model_config = ConfigDict(extra="allow")

    practice_id: UUID
    events: list[EventShown]
    after: int = Field(description="Send it as `after` for what comes next, now or later.")
    position: int = Field(description="The log's newest position; the page is the last one if `after` has reached it.")


@routes.get("", response_model=EventPage, responses=READS)
async def list_events(call: Following, after: Behind = 0, limit: EventLimit = 200, unseal: Unseal = False) -> Response:
    """The log in order of its positions, without a gap. It only grows: what was read once never changes."""

    def page() -> Answer:
        if unseal:
            authorise(call.actor, Permission.READ_PATIENTS)
        events, head = call.container.audit.events.recorded_page(call.actor.tenant_id, after, limit, unseal=unseal)
        return Answer(
            {
                "practice_id": call.actor.tenant_id,
                "events": [_shown(event) for event in events],
                "after": events[-1].position if events else after,
                "position": head,
            }
        )

    return await call.read(Permission.READ_LOG, page)


def _shown(event: RecordedEvent) -> dict[str, object]:
    return {
        "position": event.position,
        "event_type": event.event_type,
        "schema_version": event.schema_version,
        "stream_id": event.stream_id,
        "version": event.version,
        "body": event.body,
        "is_sealed": event.sealed is not None,
        "sealed": None if event.sealed is None else base64.b64encode(event.sealed).decode(),
        "personal": None if isinstance(event.personal, Erased) else event.personal,
        "actor": event.actor,
        "command_id": event.command_id,
        "command_part": event.command_part,
        "fingerprint": None if event.fingerprint is None else event.fingerprint.hex(),
        "causation_id": event.causation_id,
        "effective_at": event.effective_at,
        "recorded_at": event.recorded_at,
        "hash": event.hash.hex(),
    }
