"""/v1/imports: the imports of patients and appointments, and their undo."""

from functools import partial
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.bootstrap.importing import import_undo
from api.http.answers import Answer
from api.http.calls import After, Changing, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, READS, READS_ONE, changed, collected
from api.importing.presenters import present_import, present_import_record
from api.importing.schemas import ImportInFull, ImportPage, UndoImportBody
from application.importing.undo import UndoImport
from application.kernel.permissions import Permission
from domain.importing.data_import import DataImport
from domain.kernel.provenance import Provenance

routes = APIRouter(prefix="/v1/imports", tags=["patients"])

MAX_UNDONE: Final = 5_000
"""Patients or visits that one request may withdraw, at about 1 ms each.

The command has no limit.
"""


@routes.get("", response_model=ImportPage, responses=READS)
async def list_imports(call: Reading, limit: Limit = 50, cursor: Cursor = None, after: After = None) -> Response:
    """List the imports of patients and of appointments in no particular order.

    `scheduler import` runs and undoes them.
    """

    def page() -> Answer:
        behind = decoded_id(cursor)
        reached = call.container.wait_for(call.actor.tenant_id, "imports", after)
        found, next_id = call.container.imports.page(call.actor.tenant_id, after=behind, limit=limit)
        return collected("imports", [present_import_record(one) for one in found], cursor_behind(next_id), reached)

    return await call.read(Permission.READ_PATIENTS, page)


@routes.get("/{import_id}", response_model=ImportInFull, responses=READS_ONE)
async def get_import(import_id: UUID, call: Showing) -> Response:
    """Return one import: the counts of its rows, who started it, and who undid it."""
    return await call.get(Permission.READ_PATIENTS, DataImport, import_id, partial(present_import, call))


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
        return changed(
            import_undo(call.container).once(call.actor.tenant_id, command, by), partial(present_import, call)
        )

    return await call.write(Permission.UNDO_IMPORTS, undo)
