"""Compare resources at two positions of the log, and list the events between."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from api.audit.kinds import KINDS, word
from api.audit.presenters import present_cited
from api.audit.schemas import MAX_CITED
from api.http.as_of import find_point_in_time
from api.http.calls import Call
from application.kernel.errors import NotFoundError
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.provenance import ChangedStream

_MAX_FOLDED: Final = 10_000
"""The most events that one page is folded from, unless a single resource has more."""
_MAX_READ: Final = 20_000
"""The most positions that are searched for the resources of one page."""


def range_of(call: Call, from_: str, to: str) -> tuple[int, int]:
    """Return the positions of a range of the log. Raises InvalidValueError."""
    head = call.log.reader.position()
    after, until = _position(call, from_, "from", head), _position(call, to, "to", head)
    if until < after:
        raise InvalidValueError("to", "a range of the log ends at or after its start")
    return after, until


def differences(
    call: Call, after: int, until: int, first_after: int, thing_id: UUID | None, limit: int
) -> tuple[list[dict[str, object]], int | None]:
    """Return up to ``limit`` differences, and the position after which the next page begins.

    The page has the resources whose first event in the range is after ``first_after``.
    Raises NotFoundError: ``thing_id`` is unknown.
    """
    reach = min(until, first_after + _MAX_READ) if thing_id is None else until
    if thing_id is not None and not call.container.storage.has_stream(call.actor.tenant_id, thing_id):
        raise NotFoundError("resource")
    found = call.log.reader.changed_between(
        after, until, first_in=(first_after, reach), limit=limit + 1, stream_id=thing_id
    )
    changed = _foldable(found[:limit])
    reached = changed[-1].first_position if len(found) > len(changed) else reach
    return _compare_all(call, changed, after, until), reached if reached < until else None


def _position(call: Call, text: str, field: str, head: int) -> int:
    if not (text.isascii() and text.isdecimal()):
        return find_point_in_time(call.container, call.actor, text, field).position or 0
    if int(text) > head:
        raise InvalidValueError(field, f"the log has reached the position {head}")
    return int(text)


def _foldable(changed: Sequence[ChangedStream]) -> Sequence[ChangedStream]:
    """Return the first of the resources, as many as ``_MAX_FOLDED`` allows, at least one."""
    events = 0
    for index, resource in enumerate(changed):
        events += resource.to_version
        if index and events > _MAX_FOLDED:
            return changed[:index]
    return changed


def _compare_all(call: Call, changed: Sequence[ChangedStream], after: int, until: int) -> list[dict[str, object]]:
    if not changed:
        return []
    ids = [resource.stream_id for resource in changed]
    streams = call.log.reader.streams(ids, until, only_to_show=True)
    # Events are in order of position, so the limit leaves out those after ``until``.
    count = sum(resource.to_version - resource.from_version for resource in changed)
    events: dict[UUID, list[LoggedEvent]] = {id_: [] for id_ in ids}
    for event in call.container.storage.log_reader.of_streams(call.actor.tenant_id, ids, after, count):
        events[event.stream_id].append(event)
    return [_compare(call, resource, streams[resource.stream_id], events[resource.stream_id]) for resource in changed]


def _compare(
    call: Call, changed: ChangedStream, stream: Sequence[Aggregate.Event], events: Sequence[LoggedEvent]
) -> dict[str, object]:
    state: Any = None
    before: Mapping[str, object] = {}
    for event in stream:
        state = event.mutate(state)
        if event.originator_version == changed.from_version:
            before = _facts(call, state)
    changes = [
        {"field": field, "before": before.get(field), "after": value}
        for field, value in _facts(call, state).items()
        if before.get(field) != value
    ]
    return {
        "kind": word(type(state)),
        "id": changed.stream_id,
        "from_version": changed.from_version,
        "to_version": changed.to_version,
        "changes": changes if call.actor.may(KINDS[type(state)].permission) else None,
        "events": [present_cited(event) for event in events[-MAX_CITED:]],
    }


def _facts(call: Call, aggregate: Aggregate) -> Mapping[str, object]:
    """Return what is shown of an aggregate, as JSON: a copy, which later events do not change."""
    facts: Mapping[str, object] = orjson.loads(
        orjson.dumps(KINDS[type(aggregate)].facts(call, aggregate), option=orjson.OPT_UTC_Z)
    )
    return facts
