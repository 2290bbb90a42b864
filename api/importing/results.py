"""The results of imports: the same over HTTP and on the command line."""

from typing import TypeAlias

from api.importing.imported_files import Source
from application.importing.patients.reader import PatientReader
from application.importing.report import ImportReport
from application.importing.visits.reader import VisitReader

FileReader: TypeAlias = PatientReader | VisitReader


def patients_result(done: ImportReport, source: Source, reader: FileReader) -> dict[str, object]:
    tally = done.tally
    return _common(done, source, reader) | {
        "registered": tally.made.total(),
        "already_there": tally.made_before + tally.already_there,
        "matched": tally.matched,
    }


def visits_result(done: ImportReport, source: Source, reader: FileReader) -> dict[str, object]:
    tally = done.tally
    return _common(done, source, reader) | {
        "booked": tally.made.total(),
        "results": {str(status): count for status, count in tally.made.items()},
        "already_there": tally.made_before + tally.matched,
        "beside_others": sorted(tally.beside),
        "without_room": sorted(tally.roomless),
        "missing": [{"kind": one.kind, "name": one.name, "rows": one.rows, "id": one.id} for one in done.missing],
    }


def _common(done: ImportReport, source: Source, reader: FileReader) -> dict[str, object]:
    return {
        "import_id": done.import_id,
        "practice_id": source.run.log.tenant_id,
        "dry_run": source.run.dry_run,
        "read_as": source.table.read_as,
        "rows": done.tally.rows,
        "refused": len(done.tally.refusals),
        "reasons": done.tally.reasons(),
        "columns_not_understood": dict(reader.other_columns.not_understood),
        "columns_left_out": dict(reader.other_columns.left_out),
        "columns_missing": reader.missing_columns,
    }
