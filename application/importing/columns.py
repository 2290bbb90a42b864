"""Find the columns of one file by their names, and fill templates from the cells of a row."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from application.importing.errors import MappingError
from application.importing.formats import Format
from application.importing.templates import PLACEHOLDER, Templates, columns_in, first_column, templates_of


class ImportedCell(NamedTuple):
    """The text of a filled template; ``column`` is the first column that it names."""

    column: str
    text: str


CellReader: TypeAlias = Callable[[Sequence[str]], list[ImportedCell]]
"""Fills templates from the cells of a row; returns the texts in order, without empty ones."""


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

    def reader(self, templates: Templates) -> CellReader:
        """Return a reader of templates; a column that the file lacks is empty."""
        fillers = [
            (first_column(template), self._filler(template))
            for template in templates_of(templates)
            if not columns_in(template) or self.has_one_of(columns_in(template))
        ]
        return lambda cells: [ImportedCell(column, text) for column, fill in fillers if (text := fill(cells))]

    def _filler(self, template: str) -> Callable[[Sequence[str]], str]:
        pieces: list[str | int | None] = [
            self.position(piece) if odd % 2 else piece for odd, piece in enumerate(PLACEHOLDER.split(template))
        ]

        def fill(cells: Sequence[str]) -> str:
            filled = (piece if isinstance(piece, str) else cells[piece] for piece in pieces if piece is not None)
            return "".join(filled).strip()

        return fill


class OtherColumns:
    """The columns that a format does not read: counted if they have values, and kept as notes on request."""

    def __init__(self, columns: FileColumns, format_: Format) -> None:
        read = {columns.position(column) for column in format_.columns_read()}
        left_out = {columns.position(column) for column in format_.left_out}
        unread = [position for position in range(len(columns.header)) if position not in read]
        self._ignored = [(columns.header[position], position) for position in unread if position in left_out]
        self._unknown = [(columns.header[position], position) for position in unread if position not in left_out]
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


def _folded(name: str) -> str:
    return " ".join(name.strip().removesuffix("*").replace("_", " ").split()).casefold()
