"""The outcome of the rows of an import of appointments."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from application.importing.report import Tally


class ResourceKind(StrEnum):
    """What a file names and the practice must have."""

    LOCATION = "location"
    CLINICIAN = "clinician"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class MissingResource:
    """A location, clinician or service that ``rows`` rows name and the practice lacks; it is created under ``id``."""

    kind: ResourceKind
    name: str
    rows: int
    id: UUID


@dataclass(slots=True)
class VisitTally(Tally):
    """``matched`` counts rows of visits that exist, from another file or booked by people.

    ``beside`` are the lines of visits that overlap others of their clinician, ``roomless`` those of
    future visits for which not all required rooms were free.
    """

    beside: list[int] = field(default_factory=list)
    roomless: list[int] = field(default_factory=list)
