"""/v1/imports: which files patients and appointments were brought in from, and how a whole one is undone."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.bootstrap.importing import undoer
from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, READS, READS_ONE, Show, changed, collected
from api.http.schemas import Body, Page, Thing, Truth
from application.importing.undo_import import UndoImport
from application.importing.visits.import_visits import KIND as APPOINTMENTS
from application.kernel.permissions import Permission
from domain.importing.data_import import DataImport, ImportStatus
from domain.kernel.provenance import Provenance
from projections.importing.imports.queries import ImportRecord

routes = APIRouter(prefix="/v1/imports", tags=["patients"])

MOST_UNDONE: Final = 5_000
"""Patients or visits that one request takes back: about 1 ms for each, which a caller can wait for. Beyond, the command does it."""
_NAMED: Final = 1_000


class ImportShown(Thing):
    """One file's import. The events of what it made have its id as their `causation_id`."""

    kind: str = Field(description="Of what: `patients` or `appointments`.")
    source: str = Field(description="The program that the file is from.")
    status: ImportStatus = Field(description="`running` is also one that was killed: run it again, and it goes on.")
    started_at: datetime
    row_count: int
    made_count: int
    matched_count: int = Field(description="Rows of what was there already, or came twice in the file.")
    refused_count: int
    withdrawn_count: int = Field(description="How many were taken back when the import was undone.")
    kept_count: int = Field(description="How many were kept then, since something depends on them.")
    started_by: str
    undone_at: datetime | None


class ImportInFull(ImportShown):
    undone_by: str | None = Field(description="Who undid it last; null while it is not undone.")
    kept_patient_ids: list[UUID] = Field(description=f"Who was kept when it was undone: the first {_NAMED:,}.")
    kept_appointment_ids: list[UUID] = Field(description=f"Which visits were kept then: the first {_NAMED:,}.")


class ImportPage(Page):
    imports: list[ImportShown]


class UndoImportBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"what_can_be": True}]})

    what_can_be: Truth = Field(
        False, description="Keep what is in use or was changed since, and take back the rest; else all or nothing."
    )


@routes.get("", response_model=ImportPage, responses=READS)
async def list_imports(call: Reading, limit: Limit = 50, cursor: Cursor = None, after: After = None) -> Response:
    """Imports of patients and of appointments, in no order that means anything; `scheduler import` makes and undoes them."""

    def page() -> Answer:
        behind = decoded_id(cursor)
        call.container.wait_for(call.actor.tenant_id, "imports", after)
        found, next_id = call.container.imports.page(call.actor.tenant_id, after=behind, limit=limit)
        return collected("imports", [_listed(one) for one in found], cursor_behind(next_id), after)

    return await call.read(Permission.READ_PATIENTS, page)


@routes.get("/{import_id}", response_model=ImportInFull, responses=READS_ONE)
async def get_import(import_id: UUID, call: Showing) -> Response:
    """One import: what became of its rows, who began it, and whether and by whom it was undone."""
    return await call.show(Permission.READ_PATIENTS, DataImport, import_id, shower(call))


@routes.post("/{import_id}/undo", response_model=ImportInFull, responses=CHANGES)
async def undo_import(import_id: UUID, call: Changing, body: UndoImportBody | None = None) -> Response:
    """Withdraw what an import made: its patients are in no list and take nothing new, its visits are archived and hold no time, and their
    history stays. It is done once this is answered, for up to 5,000 patients or visits; beyond, `import_too_large`: the command
    `scheduler import undo` does it. Refused as a whole where something depends on one of them or was changed since, `import_in_use`:
    `kept` tells of the first 100 why, and `what_can_be` keeps these. If no answer comes, ask again: it goes on where it was."""
    what_can_be = body is not None and body.what_can_be

    def undo(by: Provenance) -> Answer:
        carry_out = undoer(call.container, call.log.load(DataImport, import_id).kind)
        command = UndoImport(import_id, what_can_be, call.expected_version, MOST_UNDONE)
        return changed(carry_out.once(call.actor.tenant_id, command, by), shower(call))

    return await call.write(Permission.UNDO_IMPORTS, undo)


def shower(call: Call) -> Show[DataImport]:
    """Return what shows an import in full: who did what is in its events, which are few, and not in the import."""

    def show(one: DataImport) -> dict[str, object]:
        events = call.container.storage.log_reader.of_streams(call.actor.tenant_id, [one.id], 0, one.version)
        last = events[-1] if one.status is ImportStatus.UNDONE else None
        return {
            "kind": one.kind,
            "source": one.source,
            "status": one.status,
            "started_at": one.started_at,
            "started_by": events[0].actor,
            "row_count": one.row_count,
            "made_count": one.made_count,
            "matched_count": one.matched_count,
            "refused_count": one.refused_count,
            "withdrawn_count": one.withdrawn_count,
            "kept_count": len(one.kept_ids),
            "kept_patient_ids": [] if one.kind == APPOINTMENTS else one.kept_ids[:_NAMED],
            "kept_appointment_ids": one.kept_ids[:_NAMED] if one.kind == APPOINTMENTS else [],
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
