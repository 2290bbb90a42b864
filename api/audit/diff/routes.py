"""GET /v1/diff: what a stretch of the log changed: which things, from what to what, by which events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.audit.diff.kinds import KINDS, word
from api.audit.history.routes import ChangeShown
from api.http.answers import Answer
from api.http.calls import Call, Reading
from api.http.moments import moment_of
from api.http.paging import Cursor, Limit, cursor_behind, decoded_number
from api.http.resource_responses import READS_ONE
from api.http.schemas import Page, Shown
from application.kernel.errors import NotFoundError
from application.kernel.permissions import Permission
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.provenance import ChangedStream
from projections.audit.history.sentences import sentence

routes = APIRouter(prefix="/v1/diff", tags=["history"])

_MOST_CITED: Final = 200
_MOST_FOLDED: Final = 10_000
"""Events that one page is folded from, unless a single thing has more."""
_MOST_READ: Final = 20_000
"""Positions that are searched for the things of one page."""

_SAID = (
    " of the log, or an instant of recorded time (RFC 3339 with an offset), which is the last position recorded by then"
)
From = Annotated[
    str, Query(alias="from", max_length=40, description=f"A position{_SAID}; 0 is before everything.", examples=["0"])
]
To = Annotated[str, Query(max_length=40, description=f"A later position{_SAID}.", examples=["2026-06-01T08:00:00Z"])]
ThingId = Annotated[UUID | None, Query(description="Only this thing, of whatever kind.")]


class Cited(Shown):
    """An event that a difference comes from."""

    position: int
    version: int
    event_type: str
    sentence: str
    actor: str
    command_id: UUID
    causation_id: UUID | None
    effective_at: datetime
    recorded_at: datetime


class ThingChanged(Shown):
    """What became of one thing, in the names of its own route, as far as its own events say it. `changes` may be empty: it was changed
    and changed back, or its person was erased since."""

    kind: str = Field(examples=["appointment"])
    id: UUID
    from_version: int = Field(description="0 if it was not there yet.")
    to_version: int
    changes: list[ChangeShown] | None = Field(description="null for keys that may not read things of this kind.")
    events: list[Cited] = Field(description=f"The newest {_MOST_CITED} of those between the two versions, in order.")


class DiffPage(Page):
    from_position: int
    to_position: int = Field(description="Ask for further pages between these two: they mean the same for ever.")
    things: list[ThingChanged]


@routes.get("", response_model=DiffPage, responses=READS_ONE)
async def diff(
    call: Reading, from_: From, to: To, thing_id: ThingId = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Every thing that was made or changed behind `from` and up to `to`, in the order of the first events there, each once. The
    differences of two stretches that follow one another are together those of the whole. A page may hold fewer than `limit` things and
    still have a `next_cursor`."""

    def page() -> Answer:
        after, until = _stretch(call, from_, to)
        behind = max(after, decoded_number(cursor) or 0)
        reach = min(until, behind + _MOST_READ) if thing_id is None else until
        if thing_id is not None and not call.container.storage.has_stream(call.actor.tenant_id, thing_id):
            raise NotFoundError("thing")
        found = call.log.reader.changed_between(
            after, until, first_in=(behind, reach), limit=limit + 1, stream_id=thing_id
        )
        things = _folded_at_once(found[:limit])
        reached = things[-1].first_position if len(found) > len(things) else reach
        return Answer(
            {
                "from_position": after,
                "to_position": until,
                "things": _shown(call, things, after, until),
                "next_cursor": cursor_behind(reached if reached < until else None),
                "position": until,
            }
        )

    return await call.read(Permission.READ_LOG, page)


def _stretch(call: Call, from_: str, to: str) -> tuple[int, int]:
    head = call.log.reader.position()
    after, until = _position(call, from_, "from", head), _position(call, to, "to", head)
    if until < after:
        raise InvalidValueError("to", "a stretch of the log ends where it begins, or behind")
    return after, until


def _position(call: Call, text: str, field: str, head: int) -> int:
    if not (text.isascii() and text.isdecimal()):
        return moment_of(call.container, call.actor, text, field).position or 0
    if int(text) > head:
        raise InvalidValueError(field, f"the log has reached the position {head}")
    return int(text)


def _folded_at_once(found: Sequence[ChangedStream]) -> Sequence[ChangedStream]:
    """Return as many of them, from the first on, as are folded from few enough events."""
    events = 0
    for place, thing in enumerate(found):
        events += thing.to_version
        if place and events > _MOST_FOLDED:
            return found[:place]
    return found


def _shown(call: Call, things: Sequence[ChangedStream], after: int, until: int) -> list[dict[str, object]]:
    if not things:
        return []
    ids = [thing.stream_id for thing in things]
    streams = call.log.reader.streams(ids, until)
    # In order of position: what lies behind ``until`` comes after as many as there are up to it.
    count = sum(thing.to_version - thing.from_version for thing in things)
    cited: dict[UUID, list[LoggedEvent]] = {id_: [] for id_ in ids}
    for event in call.container.storage.log_reader.of_streams(call.actor.tenant_id, ids, after, count):
        cited[event.stream_id].append(event)
    return [_compared(call, thing, streams[thing.stream_id], cited[thing.stream_id]) for thing in things]


def _compared(
    call: Call, thing: ChangedStream, stream: Sequence[Aggregate.Event], cited: Sequence[LoggedEvent]
) -> dict[str, object]:
    state: Any = None
    before: Mapping[str, object] = {}
    for event in stream:
        state = event.mutate(state)
        if event.originator_version == thing.from_version:
            before = _facts(call, state)
    may_read = call.actor.may(KINDS[type(state)].action)
    return {
        "kind": word(type(state)),
        "id": thing.stream_id,
        "from_version": thing.from_version,
        "to_version": thing.to_version,
        "changes": _changes(before, _facts(call, state)) if may_read else None,
        "events": [_cited(event) for event in cited[-_MOST_CITED:]],
    }


def _facts(call: Call, thing: Aggregate) -> Mapping[str, object]:
    """Return what is shown as it is sent, which no later event can change any more."""
    shown: Mapping[str, object] = orjson.loads(
        orjson.dumps(KINDS[type(thing)].facts(call, thing), option=orjson.OPT_UTC_Z)
    )
    return shown


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[dict[str, object]]:
    return [
        {"field": field, "before": before.get(field), "after": value}
        for field, value in after.items()
        if before.get(field) != value
    ]


def _cited(event: LoggedEvent) -> dict[str, object]:
    return {
        "position": event.position,
        "version": event.version,
        "event_type": event.event_type,
        "sentence": sentence(event.event_type),
        "actor": event.actor,
        "command_id": event.command_id,
        "causation_id": event.causation_id,
        "effective_at": event.effective_at,
        "recorded_at": event.recorded_at,
    }
