"""Read a table from a CSV file, plain or gzipped, as a stream of rows."""

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, cast

_LONGEST_CELL: Final = 100_000
_BLOCK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"


class TableError(Exception):
    """The file cannot be read as a table; the message never holds content of the file."""


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are (line, cells); ``line`` counts from 1 and is the last line of the row."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def open_table(path: Path, delimiter: str = ",", encoding: str = "utf-8", names: Sequence[str] = ()) -> Iterator[Table]:
    """Open a table. Raises TableError, also while its rows are read.

    ``names`` are the names of its columns if it has no header; then its first line is a row and
    sets the width. UTF-8 may have a byte order mark.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with _reading(path, encoding), path.open("rb") as file:
        text = io.TextIOWrapper(_content(file), _marked(encoding), newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        first = next(reader, None)
        if first is None:
            raise TableError(f"{path.name} is empty")
        header, ahead = _headed(path, first, names)
        rows = ((reader.line_num, cells) for cells in chain(ahead, reader) if cells)
        yield Table(header, rows)


def _headed(path: Path, first: list[str], names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns, and the first line if it is a row. Raises TableError."""
    if names:
        if len(first) > len(names):
            raise TableError(f"{path.name} has {len(first)} columns, and only {len(names)} have names")
        return list(names[: len(first)]), [first]
    if len(set(first)) != len(first):
        raise TableError(f"{path.name} has two columns of one name")
    return first, []


def encoding_of(path: Path, encodings: Sequence[str]) -> str:
    """Return the first encoding that decodes the whole file. Raises TableError: there is none."""
    for encoding in encodings:
        with _reading(path), path.open("rb") as file:
            blocks = iter(partial(_content(file).read, _BLOCK), b"")
            try:
                for _ in codecs.iterdecode(blocks, _marked(encoding)):
                    pass
            except UnicodeError:
                continue
            return encoding
    raise TableError(f"{path.name} is not text in {', '.join(encodings)}; name its encoding in the format")


def delimiter_of(path: Path, delimiters: str, encoding: str, names: Sequence[str] = ()) -> str:
    """Return the delimiter that splits the first line into the most columns.

    ``names`` as in ``open_table``.
    """
    widths = {}
    for delimiter in delimiters:
        try:
            with open_table(path, delimiter, encoding, names) as table:
                widths[delimiter] = len(table.header)
        except TableError:
            continue
    # If no delimiter works, reading the file raises the error.
    return max(widths, key=widths.__getitem__, default=delimiters[0])


def digest_of(path: Path) -> bytes:
    """Return the SHA-256 of a file's content. Raises TableError."""
    with _reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _content(file: BinaryIO) -> BinaryIO:
    compressed = file.read(2) == _GZIP
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file) if compressed else file)


def _marked(encoding: str) -> str:
    """Return the variant of the encoding that skips a byte order mark."""
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


@contextmanager
def _reading(path: Path, encoding: str = "utf-8") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from error
    except (EOFError, zlib.error) as error:
        raise TableError(f"{path.name} ends too soon or is damaged") from error
    except UnicodeError as error:
        raise TableError(f"{path.name} is not text in {encoding.upper()}") from error
    except csv.Error as error:
        raise TableError(f"{path.name} is not a table: {error}") from error
