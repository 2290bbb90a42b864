"""The columns of one file, found by their names, and the texts that a format makes of a row's cells."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from application.importing.errors import MappingError
from application.importing.format import Format
from application.importing.mapping import PLACEHOLDER
from application.importing.patients.format import Texts, columns_in, texts_of


class ImportedCell(NamedTuple):
    """What a row says in one of the places that a format names; ``column`` is where."""

    column: str
    text: str


Reading: TypeAlias = Callable[[Sequence[str]], list[ImportedCell]]
"""Lists the texts that a row says in one place, in their order, without empty ones."""


class FileColumns:
    """Where each column of a file is, whatever the case of its name, with _ for a space, and with or without an asterisk behind it."""

    def __init__(self, header: Sequence[str]) -> None:
        """Raises MappingError: two columns have one name."""
        self.header = list(header)
        self._places: dict[str, int] = {}
        for place, name in enumerate(header):
            if self._places.setdefault(_folded(name), place) != place and _folded(name):
                raise MappingError("the file has two columns of one name")

    def place(self, column: str) -> int | None:
        return self._places.get(_folded(column))

    def has_one_of(self, columns: Sequence[str]) -> bool:
        return any(self.place(column) is not None for column in columns)

    def reading(self, texts: Texts) -> Reading:
        """Return what reads these texts; a column that is not there says nothing."""
        parts = [
            (next(iter(columns_in(text)), ""), self._template(text))
            for text in texts_of(texts)
            if not columns_in(text) or self.has_one_of(columns_in(text))
        ]
        return lambda cells: [ImportedCell(column, text) for column, part in parts if (text := part(cells))]

    def _template(self, text: str) -> Callable[[Sequence[str]], str]:
        pieces: list[str | int | None] = [
            self.place(piece) if odd % 2 else piece for odd, piece in enumerate(PLACEHOLDER.split(text))
        ]

        def fill(cells: Sequence[str]) -> str:
            filled = (piece if isinstance(piece, str) else cells[piece] for piece in pieces if piece is not None)
            return "".join(filled).strip()

        return fill


class OtherColumns:
    """What a format does not read: counted, so that nothing is passed over silently, and kept as notes if the format says so."""

    def __init__(self, columns: FileColumns, used: Format) -> None:
        read = {columns.place(column) for column in used.columns_read()}
        left_out = {columns.place(column) for column in used.left_out}
        unread = [place for place in range(len(columns.header)) if place not in read]
        self._named = [(columns.header[place], place) for place in unread if place in left_out]
        self._unknown = [(columns.header[place], place) for place in unread if place not in left_out]
        self._kept = used.keeps_other_columns
        self.left_out: Counter[str] = Counter()
        """How many rows say something in columns that the format leaves out on purpose."""
        self.not_understood: Counter[str] = Counter()
        """How many rows say something in columns that the format does not know."""

    def notes_of(self, cells: Sequence[str]) -> list[ImportedCell]:
        """Count what a row says in these columns; return what of it is to be kept as notes."""
        for name, place in self._named:
            if cells[place].strip():
                self.left_out[name] += 1
        said = [ImportedCell(name, cells[place].strip()) for name, place in self._unknown if cells[place].strip()]
        self.not_understood.update(name for name, _ in said)
        return said if self._kept else []


def _folded(name: str) -> str:
    return " ".join(name.strip().removesuffix("*").replace("_", " ").split()).casefold()
