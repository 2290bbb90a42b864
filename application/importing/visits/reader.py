"""Read the rows of a file of appointments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from application.importing.cell_values import parse_minutes, parse_price, parse_time
from application.importing.columns import CellReader, FileColumns, OtherColumns
from application.importing.errors import MappingError
from application.importing.patients.reader import PatientReader, PersonRow
from application.importing.reader import RowReader
from application.importing.report import Finding, RowRefusedError
from application.importing.templates import Templates, columns_in, first_column
from application.importing.visits.format import VisitFormat, VisitStatus
from application.kernel.ports import PhoneNumbers
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.text import clean_notes, clean_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One row. Times without an offset are naive; names are those of the file; ``location`` may be empty."""

    line: int
    person: PersonRow
    starts_at: datetime
    ends_at: datetime | None
    minutes: int | None
    location: str
    clinician: str
    service: str
    price: Money | None
    status: VisitStatus
    notes: str | None


class VisitReader(RowReader[VisitRow]):
    """Reads the rows of one file of appointments."""

    def __init__(
        self,
        format_: VisitFormat,
        header: Sequence[str],
        *,
        region: str | None,
        currency: str,
        now: datetime,
        phone_numbers: PhoneNumbers,
    ) -> None:
        """``region`` is the country of national phone numbers; ``currency`` is that of prices.

        Raises MappingError: the file lacks a column that every visit needs.
        """
        super().__init__(header)
        columns = FileColumns(header)
        for needed in (format_.starts_at, format_.clinician, format_.service):
            if (names := columns_in(needed)) and not columns.has_one_of(names):
                raise MappingError(f"the file has no column {', '.join(names)}")
        self.other_columns = OtherColumns(columns, format_)
        self._format = format_
        self._currency = currency
        self._patients = PatientReader(format_.patients(), header, region, now, phone_numbers)
        self._starts_at, self._ends_at = columns.reader(format_.starts_at), columns.reader(format_.ends_at)
        self._minutes, self._price = columns.reader(format_.duration_minutes), columns.reader(format_.price)
        self._location, self._clinician = columns.reader(format_.location), columns.reader(format_.clinician)
        self._service, self._status = columns.reader(format_.service), columns.reader(format_.status)
        self._notes = columns.reader(format_.notes)
        self._status_words = format_.status_words()

    def _read_row(self, line: int, cells: Sequence[str]) -> VisitRow:
        [person] = self._patients.read([(line, cells)])
        if isinstance(person, Finding):
            raise RowRefusedError(person.reason, person.column)
        starts_at = _first(self._starts_at, cells, self._parse_time, "not_a_time")
        if starts_at is None:
            raise RowRefusedError("empty", first_column(self._format.starts_at))
        return VisitRow(
            line,
            person,
            starts_at,
            _first(self._ends_at, cells, self._parse_time, "not_a_time"),
            _first(self._minutes, cells, parse_minutes, "not_a_length"),
            _first_name(self._location, cells) or "",
            _required_name(self._clinician, self._format.clinician, cells),
            _required_name(self._service, self._format.service, cells),
            _first(self._price, cells, lambda text: parse_price(text, self._currency), "not_a_price"),
            self._read_status(cells),
            self._read_notes(cells),
        )

    def _parse_time(self, text: str) -> datetime:
        return parse_time(text, self._format.dates)

    def _read_notes(self, cells: Sequence[str]) -> str | None:
        lines = [cell.text for cell in self._notes(cells)]
        lines += [f"{cell.column}: {cell.text}" for cell in self.other_columns.notes_of(cells)]
        try:
            return clean_notes("\n".join(lines))
        except InvalidValueError:
            raise RowRefusedError("not_kept_like_this", first_column(self._format.notes)) from None

    def _read_status(self, cells: Sequence[str]) -> VisitStatus:
        for cell in self._status(cells):
            status = self._status_words.get(cell.text.casefold())
            if status is None:
                raise RowRefusedError("unknown_status", cell.column)
            return status
        return VisitStatus.BOOKED


def _first(reader: CellReader, cells: Sequence[str], parse: Callable[[str], T], reason: str) -> T | None:
    """Return the first value. Raises RowRefusedError: it cannot be parsed."""
    for cell in reader(cells):
        try:
            return parse(cell.text)
        except InvalidValueError:
            raise RowRefusedError(reason, cell.column) from None
    return None


def _first_name(reader: CellReader, cells: Sequence[str]) -> str | None:
    return _first(reader, cells, lambda text: clean_text("name", text, 200), "not_kept_like_this")


def _required_name(reader: CellReader, templates: Templates, cells: Sequence[str]) -> str:
    name = _first_name(reader, cells)
    if name is None:
        raise RowRefusedError("empty", first_column(templates))
    return name
