"""Project the list of imports. An import has few events, so each event is a statement, in order."""

from collections.abc import Sequence
from typing import Final, cast

from domain.importing.data_import import DataImport, ImportStatus
from domain.kernel.logged_event import LoggedEvent
from projections.engine.rows import Row, Write, insert, update

_INSERT: Final = insert("import")
_COUNTS: Final = ("row_count", "made_count", "matched_count", "refused_count")
_UPDATE: Final = update(
    "import", "import_id", "status", *_COUNTS, "withdrawn_count", "kept_count", undone_at="r.undone_at"
)
_ZERO_COUNTS: Final[Row] = dict.fromkeys((*_COUNTS, "withdrawn_count", "kept_count"), 0)


class ImportsProjector:
    name = "imports"
    version = 2

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        return [
            Write(_INSERT if event.event_type == DataImport.Started.TOPIC else _UPDATE, [_row(event)])
            for event in events
            if event.event_type.startswith("practice.import.")
        ]


def _row(event: LoggedEvent) -> Row:
    body = event.body
    row: Row = {"import_id": event.stream_id, "version": event.version, "position": event.position}
    match event.event_type:
        case DataImport.Started.TOPIC:
            file: Row = {name: body[name] for name in ("kind", "source", "file_hash")}
            started: Row = {"status": ImportStatus.RUNNING, "started_at": event.effective_at, "started_by": event.actor}
            return row | file | started | _ZERO_COUNTS
        case DataImport.Resumed.TOPIC:
            return row | {"status": ImportStatus.RUNNING, "withdrawn_count": 0, "kept_count": 0}
        case DataImport.Progressed.TOPIC:
            return row | {name: body[name] for name in _COUNTS}
        case DataImport.Finished.TOPIC:
            counts: Row = {name: body[name] for name in _COUNTS}
            return row | counts | {"status": ImportStatus.FINISHED}
        case _:
            kept = len(cast("list[object]", body["kept_ids"]))
            undone: Row = {"status": ImportStatus.UNDONE, "undone_at": event.effective_at}
            return row | undone | {"withdrawn_count": body["withdrawn_count"], "kept_count": kept}
