"""/v1/slots and /v1/conflicts: free times, reasons, and visits that cannot be given as booked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer, CostlyAnswer, EncodedAnswer, HttpAnswer
from api.http.calls import After, Call, Reading
from api.http.paging import Cursor, Limit
from api.http.reach import own_or
from api.http.resource_responses import READS_ONE, collected, problems
from api.http.time_windows import From, To, practice_zone, window
from api.http.times import moment
from api.scheduling.availability.presenters import present_conflict, present_reasons
from api.scheduling.availability.schemas import ConflictPage, ExplanationShown, Slots
from api.scheduling.availability.slot_answer import encoded_search, present_search, present_slot
from api.scheduling.calendar_paging import bookmark, bookmark_of, encoded_bookmark, in_one_order
from application.kernel.catalogue import Catalogue
from application.kernel.permissions import Permission
from application.scheduling.availability.conflicts import BookedVisit, conflicts_of, erasures, visits_elsewhere
from application.scheduling.availability.explain_slot import ExplainSlot, Explanation
from application.scheduling.availability.find_slots import LONGEST_WINDOW, FindSlots
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.practice.service import MAX_DURATION_MINUTES
from domain.scheduling.appointments.status import Status
from domain.scheduling.availability.explanation import Obstacle
from domain.scheduling.availability.slot_search import SlotSearch
from domain.scheduling.sessions.group_session import GroupSessionStatus
from domain.scheduling.time_claim import TimeClaim
from projections.scheduling.calendar.queries import CalendarEntry, CalendarFilter, SessionEntry

routes = APIRouter(prefix="/v1", tags=["scheduling"])

_READS_SLOTS: Final = problems(403, 404, 409, 422)
"""409: the visit that is to be moved cannot be."""
MAX_DAYS: Final = 31
MAX_STARTS: Final = 10_000
"""Of a search that this process carries out: a fortnight of anyone of 14, in steps of 30 minutes.

Another process takes longer: to pass on the claims of ten clinicians costs a third of the search.
"""
_MAX_ENTRIES: Final = 1_000
"""The most entries that one page examines. A page may be short and still have a next one."""

Preferred: TypeAlias = Annotated[
    Sequence[UUID], Query(max_length=50, description="Without `clinician_id`: try these first, in this order.")
]
Moving: TypeAlias = Annotated[
    UUID | None,
    Query(description="A visit of this service that is to be moved: its time counts as free, and its terms apply."),
]
PatientId: TypeAlias = Annotated[
    UUID | None,
    Query(description="Who is to be booked: starts at which they have another visit are left out."),
]
HoldId: TypeAlias = Annotated[UUID | None, Query(description="Your own hold: its time counts as free.")]
DurationMinutes: TypeAlias = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_DURATION_MINUTES,
        description="The length; default: that of the visit that moves, or of the service.",
    ),
]
At: TypeAlias = Annotated[
    str,
    Query(
        max_length=40,
        description="The start: RFC 3339 with an offset, or a date: its start in the practice's time zone.",
        examples=["2026-06-01T09:00:00+02:00"],
    ),
]


@routes.get("/slots", response_model=Slots, responses=_READS_SLOTS)
async def find_slots(
    call: Reading,
    service_id: UUID,
    from_: From,
    to: To,
    clinician_id: UUID | None = None,
    preferred_clinician_ids: Preferred = (),
    moving: Moving = None,
    hold_id: HoldId = None,
    duration_minutes: DurationMinutes = None,
    patient_id: PatientId = None,
) -> Response:
    """List starts inside the window that could be booked at `position`, in order of time.

    Without `clinician_id` each start has the clinician who would be chosen: the preferred ones
    first, in their order; then the one with the fewest visits on that day; then the one who joined
    first. Starts at which the patient, named or of the visit that moves, has another visit are left
    out.
    """

    def query() -> FindSlots:
        within = window(call, from_, to, LONGEST_WINDOW)
        preferred = tuple(preferred_clinician_ids)
        return FindSlots(service_id, clinician_id, within, preferred, moving, hold_id, duration_minutes, patient_id)

    def present(search: SlotSearch) -> HttpAnswer | CostlyAnswer:
        if search.window.duration <= timedelta(days=MAX_DAYS) and search.most_starts <= MAX_STARTS:
            return Answer(present_search(search))
        return CostlyAnswer(lambda: EncodedAnswer(call.container.calculator.run(encoded_search, search)))

    return await call.ask(query, present)


@routes.get("/slots/explain", response_model=ExplanationShown, responses=_READS_SLOTS)
async def explain_slot(
    call: Reading,
    service_id: UUID,
    clinician_id: UUID,
    at: At,
    moving: Moving = None,
    hold_id: HoldId = None,
    duration_minutes: DurationMinutes = None,
    patient_id: PatientId = None,
) -> Response:
    """Return all that prevents a booking at a start, each with the events behind it.

    Keys that do not see patients, or are bound to another clinician, learn that a time is taken,
    but not by which visit.
    """

    def query() -> ExplainSlot:
        zone = practice_zone(call)
        starts_at = moment(at, zone, "at")
        return ExplainSlot(service_id, clinician_id, starts_at, moving, hold_id, duration_minutes, patient_id)

    def present(found: Explanation) -> Answer:
        reasons = present_reasons(
            call, found.catalogue, service_id, clinician_id, found.starts_at, found.obstacles, found.position
        )
        return Answer(
            {
                "starts_at": found.starts_at,
                "is_free": found.slot is not None,
                "slot": found.slot and present_slot(found.slot, clinician_id),
                "reasons": reasons,
                "position": found.position,
            }
        )

    return await call.ask(query, present)


@routes.get("/conflicts", response_model=ConflictPage, responses=READS_ONE)
async def list_conflicts(
    call: Reading, clinician_id: UUID | None = None, limit: Limit = 50, cursor: Cursor = None, after: After = None
) -> Response:
    """List coming visits and sessions that cannot be given as they were booked, by start.

    After the booking, hours, a zone, public holidays or time off of the clinician changed, the
    clinician left or was struck from the service, the service is no longer offered, a room or
    device was put out of use, a patient was erased, or two patients were merged who have visits at
    the same time (`patient_busy`). The visits stay as booked. A page may hold fewer than `limit`
    and still have a `next_cursor`. A key that is bound to a clinician gets only
    that clinician's.
    """

    def page() -> Answer:
        now = call.container.clock.now()
        catalogue = call.log.catalogue()
        if clinician_id is not None:
            catalogue.one(Clinician, clinician_id)
        of_clinician = own_or(call.actor, clinician_id)
        reached = call.container.wait_for(call.actor.tenant_id, "calendar", after, also=["patients"])
        statuses = [Status.REQUESTED.value, Status.BOOKED.value, Status.CHECKED_IN.value]
        booked = CalendarFilter(starts_from=now, clinician_id=of_clinician, statuses=statuses)
        planned = replace(booked, statuses=[GroupSessionStatus.PLANNED.value])
        tenant_id, behind = call.actor.tenant_id, bookmark(cursor)
        visits = call.container.scheduling.calendar.appointments(tenant_id, booked, after=behind, limit=_MAX_ENTRIES)
        sessions = call.container.scheduling.calendar.sessions(tenant_id, planned, after=behind, limit=_MAX_ENTRIES)
        entries, last = in_one_order(visits, sessions, _MAX_ENTRIES)
        patients = _patients(call, entries)
        erased = _erased_patients(call, patients)
        until = max((entry.ends_at for entry in entries), default=now)
        elsewhere = visits_elsewhere(call.log, patients, TimeRange(now, until)) if until > now else {}
        conflicts: list[dict[str, object]] = []
        for entry in entries:
            if entry.starts_at < now or not (
                found := _conflict(catalogue, entry, of_clinician, erased, elsewhere, now)
            ):
                continue
            conflicts.append(present_conflict(call, catalogue, entry, *found, now))
            if len(conflicts) == limit:
                last = None if entry is entries[-1] and last is None else bookmark_of(entry)
                break
        return collected("conflicts", conflicts, encoded_bookmark(last), min(reached, catalogue.position))

    return await call.read(Permission.READ_VISITS, page)


def _patients(call: Call, entries: Sequence[CalendarEntry | SessionEntry]) -> Mapping[UUID, Sequence[UUID]]:
    """Return the patients of each visit and session."""
    tenant_id, patients = call.actor.tenant_id, defaultdict[UUID, list[UUID]](list)
    for entry in entries:
        if isinstance(entry, CalendarEntry):
            patients[entry.holder_id].append(entry.patient_id)
    sessions = [entry.session_id for entry in entries if isinstance(entry, SessionEntry)]
    for session_id, patient_id in call.container.scheduling.calendar.seats(tenant_id, sessions):
        patients[session_id].append(patient_id)
    return patients


def _erased_patients(call: Call, patients: Mapping[UUID, Sequence[UUID]]) -> Mapping[UUID, Sequence[UUID]]:
    """Return, by visit and session, the patients who were erased."""
    everybody = {id_ for ids in patients.values() for id_ in ids}
    erased = call.container.patients.erased_among(call.actor.tenant_id, everybody)
    return {holder: found for holder, ids in patients.items() if (found := [id_ for id_ in ids if id_ in erased])}


def _conflict(
    catalogue: Catalogue,
    entry: CalendarEntry | SessionEntry,
    clinician_id: UUID | None,
    erased: Mapping[UUID, Sequence[UUID]],
    elsewhere: Mapping[UUID, Sequence[TimeClaim]],
    now: datetime,
) -> tuple[BookedVisit, list[Obstacle]] | None:
    """Return the visit of the clinician concerned (the requested or first one) and the reasons."""
    if isinstance(entry, CalendarEntry):
        holder_id, staff_ids = entry.holder_id, [entry.clinician_id]
    else:
        holder_id, staff_ids = entry.session_id, list(entry.staff_ids)
    for staff_id in staff_ids:
        visit = BookedVisit(
            holder_id,
            entry.service_id,
            staff_id,
            entry.location_id,
            entry.starts_at,
            entry.ends_at,
            entry.resource_ids,
            erased.get(holder_id, ()),
            elsewhere.get(holder_id, ()),
        )
        if clinician_id not in (None, staff_id):
            continue
        # A request takes no time and is checked when it is confirmed.
        is_request = isinstance(entry, CalendarEntry) and entry.status == Status.REQUESTED
        if obstacles := erasures(visit) if is_request else conflicts_of(catalogue, visit, now):
            return visit, obstacles
    return None
