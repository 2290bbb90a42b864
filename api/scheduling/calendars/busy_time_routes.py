"""/v1/clinicians/{id}/busy-time: busy time imported from other calendars."""

from collections import defaultdict
from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import Changing, Reading
from api.http.resource_responses import CHANGES, READS_ONE
from api.http.time_windows import From, To, window
from api.scheduling.calendars.schemas import BusyTimeBody, BusyTimeImportedShown, BusyTimeShown
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from application.scheduling.calendars.import_busy_time import ImportBusyTime, PreviewBusyTime, with_counts
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.calendars.busy_calendar import BusyCalendar, merged

routes = APIRouter(prefix="/v1/clinicians", tags=["clinicians"])

LONGEST_WINDOW: Final = timedelta(days=93)


@routes.put("/{clinician_id}/busy-time", response_model=BusyTimeImportedShown, responses=CHANGES)
async def import_busy_time(clinician_id: UUID, body: BusyTimeBody, call: Changing) -> Response:
    """Import another calendar as busy time, from now to two years ahead.

    Busy times are neither offered nor booked any more (`busy_elsewhere`); booked visits stay. Only
    the times are stored, no titles. Cancelled events, events marked as free and our own visits do
    not count. The same calendar again changes nothing; a time that was moved or removed there is
    moved or removed here. Refused as a whole: `unreadable_calendar`, `calendar_too_large`.
    """
    command = ImportBusyTime(
        clinician_id, body.calendar, body.ics.encode(errors="replace"), expected_version=call.expected_version
    )

    def present(outcome: Outcome[BusyCalendar]) -> Answer:
        imported = with_counts(call.log, outcome, call.container.clock.now())
        calendar = imported.aggregate
        version = calendar.version - len(calendar.pending_events)
        answer = BusyTimeImportedShown.present(
            imported.counts,
            id=calendar.id,
            version=version,
            clinician_id=clinician_id,
            calendar=calendar.name,
            dry_run=body.dry_run,
            visits_beneath=imported.visits_beneath,
            position=imported.position,
        )
        return Answer(answer, version=version)

    if body.dry_run:
        return await call.costly.ask(PreviewBusyTime(command), present)
    return await call.costly.execute(command, present)


@routes.get("/{clinician_id}/busy-time", response_model=BusyTimeShown, responses=READS_ONE)
async def get_busy_time(clinician_id: UUID, from_: From, to: To, call: Reading) -> Response:
    """Return a clinician's imported busy time in a window of at most 93 days."""

    def read() -> Answer:
        call.log.catalogue_with(clinician_id).one(Clinician, clinician_id)
        within = window(call, from_, to, LONGEST_WINDOW)
        context = call.log.reader.read_booking_context([clinician_id], within)
        by_calendar: defaultdict[UUID, list[TimeRange]] = defaultdict(list)
        for claim in context.claims:
            if claim.is_elsewhere:
                by_calendar[claim.holder_id].append(claim.during)
        calendars = call.log.load_all(BusyCalendar, list(by_calendar))
        stretches = [
            {
                "starts_at": during.starts_at,
                "ends_at": during.ends_at,
                "calendar": calendars[id].name,
                "calendar_id": id,
            }
            for id, claimed in by_calendar.items()
            for during in merged(claimed)
        ]
        stretches.sort(key=lambda each: (str(each["starts_at"]), str(each["calendar"])))
        return Answer({"busy_time": stretches, "position": context.position})

    return await call.read(Permission.READ_VISITS, read)
