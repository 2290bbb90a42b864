"""A workbook as Excel writes it: the few parts that a table of texts, numbers and dates needs."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

_DAY_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

Cell = str | int | float | datetime | None


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], hidden: Sequence[str] = ()) -> Path:
    """Write the rows of each sheet; ``hidden`` names the sheets that are not shown."""
    numbers = range(1, len(sheets) + 1)
    shown = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
        for n, name in zip(numbers, sheets, strict=True)
    )
    kind = f"{_RELATIONS}/worksheet"
    relations = "".join(f'<Relationship Id="rId{n}" Type="{kind}" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
    styles = f'<Relationship Id="rId0" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{shown}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{relations}{styles}</Relationships>',
        # Style 1 is a day and a time.
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for n, rows in zip(numbers, sheets.values(), strict=True):
        data = "".join(f'<row r="{r}">{_cells(r, row)}</row>' for r, row in enumerate(rows, 1))
        parts[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, _HEAD + content)
    return path


def _cells(row: int, cells: Sequence[Cell]) -> str:
    return "".join(_cell(f"{chr(ord('A') + n)}{row}", cell) for n, cell in enumerate(cells) if cell is not None)


def _cell(place: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    if isinstance(cell, datetime):
        return f'<c r="{place}" s="1"><v>{(cell - _DAY_ZERO).total_seconds() / 86400}</v></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'
