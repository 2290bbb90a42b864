"""/v1/waitlist: who waits for a visit that is not free yet."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_number
from api.http.resource_responses import CHANGES, MAKES, READS_ONE, changed, collected, made
from api.waitlist.entries.presenters import show_entry, show_entry_row
from api.waitlist.entries.schemas import EntryBody, EntryPage, EntryPatch, EntryShown, Window
from application.kernel.permissions import Permission
from application.patients.person import person_of
from application.waitlist.change_entry import ChangeEntry, PreferencesChanges
from application.waitlist.join_waitlist import JoinWaitlist
from application.waitlist.withdraw_entry import WithdrawEntry
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.waitlist.entry import EntryStatus, WaitlistEntry
from domain.waitlist.preferences import WaitlistPreferences

routes = APIRouter(prefix="/v1/waitlist", tags=["wait list"])


@routes.post("", status_code=201, response_model=EntryShown, responses=MAKES)
async def join_waitlist(body: EntryBody, call: Creating) -> Response:
    """Wait for a visit. Who joined first is offered first what fits them. A key that is bound to a clinician puts people on that one's
    list. A patient who was merged into another one is refused: `patient_merged`."""

    def command() -> JoinWaitlist:
        clinician_id = body.clinician_id or call.actor.clinician_id
        preferences = WaitlistPreferences(clinician_id, _ranges(call, body.windows), body.notice_minutes)
        return JoinWaitlist(body.patient_id, body.service_id, preferences)

    return await call.execute(command, lambda outcome: made(outcome, routes.prefix, show_entry))


@routes.get("", response_model=EntryPage, responses=READS_ONE)
async def list_waitlist(
    call: Reading,
    patient_id: UUID | None = None,
    service_id: UUID | None = None,
    clinician_id: UUID | None = None,
    status: EntryStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Entries in line: who joined first comes first. With `clinician_id` those who wait for that one alone."""

    def page() -> Answer:
        call.log.require((Clinician, clinician_id), (Service, service_id))
        behind, tenant_id = decoded_number(cursor) or 0, call.actor.tenant_id
        patient_ids = person_of(call.log, patient_id).ids if patient_id else ()
        call.container.wait_for(tenant_id, "waitlist", after)
        rows, following = call.container.waitlist.queries.entries(
            tenant_id,
            patient_ids=patient_ids,
            service_id=service_id,
            clinician_id=clinician_id,
            status=status,
            after=behind,
            limit=limit,
        )
        return collected("entries", [show_entry_row(row) for row in rows], cursor_behind(following), after)

    return await call.read(Permission.READ_VISITS, page)


@routes.get("/{entry_id}", response_model=EntryShown, responses=READS_ONE)
async def get_waitlist_entry(entry_id: UUID, call: Showing) -> Response:
    """One entry, as its log says at this moment or said at another."""
    return await call.get(Permission.READ_VISITS, WaitlistEntry, entry_id, show_entry)


@routes.patch("/{entry_id}", response_model=EntryShown, responses=CHANGES)
async def change_waitlist_entry(entry_id: UUID, body: EntryPatch, call: Changing) -> Response:
    """Wait for something else, at the same place in line. `no_longer_waiting`: served, or withdrawn."""

    def command() -> ChangeEntry:
        changes: PreferencesChanges = {}
        if "clinician_id" in body.model_fields_set:
            changes["clinician_id"] = body.clinician_id
        if "windows" in body.model_fields_set:
            changes["windows"] = _ranges(call, body.windows)
        if "notice_minutes" in body.model_fields_set:
            changes["notice_minutes"] = body.notice_minutes
        return ChangeEntry(entry_id, changes, call.expected_version)

    return await call.execute(command, lambda outcome: changed(outcome, show_entry))


@routes.delete("/{entry_id}", response_model=EntryShown, responses=CHANGES)
async def withdraw_waitlist_entry(entry_id: UUID, call: Changing) -> Response:
    """Leave the list; what was offered goes back. Leaving twice changes nothing. `no_longer_waiting`: the person was served."""
    return await call.change(WithdrawEntry(entry_id, call.expected_version), show_entry)


def _ranges(call: Call, windows: list[Window]) -> tuple[TimeRange, ...]:
    zone = call.log.catalogue(at_least=1).one(Practice, call.actor.tenant_id).zone
    return tuple(sorted(window.range(zone) for window in windows))
