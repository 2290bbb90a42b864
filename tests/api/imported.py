"""Imports of patients into a practice of the API's tests, brought in and undone as the command line does it."""

from uuid import UUID

from api.in_use import UpToDateHistory
from application.importing.patients.import_patients import ImportPatients, ImportPatientsHandler
from application.importing.patients.undo_import import UndoImport, UndoImportHandler
from tests.api.studio import Studio
from tests.application.importing.patients.patient_file import people, read
from tests.support.world import by_test


def bring(studio: Studio, count: int = 1, *, file: int = 1) -> UUID:
    """Import so many patients of a made-up file; return the import's id."""
    world = studio.program.world
    command = ImportPatients("jane", bytes([count % 256, file]) * 16)
    handler = ImportPatientsHandler(world.patient_import_ports())
    return handler(UUID(studio.practice_id), command, read(people(count)), lambda *_: None).import_id


def undo(studio: Studio, import_id: UUID) -> None:
    world = studio.program.world
    handler = UndoImportHandler(world.undo_ports(UpToDateHistory(world)))
    handler(UUID(studio.practice_id), UndoImport(import_id), by_test(), lambda _: None)
