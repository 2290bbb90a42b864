"""Read a table from a sheet of an Excel workbook (.xlsx)."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple, TypeAlias

from api.importing.table_file import Table, TableFile, table_of
from application.importing.errors import TableError

_ZIP: Final = b"PK\x03\x04"
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How workbooks begin that are protected by a password, and those of Excel before 2007."""


class WorkbookLimits(NamedTuple):
    """``unpacked``: octets of all parts together. ``cells`` of a sheet, also empty ones."""

    unpacked: int = 512 << 20
    cells: int = 50_000_000


ANY_SIZE: Final = WorkbookLimits()
"""What a machine with ordinary memory can read: some million rows."""

_Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta


def is_workbook(file: TableFile) -> bool:
    """Return whether a file is a workbook. Raises TableError: in a form that is not read."""
    try:
        with file.open("rb") as opened:
            start = opened.read(len(_COMPOUND_FILE))
    except OSError as error:
        raise TableError(f"{file.name} cannot be read: {error.strerror}") from error
    if start == _COMPOUND_FILE:
        raise TableError(f"{file.name} is protected by a password or of an old Excel; save it as .xlsx or CSV")
    return start.startswith(_ZIP)


def open_sheet(
    file: TableFile, sheet: str | None = None, names: Sequence[str] = (), limits: WorkbookLimits = ANY_SIZE
) -> Table:
    """Return the table in a sheet, or in the only visible one that has rows.

    Whole numbers, dates and times become text: ``7``, ``1990-12-31``, ``2025-03-30 14:30``. Raises
    TableError.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        with file.open("rb") as opened, zipfile.ZipFile(opened) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > limits.unpacked:
            raise TableError(f"{file.name} is too large for a workbook; save it as CSV")
        with file.open("rb") as opened, CalamineWorkbook.from_filelike(opened) as workbook:
            visible = [each.name for each in workbook.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
            if sheet is not None and sheet not in workbook.sheet_names:
                raise TableError(f"{file.name} has no sheet of this name")
            found = {}
            for name in visible if sheet is None else [sheet]:
                cells = workbook.get_sheet_by_name(name)
                if cells.total_height * cells.total_width > limits.cells:
                    raise TableError(f"a sheet of {file.name} is too large; save it as CSV")
                if cells.height:
                    found[name] = cells.to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, CalamineError) as error:
        raise TableError(f"{file.name} is not a workbook that can be read; save it as CSV") from error
    if len(found) > 1:
        raise TableError(f"{file.name} has rows in {len(found)} sheets; name one of them (--sheet)")
    if not found:
        raise TableError(f"{file.name} is empty")
    [(chosen, rows)] = found.items()
    return table_of(file, _texts(rows), names, f"a workbook, sheet {chosen}")


def _texts(rows: Sequence[Sequence[_Cell]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the numbers and texts of the rows, all as wide as the first one that is not empty."""
    width = 0
    for number, row in enumerate(rows, 1):
        cells = [_text(cell) for cell in row]
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        width = width or len(cells)
        yield number, cells if any(cells) else []


def _text(cell: _Cell) -> str:
    if isinstance(cell, datetime):
        # A time is stored as a fraction of a day, which is rarely a whole second.
        seconds = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
        return seconds.isoformat(" ", "seconds" if seconds.second else "minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
