"""GET /v1/conflicts: booked visits for which the clinician is no longer there."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from api.answers import Answer
from api.bodies import Page, Shown
from api.calls import After, Call, Reading
from api.paging import Cursor, Limit
from api.scheduling.calendar import bookmark, next_cursor
from api.scheduling.citing import Reason, show_reasons
from api.things import READS_ONE, collected
from application.permissions import Action
from application.scheduling.conflicts import others_free, outside
from domain.practice.clinician import Clinician
from domain.scheduling.status import Status
from projections.calendar.queries import Bookmark, CalendarEntry, CalendarFilter, CalendarPage

routes = APIRouter(prefix="/v1/conflicts", tags=["scheduling"])

_LOOKED_AT: Final = 1_000
"""Visits that one page looks at: where few lie outside, a page may be short, or empty, and still have a next one."""


class Remedy(Shown):
    """`reschedule` to a free time; `reassign` to one of `clinician_ids`, who are free then; `keep` it: it stays listed until it is over."""

    action: str = Field(examples=["reassign"])
    clinician_ids: list[UUID] | None = None


class ConflictShown(Shown):
    appointment_id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    reasons: list[Reason]
    remedies: list[Remedy]


class ConflictPage(Page):
    conflicts: list[ConflictShown]


@routes.get("", response_model=ConflictPage, responses=READS_ONE)
async def list_conflicts(
    call: Reading, clinician_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """Visits from now on that a change of hours, zone, public holidays or time off has left outside, in order of their start.

    They stay as they were booked. A page may hold fewer than `limit` and still have a `next_cursor`."""

    def page() -> Answer:
        now = call.world.clock.now()
        catalogue = call.log.catalogue()
        if clinician_id is not None:
            catalogue.one(Clinician, clinician_id)
        call.world.wait_for(call.actor.tenant_id, "calendar", after)
        which = CalendarFilter(
            starts_from=now, clinician_id=clinician_id, statuses=[Status.BOOKED.value, Status.CHECKED_IN.value]
        )
        entries = call.world.calendar.page(call.actor.tenant_id, which, after=bookmark(cursor), limit=_LOOKED_AT)
        shown: list[dict[str, object]] = []
        last: Bookmark | None = entries.after
        for entry in entries.entries:
            if entry.starts_at < now or not (found := outside(catalogue, entry, now)):
                continue
            reasons = show_reasons(call, catalogue, entry.service_id, entry.clinician_id, entry.starts_at, found)
            shown.append(_show(call, entry, reasons, now))
            if len(shown) == limit:
                is_last = entry is entries.entries[-1] and entries.after is None
                last = None if is_last else Bookmark(entry.starts_at, entry.appointment_id)
                break
        return collected("conflicts", shown, next_cursor(CalendarPage((), last)), after)

    return await call.read(Action.READ_VISITS, page)


def _show(call: Call, entry: CalendarEntry, reasons: list[dict[str, object]], now: datetime) -> dict[str, object]:
    free = others_free(call.log, entry, now)
    remedies: list[dict[str, object]] = [{"action": "reschedule"}, {"action": "keep"}]
    if free:
        remedies.insert(1, {"action": "reassign", "clinician_ids": free})
    return {
        "appointment_id": entry.appointment_id,
        "version": entry.version,
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "service_id": entry.service_id,
        "clinician_id": entry.clinician_id,
        "location_id": entry.location_id,
        "reasons": reasons,
        "remedies": remedies,
    }
