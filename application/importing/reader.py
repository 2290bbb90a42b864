"""Read the rows of a file: find its columns by name, fill templates from the cells of a row."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from application.importing.encodings import UNDECODED
from application.importing.errors import MappingError
from application.importing.formats import PLACEHOLDER, Format, Templates, columns_in, first_column, templates_of
from application.importing.report import Finding, RowRefusedError

Row = TypeVar("Row")


class ImportedCell(NamedTuple):
    """The text of a filled template; ``column`` is the first column that it names."""

    column: str
    text: str


CellReader: TypeAlias = Callable[[Sequence[str]], dict[str, list[ImportedCell]]]
"""Fills templates from the cells of a row; returns the texts by setting, without empty ones."""


class FileColumns:
    """The positions of the columns of a file.

    Names match without regard to case, to ``_`` for a space, and to an asterisk at the end.
    """

    def __init__(self, header: Sequence[str]) -> None:
        """Raises MappingError: two columns have the same name."""
        self.header = list(header)
        self._positions: dict[str, int] = {}
        for position, name in enumerate(header):
            if self._positions.setdefault(_folded(name), position) != position and _folded(name):
                raise MappingError("the file has two columns of one name")

    def position(self, column: str) -> int | None:
        return self._positions.get(_folded(column))

    def has_one_of(self, columns: Sequence[str]) -> bool:
        return any(self.position(column) is not None for column in columns)

    def missing(self, format_: Format) -> list[str]:
        """Return the columns of each setting for which the file has none."""
        return [column for columns in format_.alternatives() if not self.has_one_of(columns) for column in columns]

    def reader(self, templates: Mapping[str, Templates]) -> CellReader:
        """Return a reader of templates; a column that the file lacks is empty."""
        fillers = {
            name: [
                (first_column(template), self._filler(template))
                for template in templates_of(several)
                if not columns_in(template) or self.has_one_of(columns_in(template))
            ]
            for name, several in templates.items()
        }
        return lambda cells: {
            name: [ImportedCell(column, text) for column, fill in several if (text := fill(cells))]
            for name, several in fillers.items()
        }

    def _filler(self, template: str) -> Callable[[Sequence[str]], str]:
        pieces: list[str | int | None] = [
            self.position(piece) if odd % 2 else piece for odd, piece in enumerate(PLACEHOLDER.split(template))
        ]

        def fill(cells: Sequence[str]) -> str:
            filled = (piece if isinstance(piece, str) else cells[piece] for piece in pieces if piece is not None)
            return "".join(filled).strip()

        return fill


class OtherColumns:
    """The columns that a format does not read: counted, and kept as notes on request."""

    def __init__(self, columns: FileColumns, format_: Format) -> None:
        read = {columns.position(column) for column in format_.columns_read()}
        left_out = {columns.position(column) for column in format_.left_out}
        unread = [(name, position) for position, name in enumerate(columns.header) if position not in read]
        self._ignored = [(name, position) for name, position in unread if position in left_out]
        self._unknown = [(name, position) for name, position in unread if position not in left_out]
        self._kept = format_.keeps_other_columns
        self.left_out: Counter[str] = Counter()
        """Rows with a value, for each column that the format leaves out."""
        self.not_understood: Counter[str] = Counter()
        """Rows with a value, for each column that the format does not name."""

    def notes_of(self, cells: Sequence[str]) -> list[ImportedCell]:
        """Count the values of a row; return those to keep as notes."""
        self.left_out.update(name for name, position in self._ignored if cells[position].strip())
        unknown = [ImportedCell(name, text) for name, position in self._unknown if (text := cells[position].strip())]
        self.not_understood.update(cell.column for cell in unknown)
        return unknown if self._kept else []


class RowReader(ABC, Generic[Row]):
    """Reads the rows of one file, one at a time."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = header

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row | Finding]:
        """Yield a row or a refusal for each of ``rows``, which are (line, cells)."""
        for line, cells in rows:
            try:
                if len(cells) != len(self._header):
                    raise RowRefusedError("wrong_number_of_cells")
                if UNDECODED in "".join(cells):
                    raise RowRefusedError("not_decoded", self._column_not_decoded(cells))
                yield self._read_row(line, cells)
            except RowRefusedError as refused:
                yield refused.at(line, self._external_id(cells))

    def _column_not_decoded(self, cells: Sequence[str]) -> str:
        return next(name for name, cell in zip(self._header, cells, strict=True) if UNDECODED in cell)

    @abstractmethod
    def _read_row(self, line: int, cells: Sequence[str]) -> Row:
        """Raises RowRefusedError."""

    def _external_id(self, cells: Sequence[str]) -> str:
        """Return the id of a refused row in the file, for the report."""
        return ""


def _folded(name: str) -> str:
    return " ".join(name.strip().removesuffix("*").replace("_", " ").split()).casefold()
