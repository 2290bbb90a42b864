"""The outcome of the rows of an import: refusals, remarks and counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Self
from uuid import UUID


class RowOutcome(StrEnum):
    """A row creates a new record, matches an existing one, or is refused."""

    REGISTERED = "registered"
    MATCHED = "matched"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """A refusal of one row, or a remark about it. It never holds a value of a person.

    ``line`` is the number of the row as a spreadsheet shows it, ``reason`` a stable code,
    ``column`` the column at fault, ``external_id`` the id of the row in the file.
    """

    line: int
    outcome: RowOutcome
    reason: str
    column: str = ""
    patient_id: UUID | None = None
    external_id: str = ""


class RowRefusedError(Exception):
    """The row cannot be imported. Caught within the importing package."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column

    def at(self, line: int, external_id: str = "") -> Finding:
        """Return the refusal of a row."""
        return Finding(line, RowOutcome.REFUSED, self.reason, self.column, external_id=external_id)


@dataclass(slots=True)
class Tally:
    """Counts of rows; every field is a number, a counter or a list, so that tallies add up.

    ``made`` counts the new records of this run by their status, ``made_before`` the records of
    earlier runs of the same import, ``already_there`` the records of other imports of the same
    source, ``matched`` the rows that match an existing record. ``beside`` are the lines of visits
    that overlap others of their clinician, ``roomless`` those of future visits for which not all
    required rooms were free.
    """

    made: Counter[str] = field(default_factory=Counter)
    made_before: int = 0
    already_there: int = 0
    matched: int = 0
    findings: list[Finding] = field(default_factory=list)
    beside: list[int] = field(default_factory=list)
    roomless: list[int] = field(default_factory=list)

    @property
    def refusals(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.outcome is RowOutcome.REFUSED]

    @property
    def made_in_all(self) -> int:
        return self.made.total() + self.made_before

    @property
    def rows(self) -> int:
        return self.made_in_all + self.already_there + self.matched + len(self.refusals)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """All rows, and those that made a record, matched one, or were refused."""
        return self.rows, self.made_in_all, self.matched, len(self.refusals)

    def add(self, other: Self) -> None:
        for each in fields(self):
            total = getattr(self, each.name)
            total += getattr(other, each.name)
            setattr(self, each.name, total)

    def reasons(self) -> dict[str, int]:
        """Return the number of findings for each reason, most frequent first."""
        return dict(Counter(finding.reason for finding in self.findings).most_common())


class ResourceKind(StrEnum):
    """What a file of appointments names and the practice must have."""

    LOCATION = "location"
    CLINICIAN = "clinician"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class MissingResource:
    """A location, clinician or service that ``rows`` rows name and the practice lacks.

    It is created under ``id``.
    """

    kind: ResourceKind
    name: str
    rows: int
    id: UUID


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of a file; ``missing`` is what it names and the practice lacked."""

    import_id: UUID
    tally: Tally
    missing: Sequence[MissingResource] = ()
