"""Who undoes an import, by what it brought."""

from api.bootstrap import World
from api.in_use import UpToDateHistory
from application.importing.patients.undo_import import UndoImportHandler
from application.importing.visits.import_visits import KIND as APPOINTMENTS
from application.importing.visits.undo_visits import UndoVisitsHandler


def undoer(world: World, kind: str) -> UndoImportHandler | UndoVisitsHandler:
    """Return what carries out an undo of an import of this kind."""
    if kind == APPOINTMENTS:
        return UndoVisitsHandler(world.visit_ports())
    return UndoImportHandler(world.undo_ports(UpToDateHistory(world)))
