"""Reads the rows of a file of appointments by a format: each says whose visit was when, with whom, where and for what, or is refused."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from application.importing.errors import MappingError
from application.importing.patients.columns import FileColumns, OtherColumns, Reading
from application.importing.patients.format import Texts, columns_in
from application.importing.patients.reading import PatientRows, PersonRow
from application.importing.patients.report import Finding
from application.importing.rows import Refusal, RowRefusedError
from application.importing.visits.format import Outcome, VisitFormat
from application.importing.visits.times import minutes_in, price_in, time_in
from application.kernel.ports import PhoneNumbers
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.text import clean_text
from domain.scheduling.appointments.notes import clean_notes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One row. Times are naive where the file says no offset; names are as the file says them, ``location`` perhaps none."""

    line: int
    person: PersonRow
    starts_at: datetime
    ends_at: datetime | None
    minutes: int | None
    location: str
    clinician: str
    service: str
    price: Money | None
    outcome: Outcome
    notes: str | None


class VisitRows:
    """Reads the rows of one file. Raises MappingError: the file lacks a column that every visit needs."""

    def __init__(
        self,
        used: VisitFormat,
        header: Sequence[str],
        *,
        region: str | None,
        currency: str,
        now: datetime,
        phone_numbers: PhoneNumbers,
    ) -> None:
        """``region`` is where national phone numbers are read as written; ``currency`` is that of prices."""
        columns = FileColumns(header)
        for needed in (used.starts_at, used.clinician, used.service):
            if (names := columns_in(needed)) and not columns.has_one_of(names):
                raise MappingError(f"the file has no column {', '.join(names)}")
        self.other_columns = OtherColumns(columns, used)
        self._used = used
        self._width = len(columns.header)
        self._currency = currency
        self._people = PatientRows(used.patients(), header, region, now, phone_numbers)
        self._starts_at, self._ends_at = columns.reading(used.starts_at), columns.reading(used.ends_at)
        self._minutes, self._price = columns.reading(used.duration_minutes), columns.reading(used.price)
        self._location, self._clinician = columns.reading(used.location), columns.reading(used.clinician)
        self._service, self._status = columns.reading(used.service), columns.reading(used.status)
        self._notes = columns.reading(used.notes)
        self._outcomes = used.outcomes()

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[VisitRow | Refusal]:
        """Yield one answer a row, in order; ``rows`` are (line, cells)."""
        for line, cells in rows:
            try:
                yield self._visit(line, cells)
            except RowRefusedError as refused:
                yield Refusal(line, "", refused.reason, refused.column)

    def _visit(self, line: int, cells: Sequence[str]) -> VisitRow:
        if len(cells) != self._width:
            raise RowRefusedError("wrong_number_of_cells")
        [person] = self._people.read([(line, cells)])
        if isinstance(person, Finding):
            raise RowRefusedError(person.reason, person.column)
        starts_at = self._kept(self._starts_at, cells, self._time, "not_a_time")
        if starts_at is None:
            raise RowRefusedError("empty", columns_in(self._used.starts_at)[0])
        return VisitRow(
            line,
            person,
            starts_at,
            self._kept(self._ends_at, cells, self._time, "not_a_time"),
            self._kept(self._minutes, cells, minutes_in, "not_a_length"),
            self._name(self._location, cells) or "",
            self._needed(self._clinician, self._used.clinician, cells),
            self._needed(self._service, self._used.service, cells),
            self._kept(self._price, cells, lambda text: price_in(text, self._currency), "not_a_price"),
            self._outcome(cells),
            self._noted(cells),
        )

    def _time(self, text: str) -> datetime:
        return time_in(text, self._used.dates)

    @staticmethod
    def _kept(reading: Reading, cells: Sequence[str], keep: Callable[[str], T], reason: str) -> T | None:
        """Return the first text that says something, in its form."""
        for said in reading(cells):
            try:
                return keep(said.text)
            except InvalidValueError:
                raise RowRefusedError(reason, said.column) from None
        return None

    def _name(self, reading: Reading, cells: Sequence[str]) -> str | None:
        return self._kept(reading, cells, lambda text: clean_text("name", text, 200), "not_kept_like_this")

    def _needed(self, reading: Reading, texts: Texts, cells: Sequence[str]) -> str:
        name = self._name(reading, cells)
        if name is None:
            raise RowRefusedError("empty", columns_in(texts)[0])
        return name

    def _noted(self, cells: Sequence[str]) -> str | None:
        lines = [said.text for said in self._notes(cells)]
        lines += [f"{said.column}: {said.text}" for said in self.other_columns.notes_of(cells)]
        try:
            return clean_notes("\n".join(lines))
        except InvalidValueError:
            raise RowRefusedError("not_kept_like_this", next(iter(columns_in(self._used.notes)), "")) from None

    def _outcome(self, cells: Sequence[str]) -> Outcome:
        for said in self._status(cells):
            outcome = self._outcomes.get(said.text.casefold())
            if outcome is None:
                raise RowRefusedError("unknown_status", said.column)
            return outcome
        return Outcome.BOOKED
