"""Reads a table from a CSV file, plain or gzipped, as a stream: the file may be larger than the memory."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

_LONGEST_CELL: Final = 100_000
_GZIP: Final = b"\x1f\x8b"


class TableError(Exception):
    """The file cannot be read as a table; the message says why, and never holds what is in the file."""


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are (line, cells); ``line`` counts from 1 and is where the row ends. ``bytes_read`` grows as they are read."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    size: int
    _file: BinaryIO

    def bytes_read(self) -> int:
        """Return how much of ``size`` has been read."""
        return self._file.tell()


@contextmanager
def open_table(path: Path, delimiter: str = ",") -> Iterator[Table]:
    """Open a table in UTF-8, with or without a byte order mark. Raises TableError, also while its rows are read."""
    csv.field_size_limit(_LONGEST_CELL)
    with _reading(path), path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        content = cast(BinaryIO, gzip.GzipFile(fileobj=file) if compressed else file)
        reader = csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline=""), delimiter=delimiter, strict=True)
        header = next(reader, None)
        if header is None:
            raise TableError(f"{path.name} is empty")
        if len(set(header)) != len(header):
            raise TableError(f"{path.name} has two columns of one name")
        rows = ((reader.line_num, cells) for cells in reader if cells)
        yield Table(header, rows, path.stat().st_size, file)


def digest_of(path: Path) -> bytes:
    """Return the SHA-256 of a file's content. Raises TableError."""
    with _reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from error
    except (EOFError, zlib.error) as error:
        raise TableError(f"{path.name} ends too soon or is damaged") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path.name} is not text in UTF-8") from error
    except csv.Error as error:
        raise TableError(f"{path.name} is not a table: {error}") from error
