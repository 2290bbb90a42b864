"""The read models that there are. Each is a PostgreSQL schema and a folder of the same name."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from projections.access.projector import AccessProjector
from projections.calendar.projector import CalendarProjector
from projections.history.projector import HistoryProjector
from projections.patients.projector import PatientsProjector
from projections.ports import PersonIndex
from projections.rows import Projector


@dataclass(frozen=True, slots=True)
class ReadModel:
    """``name`` is that of its schema, its folder and its projector."""

    name: str

    def schema(self) -> str:
        """Return the SQL that makes its tables, to be run where ``search_path`` names its schema alone."""
        return files(f"projections.{self.name}").joinpath("schema.sql").read_text("utf-8")

    def fingerprint(self) -> str:
        """Return what tells this form of the read model from every other; a change asks for a rebuild."""
        return hashlib.sha256(self.schema().encode()).hexdigest()


READ_MODELS: Final = (ReadModel("calendar"), ReadModel("patients"), ReadModel("history"), ReadModel("access"))


def projectors(index: PersonIndex) -> tuple[Projector, ...]:
    """Return the projector of each read model."""
    return (CalendarProjector(), PatientsProjector(index), HistoryProjector(), AccessProjector())
