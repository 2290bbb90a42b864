"""Read the rows of the file: each asks for an appointment on a day."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from application.importing.errors import MappingError
from application.importing.formats import PLACEHOLDER
from application.importing.reader import RowReader
from application.importing.report import RowRefusedError
from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import instant_of, zone
from no_shows.mapping import Limit, NoShowsMapping, Result


class PatientText(NamedTuple):
    """The patient of a row, as written; empty texts where the row has no value."""

    given_name: str
    family_name: str
    email: str
    phone: str
    date_of_birth: str
    tags: tuple[str, ...]


class VisitRow(NamedTuple):
    """One row. ``line`` counts from 1."""

    line: int
    practice: str
    patient: str
    appointment: str
    booked_at: datetime
    on_date: date
    result: Result
    details: PatientText


class VisitReader(RowReader[VisitRow]):
    """Reads the rows of one file."""

    def __init__(self, mapping: NoShowsMapping, header: Sequence[str]) -> None:
        """Raises MappingError: the file lacks a column that the mapping names."""
        super().__init__(header)
        if missing := sorted(set(mapping.columns_read()) - set(header)):
            raise MappingError(f"the file has no column {', '.join(missing)}")
        positions = {column: position for position, column in enumerate(header)}
        columns = mapping.columns
        self._columns = columns
        self._practice = positions[columns.practice]
        self._patient = positions[columns.patient]
        self._appointment = positions[columns.appointment]
        self._booked_at = positions[columns.booked_at]
        self._on_date = positions[columns.on_date]
        self._outcome = positions[columns.outcome] if columns.outcome else None
        self._results = mapping.results()
        self._limits = [(positions[limit.column], limit) for limit in mapping.limits]
        self._tags = [(positions[rule.column], rule) for rule in mapping.patient.tags]
        self._fillers = [_filler(template, positions) for template in mapping.patient.templates()]
        self._zone_name = mapping.practice.zone
        self._zone = zone(mapping.practice.zone)
        self._seen: set[str] = set()

    def _external_id(self, cells: Sequence[str]) -> str:
        return cells[self._appointment].strip() if self._appointment < len(cells) else ""

    def _read_row(self, line: int, cells: Sequence[str]) -> VisitRow:
        columns = self._columns
        practice = _required(cells[self._practice], columns.practice)
        patient = _required(cells[self._patient], columns.patient)
        appointment = _required(cells[self._appointment], columns.appointment)
        for position, limit in self._limits:
            _check_limit(limit, cells[position])
        booked_at = self._parse_instant(cells[self._booked_at].strip())
        on_date = self._parse_date(cells[self._on_date].strip())
        if booked_at.astimezone(self._zone).date() > on_date:
            raise RowRefusedError("booked_after_the_day", columns.booked_at)
        result = self._read_result(cells)
        if appointment in self._seen:
            raise RowRefusedError("repeated_in_the_file", columns.appointment)
        self._seen.add(appointment)
        given_name, family_name, email, phone, born = (fill(cells) for fill in self._fillers)
        tags = tuple(rule.tag for position, rule in self._tags if cells[position].strip() == rule.value)
        details = PatientText(given_name, family_name, email, phone, born, tags)
        return VisitRow(line, practice, patient, appointment, booked_at, on_date, result, details)

    def _parse_instant(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else instant_of(moment, self._zone_name)
        except (ValueError, OverflowError, InvalidValueError):
            raise RowRefusedError("not_a_time", self._columns.booked_at) from None

    def _parse_date(self, text: str) -> date:
        # The file writes a day as its midnight.
        try:
            if len(text) > 10 and text[10] not in "T ":
                raise ValueError
            return date.fromisoformat(text[:10])
        except ValueError:
            raise RowRefusedError("not_a_date", self._columns.on_date) from None

    def _read_result(self, cells: Sequence[str]) -> Result:
        if self._outcome is None:
            return Result.BOOKED
        result = self._results.get(cells[self._outcome].strip())
        if result is None:
            raise RowRefusedError("unknown_outcome", self._columns.outcome or "")
        return result


def _required(cell: str, column: str) -> str:
    value = cell.strip()
    if not value:
        raise RowRefusedError("empty", column)
    return value


def _check_limit(limit: Limit, cell: str) -> None:
    try:
        number = int(cell)
    except ValueError:
        raise RowRefusedError("not_a_number", limit.column) from None
    if not limit.least <= number <= limit.most:
        raise RowRefusedError("out_of_range", limit.column)


def _filler(template: str, positions: dict[str, int]) -> Callable[[Sequence[str]], str]:
    """Return a function that fills a template.

    A value that looks like a placeholder stays as it is.
    """
    pieces = PLACEHOLDER.split(template)
    if len(pieces) == 1:
        return lambda _: template
    filled = [positions[piece] if odd % 2 else piece for odd, piece in enumerate(pieces)]

    def fill(cells: Sequence[str]) -> str:
        return "".join(piece if isinstance(piece, str) else cells[piece].strip() for piece in filled).strip()

    return fill
