"""Read a table from a CSV file, plain or gzipped, as a stream of rows."""

import codecs
import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Final, Literal, Protocol, cast

from application.importing.encodings import (
    UNDECODED,
    EncodingError,
    find_encoding,
    is_text_encoding,
    mark_of,
)
from application.importing.errors import TableError

_LONGEST_CELL: Final = 100_000
_LONGEST_MARK: Final = 4
_CHUNK: Final = 1 << 20
_DELIMITER_LINE: Final = re.compile(r'"?sep=(?P<delimiter>[^"\r\n])"?\r?\n?', re.IGNORECASE)
"""The first line that names the delimiter for Excel, which shows no row for it."""
GZIP: Final = b"\x1f\x8b"


class TableFile(Protocol):
    """A file that holds a table: a ``Path`` is one, and so is an ``UploadedFile``."""

    @property
    def name(self) -> str: ...

    def open(self, mode: Literal["rb"]) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are (number, cells), without empty rows; a spreadsheet shows the same numbers.

    ``read_as`` tells people how the file was read.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    read_as: str


@contextmanager
def open_table(
    file: TableFile, delimiter: str = ",", encoding: str = "utf-8", names: Sequence[str] = ()
) -> Iterator[Table]:
    """Open a table. Raises TableError, also while its rows are read.

    A first line ``sep=;`` names the delimiter. ``names`` are the names of its columns if it has no
    header; then its first row sets the width. UTF-8 may have a byte order mark. What cannot be
    decoded is read as U+FFFD.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with _reading(file), file.open("rb") as opened:
        text = io.TextIOWrapper(_content(opened), _marked(encoding), errors="replace", newline="")
        first_line = text.readline()
        lines: Iterable[str] = chain([first_line], text)
        if named := _DELIMITER_LINE.fullmatch(first_line):
            delimiter, lines = named["delimiter"], text
        numbered = enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1)
        separator = "tab" if delimiter == "\t" else delimiter
        yield table_of(file, numbered, names, f"text in {encoding}, separated by {separator}")


def table_of(file: TableFile, numbered: Iterator[tuple[int, list[str]]], names: Sequence[str], read_as: str) -> Table:
    """Return the table of numbered rows; ``names`` as in ``open_table``. Raises TableError."""
    rows = ((number, cells) for number, cells in numbered if cells)
    first = next(rows, None)
    if first is None:
        raise TableError(f"{file.name} is empty")
    width = len(first[1])
    if names:
        if width > len(names):
            raise TableError(f"{file.name} has {width} columns, and only {len(names)} have names")
        return Table(list(names[:width]), chain([first], rows), read_as)
    named = [name for name in first[1] if name.strip()]
    if len(set(named)) != len(named):
        raise TableError(f"{file.name} has two columns of one name")
    if any(UNDECODED in name for name in named):
        raise TableError(f"the names of the columns of {file.name} are not {read_as}; name its encoding (--encoding)")
    return Table(first[1], rows, read_as)


def encoding_of(file: TableFile, languages: Sequence[str], named: str | None = None) -> str:
    """Return how a file is encoded: as its mark says, as named, or as found by its content.

    ``languages`` are those of the practice. Raises TableError: it is uncertain.
    """
    with _reading(file), file.open("rb") as opened:
        content = _content(opened)
        mark = mark_of(content.read(_LONGEST_MARK))
        content.seek(0)
        if named is not None:
            name = _codec(named)
            if mark is not None and name not in (mark, mark.removesuffix("-sig")) and not name.startswith(f"{mark}-"):
                raise TableError(f"{file.name} begins with the mark of {mark}, so it is not in {name}")
            return mark or name
        try:
            return mark or find_encoding(content, languages)
        except EncodingError as error:
            raise TableError(f"the encoding of {file.name} is uncertain: {error}") from None


def _codec(name: str) -> str:
    if not is_text_encoding(name):
        raise TableError(f"there is no encoding {name!r}; examples are utf-8, cp1252 and cp1255")
    return codecs.lookup(name).name


def delimiter_of(file: TableFile, delimiters: str, encoding: str, names: Sequence[str] = ()) -> str:
    """Return the delimiter that splits the first row into the most columns.

    ``names`` as in ``open_table``.
    """
    widths = {}
    for delimiter in delimiters:
        try:
            with open_table(file, delimiter, encoding, names) as table:
                widths[delimiter] = len(table.header)
        except TableError:
            continue
    # If no delimiter works, reading the file raises the error.
    return max(widths, key=widths.__getitem__, default=delimiters[0])


def digest_of(file: TableFile) -> bytes:
    """Return the SHA-256 of a file's content. Raises TableError."""
    with _reading(file), file.open("rb") as opened:
        digest = hashlib.sha256()
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
        return digest.digest()


def _content(opened: BinaryIO) -> BinaryIO:
    compressed = opened.read(2) == GZIP
    opened.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=opened) if compressed else opened)


def _marked(encoding: str) -> str:
    """Return the variant of the encoding that skips a byte order mark."""
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


@contextmanager
def _reading(file: TableFile) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TableError(f"{file.name} cannot be read: {error.strerror or 'it is damaged'}") from error
    except (EOFError, zlib.error) as error:
        raise TableError(f"{file.name} ends too soon or is damaged") from error
    except UnicodeError as error:
        raise TableError(f"{file.name} is not text in the encoding that it seems to have") from error
    except csv.Error as error:
        raise TableError(f"{file.name} is not a table: {error}") from error
