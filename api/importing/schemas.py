"""Bodies of requests and answers about imports."""

import base64
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from api.http.schemas import Body, Page, Shown, Truth, Versioned, examples
from api.importing.imported_files import MAX_UPLOADED
from application.importing.report import RowOutcome
from domain.importing.data_import import ImportStatus
from domain.scheduling.appointments.status import Status

MAX_LISTED: Final = 1_000
"""Kept records that an answer lists."""


class ImportShown(Versioned):
    """One import of one file. The events that it recorded have its id as their `causation_id`."""

    kind: str = Field(description="`patients` or `appointments`.")
    source: str = Field(description="The program that wrote the file.")
    status: ImportStatus = Field(description="An import that was killed is `running`: run it again to continue.")
    started_at: datetime
    row_count: int = Field(description="While it is running, the rows so far; the counts grow with every 250 rows.")
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


def _in_base64(*lines: str) -> str:
    return base64.b64encode("\r\n".join(lines).encode()).decode()


class FileBody(Body):
    """A file, its format, and how to read it."""

    format: str | None = Field(
        None, max_length=50, description="A format that comes with the program, such as `jane`; else send `mapping`."
    )
    mapping: dict[str, JsonValue] | None = Field(
        None, description="A format of your own: the settings that `scheduler import formats jane` prints, as JSON."
    )
    file: str = Field(
        max_length=-(-MAX_UPLOADED // 3) * 4,
        description="The file in base64: CSV, plain or gzipped, or a workbook (.xlsx), of at most 2 MiB and 5,000 rows.",
    )
    encoding: str | None = Field(
        None,
        max_length=50,
        description="The encoding of a CSV file, such as `cp1255`; by default found by its content.",
    )
    sheet: str | None = Field(
        None, max_length=200, description="The sheet of a workbook; by default the only visible one that has rows."
    )
    dry_run: Truth = Field(False, description="Plan everything, record nothing.")


class PatientFileBody(FileBody):
    model_config = examples(
        {
            "format": "jane",
            "file": _in_base64("Patient Number,First Name,Last Name,Email", "1,Dana,Cohen,dana@example.org"),
            "dry_run": True,
        }
    )


class AppointmentFileBody(FileBody):
    model_config = examples(
        {
            "mapping": {
                "source": "my-list",
                "starts_at": "{When}",
                "clinician": "{With}",
                "service": "{What}",
                "patient": {"full_name": "{Who}"},
            },
            "file": _in_base64("When,Who,With,What", "2026-06-03 10:00,Dana Cohen,Dr. Noa Levi,Physio"),
            "dry_run": True,
            "create_missing": True,
        }
    )

    create_missing: Truth = Field(
        False, description="Create the locations, clinicians and services that the file names and the practice lacks."
    )


class FindingShown(Shown):
    """A row that was left out, or a remark about one. It has no value of the row."""

    row: int = Field(description="As a spreadsheet numbers it.")
    outcome: RowOutcome
    reason: str = Field(description="A stable code: see the guides.", examples=["empty"])
    column: str | None = Field(description="The column at fault.")
    patient_id: UUID | None = Field(description="The patient whom the remark is about.")
    explanation: str


class FileImportedShown(Shown):
    """What an import did, or would do."""

    import_id: UUID = Field(description="The import; with `dry_run` it does not exist.")
    practice_id: UUID
    dry_run: bool
    read_as: str = Field(description="How the file was read.", examples=["text in utf-8, separated by ,"])
    rows: int
    refused: int
    reasons: dict[str, int] = Field(description="The number of findings for each reason.")
    columns_not_understood: dict[str, int] = Field(
        description="Rows with a value, for each column that the format does not name."
    )
    columns_left_out: dict[str, int] = Field(
        description="Rows with a value, for each column that the format leaves out on purpose."
    )
    columns_missing: list[str] = Field(description="Columns that the format names and the file lacks.")
    findings: list[FindingShown] = Field(description="In the order of the rows.")
    position: int = Field(description="Pass it as `after` to read the result.")


class PatientsImportedShown(FileImportedShown):
    registered: int
    already_there: int = Field(description="Registered by an earlier run, or by another file of the same source.")
    matched: int = Field(description="Rows that mean a patient who exists, or repeat an earlier row.")


class MissingShown(Shown):
    kind: Literal["location", "clinician", "service"]
    name: str
    rows: int = Field(description="How many rows name it.")
    id: UUID = Field(description="The id under which it is created.")


class AppointmentsImportedShown(FileImportedShown):
    booked: int
    results: dict[Status, int] = Field(description="The booked visits by their status.")
    already_there: int
    beside_others: list[int] = Field(description="Rows of visits that overlap others of their clinician.")
    without_room: list[int] = Field(description="Rows of coming visits for which not all required rooms are free.")
    missing: list[MissingShown] = Field(description="What the file names and the practice lacked: it was created.")
