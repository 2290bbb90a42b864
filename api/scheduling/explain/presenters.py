"""Reasons as they are answered: each with the facts that it follows from.

What is behind a busy time is told to those who see patients, and to nobody else: not which visit, nor when it was booked, nor how many.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.calls import Call
from api.http.schemas import Shown
from application.kernel.catalogue import Catalogue
from application.kernel.permissions import Permission
from application.scheduling.availability.obstacle_sources import cited, streams_of
from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.availability.explanation import Obstacle
from projections.audit.history.sentences import sentence

_MOST_EVENTS = 5_000


class Fact(Shown):
    """An event of the practice's log."""

    position: int
    event_type: str
    sentence: str
    kind: str = Field(examples=["clinician"])
    id: UUID
    version: int
    recorded_at: datetime


class ObstacleShown(Shown):
    code: str = Field(examples=["outside_hours"], description="As in the refusal; or `time_off` or `public_holiday`.")
    detail: str
    location_id: UUID | None = Field(description="Where it holds; null if it holds everywhere.")
    events: list[Fact] = Field(description="What it follows from; without visits for keys that do not see patients.")


def show_reasons(
    call: Call,
    catalogue: Catalogue,
    service_id: UUID,
    clinician_id: UUID,
    starts_at: datetime,
    found: Sequence[Obstacle],
    position: int | None = None,
) -> list[dict[str, object]]:
    """Return the reasons why a time is not free, with what the log says up to ``position``."""
    if not found:
        return []
    if not call.actor.may(Permission.READ_PATIENTS):
        found = list(dict.fromkeys(obstacle._replace(claims=()) for obstacle in found))
    streams = list(streams_of(catalogue, service_id, clinician_id, found))
    events = call.container.storage.log_reader.of_streams(call.actor.tenant_id, streams, 0, _MOST_EVENTS)
    known = [event for event in events if position is None or event.position <= position]
    return [
        {
            "code": obstacle.code,
            "detail": obstacle.detail,
            "location_id": obstacle.location_id,
            "events": [_fact(e) for e in cited(catalogue, service_id, clinician_id, starts_at, obstacle, known)],
        }
        for obstacle in found
    ]


def _fact(event: LoggedEvent) -> dict[str, object]:
    return {
        "position": event.position,
        "event_type": event.event_type,
        "sentence": sentence(event.event_type),
        "kind": event.event_type.split(".")[1],
        "id": event.stream_id,
        "version": event.version,
        "recorded_at": event.recorded_at,
    }
