"""Presenters of imports."""

from api.http.calls import Call
from api.importing.schemas import MAX_LISTED, ImportInFull, ImportShown
from application.importing.visits.import_visits import KIND as APPOINTMENTS
from domain.importing.data_import import DataImport, ImportStatus
from projections.importing.imports.queries import ImportRecord


def present_import(call: Call, data_import: DataImport) -> dict[str, object]:
    """Present one import. The actors are read from its events, of which there are few."""
    events = call.container.storage.log_reader.of_streams(
        call.actor.tenant_id, [data_import.id], 0, data_import.version
    )
    last = events[-1] if data_import.status is ImportStatus.UNDONE else None
    kept_ids, is_of_visits = data_import.kept_ids, data_import.kind == APPOINTMENTS
    return ImportInFull.present(
        data_import,
        started_at=data_import.created_on,
        started_by=events[0].actor,
        kept_count=len(kept_ids),
        kept_patient_ids=[] if is_of_visits else kept_ids[:MAX_LISTED],
        kept_appointment_ids=kept_ids[:MAX_LISTED] if is_of_visits else [],
        undone_at=last and last.effective_at,
        undone_by=last and last.actor,
    )


def present_import_record(record: ImportRecord) -> dict[str, object]:
    return ImportShown.present(record, id=record.import_id, version=record.version)
