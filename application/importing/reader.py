"""Read the rows of a file, one at a time: each becomes a typed row or a refusal."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from application.importing.report import Finding, RowRefusedError

Row = TypeVar("Row")


class RowReader(ABC, Generic[Row]):
    """Reads the rows of one file."""

    def __init__(self, header: Sequence[str]) -> None:
        self._width = len(header)

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row | Finding]:
        """Yield a row or a refusal for each of ``rows``, which are (line, cells)."""
        for line, cells in rows:
            try:
                if len(cells) != self._width:
                    raise RowRefusedError("wrong_number_of_cells")
                yield self._read_row(line, cells)
            except RowRefusedError as refused:
                yield refused.at(line, self._external_id(cells))

    @abstractmethod
    def _read_row(self, line: int, cells: Sequence[str]) -> Row:
        """Raises RowRefusedError."""

    def _external_id(self, cells: Sequence[str]) -> str:
        """Return the id of a refused row in the file, for the report."""
        return ""
