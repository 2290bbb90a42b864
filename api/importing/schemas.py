"""Bodies of requests and answers about imports."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from api.http.schemas import Body, Page, Truth, Versioned, examples
from domain.importing.data_import import ImportStatus

MAX_LISTED: Final = 1_000
"""Kept records that an answer lists."""


class ImportShown(Versioned):
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
    kept_patient_ids: list[UUID] = Field(description=f"Patients kept by the undo: the first {MAX_LISTED:,}.")
    kept_appointment_ids: list[UUID] = Field(description=f"Visits kept by the undo: the first {MAX_LISTED:,}.")


class ImportPage(Page):
    imports: list[ImportShown]


class UndoImportBody(Body):
    model_config = examples({"what_can_be": True})

    what_can_be: Truth = Field(
        False, description="Keep what is in use or was changed, and withdraw the rest; else all or nothing."
    )
