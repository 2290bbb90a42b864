"""The read models that there are. Each is a PostgreSQL schema and a folder of the same name."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from projections.access.tokens.projector import AccessProjector
from projections.audit.history.projector import HistoryProjector
from projections.engine.ports import PersonIndex
from projections.engine.rows import Projector
from projections.importing.imports.projector import ImportsProjector
from projections.patients.directory.projector import PatientsProjector
from projections.scheduling.calendar.projector import CalendarProjector
from projections.waitlist.entries.projector import WaitlistProjector


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema's name, and the file under ``projections`` that makes its tables. A read model's projector has the same name."""

    name: str
    file: str

    def text(self) -> str:
        """Return the SQL; a read model's names no schema, and fills the one that ``search_path`` names."""
        return files("projections").joinpath(self.file).read_text("utf-8")

    def fingerprint(self) -> str:
        """Return what tells this form from every other; in a read model a change asks for a rebuild."""
        return hashlib.sha256(self.text().encode()).hexdigest()


READ_MODELS: Final = (
    Schema("calendar", "scheduling/calendar/schema.sql"),
    Schema("patients", "patients/directory/schema.sql"),
    Schema("history", "audit/history/schema.sql"),
    Schema("access", "access/tokens/schema.sql"),
    Schema("waitlist", "waitlist/entries/schema.sql"),
    Schema("imports", "importing/imports/schema.sql"),
)
REPORTING: Final = Schema("reporting", "audit/reporting/views.sql")
"""Views over the read models, for analysts. They hold nothing, so no projector fills them."""
CURSORS: Final = Schema("projection", "engine/cursors.sql")
"""How far each projector has come."""


def projectors(index: PersonIndex) -> tuple[Projector, ...]:
    """Return the projector of each read model."""
    return (
        CalendarProjector(),
        PatientsProjector(index),
        HistoryProjector(),
        AccessProjector(),
        WaitlistProjector(),
        ImportsProjector(),
    )
