"""Read the rows of a file of appointments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from application.importing.cell_values import parse_minutes, parse_price, parse_time
from application.importing.errors import MappingError
from application.importing.formats import Templates, columns_in, first_column
from application.importing.patients.reader import PatientReader, PersonRow
from application.importing.reader import FileColumns, ImportedCell, OtherColumns, RowReader
from application.importing.report import Finding, RowRefusedError
from application.importing.visits.format import VisitFormat, VisitStatus
from application.kernel.ports import PhoneNumbers
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.text import clean_notes, clean_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One row. Times without an offset are naive.

    Names are those of the file; ``location`` may be empty.
    """

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
        self.missing_columns = columns.missing(format_)
        self._format = format_
        self._currency = currency
        self._patients = PatientReader(format_.patients(), header, region, now, phone_numbers)
        self._fill = columns.reader(format_.templates())
        self._statuses = {word.casefold(): status for status, words in format_.statuses.items() for word in words}

    def _read_row(self, line: int, cells: Sequence[str]) -> VisitRow:
        [person] = self._patients.read([(line, cells)])
        if isinstance(person, Finding):
            raise RowRefusedError(person.reason, person.column)
        found = self._fill(cells)
        return VisitRow(
            line,
            person,
            starts_at=_required(_first(found["starts_at"], self._parse_time, "not_a_time"), self._format.starts_at),
            ends_at=_first(found["ends_at"], self._parse_time, "not_a_time"),
            minutes=_first(found["duration_minutes"], parse_minutes, "not_a_length"),
            location=_first(found["location"], _clean_name, "not_kept_like_this") or "",
            clinician=_required(_first(found["clinician"], _clean_name, "not_kept_like_this"), self._format.clinician),
            service=_required(_first(found["service"], _clean_name, "not_kept_like_this"), self._format.service),
            price=_first(found["price"], lambda text: parse_price(text, self._currency), "not_a_price"),
            status=_first(found["status"], self._parse_status, "unknown_status") or VisitStatus.BOOKED,
            notes=self._read_notes(found["notes"], cells),
        )

    def _parse_time(self, text: str) -> datetime:
        return parse_time(text, self._format.dates)

    def _parse_status(self, text: str) -> VisitStatus:
        status = self._statuses.get(text.casefold())
        if status is None:
            raise InvalidValueError("status", "the format does not know this status")
        return status

    def _read_notes(self, notes: Sequence[ImportedCell], cells: Sequence[str]) -> str | None:
        lines = [cell.text for cell in notes]
        lines += [f"{cell.column}: {cell.text}" for cell in self.other_columns.notes_of(cells)]
        try:
            return clean_notes("\n".join(lines))
        except InvalidValueError:
            raise RowRefusedError("not_kept_like_this", first_column(self._format.notes)) from None


def _first(cells: Sequence[ImportedCell], parse: Callable[[str], T], reason: str) -> T | None:
    """Return the first value. Raises RowRefusedError: it cannot be parsed."""
    for cell in cells:
        try:
            return parse(cell.text)
        except InvalidValueError:
            raise RowRefusedError(reason, cell.column) from None
    return None


def _required(value: T | None, templates: Templates) -> T:
    if value is None:
        raise RowRefusedError("empty", first_column(templates))
    return value


def _clean_name(text: str) -> str:
    return clean_text("name", text, 200)
