"""The read models: each is a PostgreSQL schema and a folder of the same name."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from projections.access.projector import AccessProjector
from projections.calendar.projector import CalendarProjector
from projections.history.projector import HistoryProjector
from projections.imports.projector import ImportsProjector
from projections.patients.projector import PatientsProjector
from projections.ports import PersonIndex
from projections.rows import Projector
from projections.waitlist.projector import WaitlistProjector


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema, and the SQL file under ``projections`` that creates its tables or views.

    A read model has the name of its projector. ``version`` is the projector's: raise it whenever the
    projector writes other rows for the same events.
    """

    name: str
    file: str
    version: int = 1

    def text(self) -> str:
        """Return the SQL. It names no schema, but runs as scheduler_owner with ``search_path`` set to it."""
        return files("projections").joinpath(self.file).read_text("utf-8")

    def fingerprint(self) -> str:
        """Return a hash of the definition. A read model whose definition has changed is rebuilt."""
        return hashlib.sha256(f"{self.version}\n{self.text()}".encode()).hexdigest()


_PROJECTORS: Final = (
    CalendarProjector,
    PatientsProjector,
    HistoryProjector,
    AccessProjector,
    WaitlistProjector,
    ImportsProjector,
)
READ_MODELS: Final = tuple(Schema(one.name, f"{one.name}/schema.sql", one.version) for one in _PROJECTORS)
REPORTING: Final = Schema("reporting", "reporting/views.sql")
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
