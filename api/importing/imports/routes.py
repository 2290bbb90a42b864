"""/v1/imports: the imports of patients and appointments, and their undo."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.bootstrap.importing import import_undo
from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, READS, READS_ONE, Show, changed, collected
from api.http.schemas import Body, Page, Thing, Truth
from application.importing.undo import UndoImport
from application.kernel.permissions import Permission
from domain.importing.data_import import DataImport, ImportKind, ImportStatus
from domain.kernel.provenance import Provenance
from projections.importing.imports.queries import ImportRecord

routes = APIRouter(prefix="/v1/imports", tags=["patients"])

MAX_UNDONE: Final = 5_000
"""Patients or visits that one request may withdraw, at about 1 ms each.

The command has no limit.
"""
_MAX_LISTED: Final = 1_000


class ImportShown(Thing):
    """One import of one file. The events that it recorded have its id as their `causation_id`."""

    kind: str = Field(description="`patients` or `appointments`.")
    source: str = Field(description="The program that wrote the file.")
    status: ImportStatus = Field(description="An import that was killed is `running`: run it again to continue.")
    started_at: datetime
    row_count: int
    made_count: int
    matched_count: int = Field(description="Rows that match an existing record or repeat an earlier row.")
    refused_count: int
    withdrawn_count: int = Field(description="Records withdrawn by the undo.")
    kept_count: int = Field(description="Records kept by the undo, because they are in use or were changed.")
    started_by: str
    undone_at: datetime | None


class ImportInFull(ImportShown):
    undone_by: str | None = Field(description="Actor of the last undo; null if the import is not undone.")
    kept_patient_ids: list[UUID] = Field(description=f"Patients kept by the undo: the first {_MAX_LISTED:,}.")
    kept_appointment_ids: list[UUID] = Field(description=f"Visits kept by the undo: the first {_MAX_LISTED:,}.")


class ImportPage(Page):
    imports: list[ImportShown]


class UndoImportBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"what_can_be": True}]})

    what_can_be: Truth = Field(
        False, description="Keep what is in use or was changed, and withdraw the rest; else all or nothing."
    )


@routes.get("", response_model=ImportPage, responses=READS)
async def list_imports(call: Reading, limit: Limit = 50, cursor: Cursor = None, after: After = None) -> Response:
    """List the imports of patients and of appointments in no particular order.

    `scheduler import` runs and undoes them.
    """

    def page() -> Answer:
        behind = decoded_id(cursor)
        call.container.wait_for(call.actor.tenant_id, "imports", after)
        found, next_id = call.container.imports.page(call.actor.tenant_id, after=behind, limit=limit)
        return collected("imports", [_listed(one) for one in found], cursor_behind(next_id), after)

    return await call.read(Permission.READ_PATIENTS, page)


@routes.get("/{import_id}", response_model=ImportInFull, responses=READS_ONE)
async def get_import(import_id: UUID, call: Showing) -> Response:
    """Return one import: the counts of its rows, who started it, and who undid it."""
    return await call.show(Permission.READ_PATIENTS, DataImport, import_id, shower(call))


@routes.post("/{import_id}/undo", response_model=ImportInFull, responses=CHANGES)
async def undo_import(import_id: UUID, call: Changing, body: UndoImportBody | None = None) -> Response:
    """Withdraw everything that an import made.

    Patients leave all lists and cannot be booked, visits are archived and release their time; the
    history stays. The answer comes when the undo is complete, for up to 5,000 patients or visits; a
    larger import is refused with `import_too_large`: use the command `scheduler import undo`. If
    records are in use or were changed, the undo is refused as a whole with `import_in_use`: `kept`
    gives a reason for the first 100, and `what_can_be` keeps them. If no answer arrives, repeat the
    request: the undo continues.
    """
    what_can_be = body is not None and body.what_can_be

    def undo(by: Provenance) -> Answer:
        command = UndoImport(import_id, what_can_be, call.expected_version, MAX_UNDONE)
        return changed(import_undo(call.container).once(call.actor.tenant_id, command, by), shower(call))

    return await call.write(Permission.UNDO_IMPORTS, undo)


def shower(call: Call) -> Show[DataImport]:
    """Return the presenter of one import. The actors are in its events, of which there are few."""

    def show(one: DataImport) -> dict[str, object]:
        events = call.container.storage.log_reader.of_streams(call.actor.tenant_id, [one.id], 0, one.version)
        last = events[-1] if one.status is ImportStatus.UNDONE else None
        return {
            "kind": one.kind,
            "source": one.source,
            "status": one.status,
            "started_at": one.created_on,
            "started_by": events[0].actor,
            "row_count": one.row_count,
            "made_count": one.made_count,
            "matched_count": one.matched_count,
            "refused_count": one.refused_count,
            "withdrawn_count": one.withdrawn_count,
            "kept_count": len(one.kept_ids),
            "kept_patient_ids": one.kept_ids[:_MAX_LISTED] if one.kind == ImportKind.PATIENTS else [],
            "kept_appointment_ids": one.kept_ids[:_MAX_LISTED] if one.kind == ImportKind.APPOINTMENTS else [],
            "undone_at": last and last.effective_at,
            "undone_by": last and last.actor,
        }

    return show


def _listed(one: ImportRecord) -> dict[str, object]:
    return {
        "id": one.import_id,
        "version": one.version,
        "kind": one.kind,
        "source": one.source,
        "status": one.status,
        "started_at": one.started_at,
        "started_by": one.started_by,
        "row_count": one.row_count,
        "made_count": one.made_count,
        "matched_count": one.matched_count,
        "refused_count": one.refused_count,
        "withdrawn_count": one.withdrawn_count,
        "kept_count": one.kept_count,
        "undone_at": one.undone_at,
    }
