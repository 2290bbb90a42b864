"""Presenters of slots, of the reasons why a time is not free, and of conflicts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from api.http.calls import Call
from api.scheduling.availability.schemas import Fact, StrandedVisitShown
from application.kernel.catalogue import Catalogue
from application.kernel.permissions import Permission
from application.scheduling.availability.conflicts import BookedVisit, free_clinicians
from application.scheduling.availability.obstacle_sources import cited, streams_of
from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.availability.explanation import Obstacle, ObstacleCause
from projections.audit.history.sentences import sentence
from projections.scheduling.calendar.queries import CalendarEntry, SessionEntry

_MAX_EVENTS: Final = 5_000


def present_reasons(
    call: Call,
    catalogue: Catalogue,
    service_id: UUID,
    clinician_id: UUID,
    starts_at: datetime,
    obstacles: Sequence[Obstacle],
    position: int | None = None,
) -> list[dict[str, object]]:
    """Present each obstacle with the events, up to ``position``, that it follows from.

    Only roles that see patients get the visits and claims behind a busy time, and a key that is
    bound to a clinician only its own clinician's, and none of the patient's others.
    """
    if not obstacles:
        return []
    if call.actor.clinician_id is not None:
        obstacles = [
            each._replace(claims=()) if each.cause is ObstacleCause.PATIENT_VISITS else each for each in obstacles
        ]
    if not call.actor.may(Permission.READ_PATIENTS) or call.actor.clinician_id not in (None, clinician_id):
        obstacles = list(dict.fromkeys(obstacle._replace(claims=()) for obstacle in obstacles))
    streams = list(streams_of(catalogue, service_id, clinician_id, obstacles))
    events = call.container.storage.log_reader.of_streams(call.actor.tenant_id, streams, 0, _MAX_EVENTS)
    known = [event for event in events if position is None or event.position <= position]
    return [
        {
            "code": obstacle.code,
            "detail": obstacle.detail,
            "location_id": obstacle.location_id,
            "events": [_fact(e) for e in cited(catalogue, service_id, clinician_id, starts_at, obstacle, known)],
        }
        for obstacle in obstacles
    ]


def _fact(event: LoggedEvent) -> dict[str, object]:
    return Fact.present(
        event,
        position=event.position,
        sentence=sentence(event.event_type),
        kind=event.event_type.split(".")[1],
        id=event.stream_id,
        version=event.version,
    )


def present_conflict(
    call: Call,
    catalogue: Catalogue,
    entry: CalendarEntry | SessionEntry,
    visit: BookedVisit,
    obstacles: Sequence[Obstacle],
    now: datetime,
) -> dict[str, object]:
    """Present a visit or session that cannot be given as booked, with reasons and remedies."""
    staff = entry.staff_ids if isinstance(entry, SessionEntry) else ()
    free = [
        id_ for id_ in free_clinicians(call.log, visit, obstacles, now) if id_ == visit.clinician_id or id_ not in staff
    ]
    causes = {obstacle.cause for obstacle in obstacles}
    remedies: list[dict[str, object]] = []
    if causes != {ObstacleCause.PATIENT}:
        remedies.append({"action": "reschedule"})
    if free:
        remedies.append({"action": "reassign", "clinician_ids": free})
    if causes & {ObstacleCause.PATIENT, ObstacleCause.PATIENT_VISITS}:
        remedies.append({"action": "cancel"})
    remedies.append({"action": "keep"})
    return StrandedVisitShown.present(
        visit,
        appointment_id=entry.appointment_id if isinstance(entry, CalendarEntry) else None,
        session_id=entry.session_id if isinstance(entry, SessionEntry) else None,
        version=entry.version,
        reasons=present_reasons(call, catalogue, visit.service_id, visit.clinician_id, visit.starts_at, obstacles),
        remedies=remedies,
    )
