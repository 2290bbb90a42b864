"""/v1/clinicians/{id}/busy-time: what else a clinician is busy with, from calendars that were imported."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer
from api.http.calls import Changing, Reading
from api.http.resource_responses import CHANGES, READS_ONE, problems
from api.http.schemas import Body, Shown, Thing, Truth
from api.http.time_windows import From, To, window
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from application.scheduling.calendars.import_busy_time import (
    ImportBusyTime,
    PreviewBusyTime,
    with_counts,
)
from application.scheduling.calendars.ports import MOST_OCTETS, LeftOut
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.scheduling.calendars.busy_calendar import BusyCalendar, merged

routes = APIRouter(prefix="/v1/clinicians", tags=["clinicians"])

LONGEST_WINDOW: Final = timedelta(days=93)


class BusyTimeBody(Body):
    """`ics` is a whole calendar: what it does not say any more is not busy any more, and an empty calendar takes all away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "calendar": "private",
                    "ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:dentist@example.org\r\n"
                    "DTSTAMP:20260501T080000Z\r\nDTSTART;TZID=Europe/Berlin:20260601T140000\r\nDURATION:PT1H\r\n"
                    "SUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                    "dry_run": True,
                }
            ]
        }
    )

    calendar: str = Field(
        default="imported",
        max_length=40,
        description="Tells it from the clinician's other calendars: `private`, `google-2`.",
    )
    ics: str = Field(max_length=MOST_OCTETS, description="iCalendar (RFC 5545), at most 2 MiB.")
    dry_run: Truth = Field(default=False, description="Say what would change, and change nothing.")


class BusyTimeImportedShown(Thing):
    """`id` and `version` are the imported calendar's; a dry run of one that is not there yet has version 0."""

    clinician_id: UUID
    calendar: str
    dry_run: bool
    added: int
    moved: int
    removed: int
    unchanged: int
    left_out: dict[LeftOut, int] = Field(description="Events of the file that are no busy time, by reason.")
    visits_beneath: list[UUID] = Field(description="Booked visits at a time that is busy now. Nothing moves them.")


class BusyStretch(Shown):
    starts_at: datetime
    ends_at: datetime
    calendar: str
    calendar_id: UUID


class BusyTimeShown(Shown):
    """Stretches in order of time; times of one calendar that overlap or touch are one."""

    busy_time: list[BusyStretch]
    position: int


@routes.put("/{clinician_id}/busy-time", response_model=BusyTimeImportedShown, responses=CHANGES)
async def import_busy_time(clinician_id: UUID, body: BusyTimeBody, call: Changing) -> Response:
    """Import another calendar as busy time, from now to two years ahead. Nothing is offered or booked there any more
    (`busy_elsewhere`); visits that are booked stay. Only when the clinician is busy is kept, not with what. Events that are cancelled or
    marked free do not count, nor do our own visits that come back. The same calendar again changes nothing; a time that the other
    calendar has moved moves, and one that it has not any more goes. Refused as a whole: `unreadable_calendar`, `calendar_too_large`."""
    command = ImportBusyTime(clinician_id, body.calendar, body.ics.encode(errors="replace"), call.expected_version)

    def present(outcome: Outcome[BusyCalendar]) -> Answer:
        imported = with_counts(call.log, outcome, call.container.clock.now())
        calendar, counts = imported.aggregate, imported.counts
        version = calendar.version - len(calendar.pending_events)
        return Answer(
            {
                "id": calendar.id,
                "version": version,
                "clinician_id": clinician_id,
                "calendar": calendar.name,
                "dry_run": body.dry_run,
                "added": counts.added,
                "moved": counts.moved,
                "removed": counts.removed,
                "unchanged": counts.unchanged,
                "left_out": counts.left_out,
                "visits_beneath": imported.visits_beneath,
                "position": imported.position,
            },
            version=version,
        )

    if body.dry_run:
        return await call.ask(PreviewBusyTime(command), present)
    return await call.execute(command, present)


@routes.get("/{clinician_id}/busy-time", response_model=BusyTimeShown, responses=READS_ONE | problems(422))
async def get_busy_time(clinician_id: UUID, from_: From, to: To, call: Reading) -> Response:
    """When a clinician is busy with something else, in a window of at most 93 days: all that is known of it."""

    def read() -> Answer:
        call.log.catalogue(at_least=1).one(Clinician, clinician_id)
        within = window(call.log, from_, to, LONGEST_WINDOW)
        consultation = call.log.reader.read_booking_context([clinician_id], within)
        by_calendar: defaultdict[UUID, list[TimeRange]] = defaultdict(list)
        for claim in consultation.claims:
            if claim.is_elsewhere:
                by_calendar[claim.holder_id].append(claim.during)
        names = {id: calendar.name for id, calendar in call.log.load_all(BusyCalendar, list(by_calendar)).items()}
        stretches = [
            {"starts_at": during.starts_at, "ends_at": during.ends_at, "calendar": names[id], "calendar_id": id}
            for id, claimed in by_calendar.items()
            for during in merged(claimed)
        ]
        stretches.sort(key=lambda each: (str(each["starts_at"]), str(each["calendar"])))
        return Answer({"busy_time": stretches, "position": consultation.position})

    return await call.read(Permission.READ_VISITS, read)


def show(calendar: BusyCalendar) -> dict[str, object]:
    """Show an imported calendar: how many times it keeps busy, since they may be thousands, and what its last import changed."""
    last = calendar.last_import
    return {
        "clinician_id": calendar.clinician_id,
        "calendar": calendar.name,
        "busy_times": len(calendar.times),
        "added": last.added,
        "moved": last.moved,
        "removed": last.removed,
        "unchanged": last.unchanged,
        "left_out": last.left_out,
    }
