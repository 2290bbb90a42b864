"""/v1/imports: which files patients were brought in from."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from api.answers import Answer
from api.bodies import Page, Thing
from api.calls import After, Reading
from api.paging import Cursor, Limit, decoded_id, encoded
from api.things import READS, collected
from application.permissions import Action
from domain.practice.data_import import DataImport, ImportStatus
from projections.imports.queries import ImportRecord

routes = APIRouter(prefix="/v1/imports", tags=["patients"])


class ImportShown(Thing):
    """One file's import. The events of what it made have its id as their `causation_id`."""

    kind: str = Field(description="Of what: `patients`.")
    source: str = Field(description="The program that the file is from.")
    status: ImportStatus = Field(description="`running` is also one that was killed: run it again, and it goes on.")
    started_at: datetime
    row_count: int
    made_count: int
    matched_count: int = Field(description="Rows of persons who were patients already, or came twice in the file.")
    refused_count: int
    withdrawn_count: int = Field(description="How many were taken back when the import was undone.")
    kept_count: int = Field(description="How many were kept then, since something depends on them.")
    started_by: str
    undone_at: datetime | None


class ImportPage(Page):
    imports: list[ImportShown]


@routes.get("", response_model=ImportPage, responses=READS)
async def list_imports(call: Reading, limit: Limit = 50, cursor: Cursor = None, after: After = None) -> Response:
    """Imports of patients, in no order that means anything; `scheduler import` makes and undoes them."""

    def page() -> Answer:
        behind = decoded_id(cursor)
        call.world.wait_for(call.actor.tenant_id, "imports", after)
        found, next_id = call.world.imports.page(call.actor.tenant_id, after=behind, limit=limit)
        return collected("imports", [_listed(one) for one in found], encoded(str(next_id)) if next_id else None, after)

    return await call.read(Action.READ_PATIENTS, page)


def show(one: DataImport) -> dict[str, object]:
    return {
        "kind": one.kind,
        "source": one.source,
        "status": one.status,
        "started_at": one.started_at,
        "row_count": one.row_count,
        "made_count": one.made_count,
        "matched_count": one.matched_count,
        "refused_count": one.refused_count,
        "withdrawn_count": one.withdrawn_count,
        "kept_count": len(one.kept_ids),
    }


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
