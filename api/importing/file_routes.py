"""POST /v1/imports/patients and /v1/imports/appointments: import another program's file."""

import base64
import binascii
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, TextIO, TypeVar

from fastapi import APIRouter, Response

from api.http.answers import Answer, HttpAnswer
from api.http.calls import Call, Repeating
from api.http.resource_responses import MAKES
from api.importing.csv_answers import CSV, CsvAnswer, wants_csv
from api.importing.findings import findings_json, write_patient_findings, write_visit_refusals
from api.importing.imported_files import (
    MAX_UNPACKED,
    MAX_UPLOADED,
    UPLOAD_LIMITS,
    ImportedFile,
    Source,
    UploadedFile,
    formats_of,
    open_source,
    settings_in,
)
from api.importing.pacing import Pacer
from api.importing.results import patients_result, visits_result
from api.importing.schemas import (
    AppointmentFileBody,
    AppointmentsImportedShown,
    FileBody,
    PatientFileBody,
    PatientsImportedShown,
)
from application.importing.encodings import is_text_encoding
from application.importing.errors import TooManyRowsError
from application.importing.formats import Format
from application.importing.patients.format import PatientFormat
from application.importing.patients.import_patients import import_patients as register_patients
from application.importing.reader import RowReader
from application.importing.report import Finding, ImportReport
from application.importing.visits.format import VisitFormat
from application.importing.visits.import_visits import import_visits as book_visits
from application.kernel.permissions import Permission
from domain.importing.data_import import ImportKind
from domain.kernel.errors import InvalidValueError
from domain.kernel.provenance import Provenance

routes = APIRouter(prefix="/v1/imports", tags=["patients"])

MAX_ROWS: Final = 5_000
"""Rows that one request may import, at about 0.5 ms each. The command has no limit."""

Row = TypeVar("Row")


@routes.post("/patients", response_model=PatientsImportedShown, responses=MAKES | CSV)
async def import_patients(body: PatientFileBody, call: Repeating) -> Response:
    """Register the patients of another program's file, and report matches, refusals and remarks.

    The answer comes when the import is complete; until then `GET /v1/imports` shows how far it is.
    The same file again registers only who is missing, so repeat the request if no answer arrives.
    `POST /v1/imports/{id}/undo` withdraws all of them. With `Accept: text/csv` the answer is the
    findings as CSV. Refused as a whole: `unreadable_file`, `mapping`, `too_many_rows`.
    """

    def work(by: Provenance) -> HttpAnswer:
        used = PatientFormat.of(_settings(ImportKind.PATIENTS, body))
        with _source(call, ImportKind.PATIENTS, body, used, by) as (source, pacer):
            reader = source.patient_reader(used)
            rows = _rows(reader, source, pacer)
            done = register_patients(source.run, rows, lambda _: pacer.yield_turn())
        return _answer(call, done, patients_result(done, source, reader), write_patient_findings)

    return await call.write(Permission.IMPORT, work)


@routes.post("/appointments", response_model=AppointmentsImportedShown, responses=MAKES | CSV)
async def import_appointments(body: AppointmentFileBody, call: Repeating) -> Response:
    """Book the appointments of another program's file at their own times, with their outcomes.

    As the import of patients, which comes first. Refused also with `not_in_practice`: the practice
    lacks locations, clinicians or services; with `create_missing` and `dry_run` the answer names
    them in `missing`.
    """

    def work(by: Provenance) -> HttpAnswer:
        used = VisitFormat.of(_settings(ImportKind.APPOINTMENTS, body))
        with _source(call, ImportKind.APPOINTMENTS, body, used, by) as (source, pacer):
            reader = source.visit_reader(used)
            rows, create = _rows(reader, source, pacer), body.create_missing
            done = book_visits(source.run, used, rows, lambda _: pacer.yield_turn(), create_missing=create)
        return _answer(call, done, visits_result(done, source, reader), write_visit_refusals)

    return await call.write(Permission.IMPORT, work)


def _settings(kind: ImportKind, body: FileBody) -> Mapping[str, object]:
    """Raises InvalidValueError: there is no such format, or not exactly one was sent."""
    known = formats_of(kind)
    if body.mapping is not None and body.format is None:
        return body.mapping
    if body.mapping is not None or body.format not in known.names:
        raise InvalidValueError("format", f"send a mapping, or a format: {', '.join(known.names)}")
    return settings_in(known.text(body.format))


@contextmanager
def _source(
    call: Call, kind: ImportKind, body: FileBody, used: Format, by: Provenance
) -> Iterator[tuple[Source, Pacer]]:
    """Open the uploaded file once the list of patients is complete.

    Raises InvalidValueError; TableError; ViewBehindError.
    """
    if body.encoding is not None and not is_text_encoding(body.encoding):
        raise InvalidValueError("encoding", "there is no such encoding; examples are utf-8, cp1252 and cp1255")
    file = UploadedFile(_content(body.file))
    file.refuse_larger_than(MAX_UNPACKED)
    call.container.wait_for(call.actor.tenant_id, "patients", call.log.reader.position())
    named = ImportedFile(file, body.encoding, body.sheet, UPLOAD_LIMITS)
    tenant_id, pacer = call.actor.tenant_id, Pacer()
    with open_source(
        call.container, tenant_id, kind, named, used, dry_run=body.dry_run, actor=by.actor, pacer=pacer
    ) as source:
        yield source, pacer


def _content(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValueError("file", "the file is sent in base64") from None
    if len(content) > MAX_UPLOADED:
        raise InvalidValueError("file", f"the file has at most {MAX_UPLOADED:,} octets; use `scheduler import`")
    return content


def _rows(reader: RowReader[Row], source: Source, pacer: Pacer) -> Sequence[Row | Finding]:
    """Return all rows. Raises TooManyRowsError, TableError."""
    rows = list(islice(pacer.paced(reader.read(source.table.rows)), MAX_ROWS + 1))
    if len(rows) > MAX_ROWS:
        raise TooManyRowsError(MAX_ROWS)
    return rows


def _answer(
    call: Call, done: ImportReport, result: Mapping[str, object], write: Callable[[list[Finding], TextIO], None]
) -> HttpAnswer:
    if wants_csv(call):
        text = io.StringIO(newline="")
        write(done.tally.findings, text)
        return CsvAnswer(text.getvalue())
    findings, position = findings_json(done.tally.findings), call.log.reader.position()
    return Answer({**result, "findings": findings, "position": position})
