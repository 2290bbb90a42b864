"""The read models: each is a PostgreSQL schema and a folder of the same name."""

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
    """A schema, and the SQL file under ``projections`` that creates its tables or views.

    A read model has the name of its projector. Raise the projector's ``version`` whenever it writes
    other rows for the same events.
    """

    name: str
    file: str
    version: int = 1

    def text(self) -> str:
        """Return the SQL. It runs as scheduler_owner, with ``search_path`` set to the schema."""
        return files("projections").joinpath(self.file).read_text("utf-8")

    def fingerprint(self) -> str:
        """Return a hash of the definition. A read model whose definition has changed is rebuilt."""
        return hashlib.sha256(f"{self.version}\n{self.text()}".encode()).hexdigest()


READ_MODELS: Final = tuple(
    Schema(projector.name, file, projector.version)
    for projector, file in (
        (CalendarProjector, "scheduling/calendar/schema.sql"),
        (PatientsProjector, "patients/directory/schema.sql"),
        (HistoryProjector, "audit/history/schema.sql"),
        (AccessProjector, "access/tokens/schema.sql"),
        (WaitlistProjector, "waitlist/entries/schema.sql"),
        (ImportsProjector, "importing/imports/schema.sql"),
    )
)
REPORTING: Final = Schema("reporting", "audit/reporting/views.sql")
"""Views on the read models, for analysts; no projector fills them."""


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
