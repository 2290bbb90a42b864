"""The rows of a file, read by a mapping: each becomes a request for an appointment, or a refusal that says why."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from application.importing.errors import MappingError
from application.importing.mapping import PLACEHOLDER, ImportMapping, Limit, Result, TagRule
from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import instant_of, zone


class PatientText(NamedTuple):
    """What a row says of its patient, as it is written there; empty where it says nothing."""

    given_name: str
    family_name: str
    email: str
    phone: str
    date_of_birth: str
    tags: tuple[str, ...]


class RequestedVisit(NamedTuple):
    """One row: who asked when for which day, and what came of it. ``line`` is the row's place in the file, from 1."""

    line: int
    practice: str
    patient: str
    appointment: str
    booked_at: datetime
    on_date: date
    result: Result
    details: PatientText


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not booked: a stable reason, and the column at fault where there is one. Never a value of a person."""

    line: int
    appointment: str
    reason: str
    column: str = ""


class RowRefusedError(Exception):
    """The row cannot be booked; only this package sees it."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


class RowReader:
    """Reads rows of one file. Raises MappingError: the file lacks a column that the mapping names."""

    def __init__(self, mapping: ImportMapping, header: Sequence[str]) -> None:
        if missing := sorted(mapping.columns_read() - set(header)):
            raise MappingError(f"the file has no column {', '.join(missing)}")
        places = {column: place for place, column in enumerate(header)}
        columns = mapping.columns
        self._columns = columns
        self._width = len(header)
        self._practice = places[columns.practice]
        self._patient = places[columns.patient]
        self._appointment = places[columns.appointment]
        self._booked_at = places[columns.booked_at]
        self._on_date = places[columns.on_date]
        self._outcome = places[columns.outcome] if columns.outcome else None
        self._results = mapping.results()
        self._limits = [(places[limit.column], limit) for limit in mapping.limits]
        self._tags = [(places[rule.column], rule) for rule in mapping.patient.tags]
        self._texts = [_template(text, places) for text in mapping.patient.texts()]
        self._zone_name = mapping.practice.zone
        self._zone = zone(mapping.practice.zone)
        self._seen: set[str] = set()

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[RequestedVisit | Refusal]:
        """Yield one answer a row, in order; ``rows`` are (line, cells)."""
        for line, cells in rows:
            try:
                yield self._visit(line, cells)
            except RowRefusedError as refused:
                appointment = cells[self._appointment].strip() if self._appointment < len(cells) else ""
                yield Refusal(line, appointment, refused.reason, refused.column)

    def _visit(self, line: int, cells: Sequence[str]) -> RequestedVisit:
        if len(cells) != self._width:
            raise RowRefusedError("wrong_number_of_cells")
        columns = self._columns
        practice = _filled(cells[self._practice], columns.practice)
        patient = _filled(cells[self._patient], columns.patient)
        appointment = _filled(cells[self._appointment], columns.appointment)
        for place, limit in self._limits:
            _keep(limit, cells[place])
        booked_at = self._instant(cells[self._booked_at].strip())
        on_date = self._date(cells[self._on_date].strip())
        if booked_at.astimezone(self._zone).date() > on_date:
            raise RowRefusedError("booked_after_the_day", columns.booked_at)
        result = self._result(cells)
        if appointment in self._seen:
            raise RowRefusedError("repeated_in_the_file", columns.appointment)
        self._seen.add(appointment)
        given, family, email, phone, born = (text(cells) for text in self._texts)
        details = PatientText(given, family, email, phone, born, _tags(self._tags, cells))
        return RequestedVisit(line, practice, patient, appointment, booked_at, on_date, result, details)

    def _instant(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else instant_of(moment, self._zone_name)
        except (ValueError, OverflowError, InvalidValueError):
            raise RowRefusedError("not_a_time", self._columns.booked_at) from None

    def _date(self, text: str) -> date:
        # A day that is written as the midnight that begins it is a day all the same.
        try:
            if len(text) > 10 and text[10] not in "T ":
                raise ValueError
            return date.fromisoformat(text[:10])
        except ValueError:
            raise RowRefusedError("not_a_date", self._columns.on_date) from None

    def _result(self, cells: Sequence[str]) -> Result:
        if self._outcome is None:
            return Result.BOOKED
        result = self._results.get(cells[self._outcome].strip())
        if result is None:
            raise RowRefusedError("unknown_outcome", self._columns.outcome or "")
        return result


def _filled(cell: str, column: str) -> str:
    value = cell.strip()
    if not value:
        raise RowRefusedError("empty", column)
    return value


def _keep(limit: Limit, cell: str) -> None:
    try:
        number = int(cell)
    except ValueError:
        raise RowRefusedError("not_a_number", limit.column) from None
    if not limit.least <= number <= limit.most:
        raise RowRefusedError("out_of_range", limit.column)


def _tags(rules: Sequence[tuple[int, TagRule]], cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(rule.tag for place, rule in rules if cells[place].strip() == rule.value)


def _template(text: str, places: dict[str, int]) -> Callable[[Sequence[str]], str]:
    """Return what fills ``{Column}``; a value that looks like a placeholder itself stays as it is."""
    constants = PLACEHOLDER.split(text)
    if len(constants) == 1:
        return lambda _: text
    filled = [places[part] if odd % 2 else part for odd, part in enumerate(constants)]

    def fill(cells: Sequence[str]) -> str:
        return "".join(part if isinstance(part, str) else cells[part].strip() for part in filled).strip()

    return fill
