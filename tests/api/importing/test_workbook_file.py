"""Tables are read from workbooks with the rows that Excel shows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.importing.workbook_file import is_workbook, open_sheet
from application.importing.errors import TableError
from tests.support.workbook import Cell, write_workbook

PEOPLE: list[list[Cell]] = [
    ["שם", "Phone", "When"],
    ["דנה כהן", 501234567, datetime(2025, 3, 30, 14, 20, tzinfo=UTC)],
    [],
    ["Żółć", "050 1", datetime(1990, 12, 31, tzinfo=UTC)],
]


class TestSheet:
    def test_has_texts_numbers_and_times_under_the_row_numbers_of_excel(self, tmp_path: Path) -> None:
        path = write_workbook(tmp_path / "a.xlsx", {"Liste": PEOPLE})

        table = open_sheet(path)

        assert is_workbook(path)
        assert (table.header, table.read_as) == (["שם", "Phone", "When"], "a workbook, sheet Liste")
        assert list(table.rows) == [
            (2, ["דנה כהן", "501234567", "2025-03-30 14:20"]),
            (4, ["Żółć", "050 1", "1990-12-31"]),
        ]

    def test_is_the_only_visible_one_with_rows_or_the_named_one(self, tmp_path: Path) -> None:
        path = write_workbook(tmp_path / "a.xlsx", {"Empty": [], "Old": [["a"]], "New": PEOPLE}, hidden=["Old"])
        several = write_workbook(tmp_path / "b.xlsx", {"One": [["a"]], "Two": [["b"]]})

        assert open_sheet(path).header == ["שם", "Phone", "When"]
        assert open_sheet(several, "Two").header == ["b"]
        with pytest.raises(TableError, match=r"rows in 2 sheets; name one of them \(--sheet\)"):
            open_sheet(several)
        with pytest.raises(TableError, match="no sheet of this name"):
            open_sheet(several, "Three")

    def test_begins_with_its_first_row_that_is_not_empty(self, tmp_path: Path) -> None:
        path = write_workbook(tmp_path / "a.xlsx", {"A": [[], [None, "a", "b"], [None, "1"]]})

        table = open_sheet(path)

        assert (table.header, list(table.rows)) == (["", "a", "b"], [(3, ["", "1", ""])])

    @pytest.mark.parametrize("sheets", [{"A": []}, {"A": [[]]}])
    def test_that_is_empty_is_refused(self, tmp_path: Path, sheets: dict[str, list[list[Cell]]]) -> None:
        with pytest.raises(TableError, match="is empty"):
            open_sheet(write_workbook(tmp_path / "a.xlsx", sheets))


def test_what_is_no_workbook_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    table, old, torn = tmp_path / "a.csv", tmp_path / "a.xls", tmp_path / "a.xlsx"
    table.write_text("a,b\n")
    old.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100))
    torn.write_bytes(write_workbook(tmp_path / "b.xlsx", {"A": PEOPLE}).read_bytes()[:300])

    assert not is_workbook(table)
    with pytest.raises(TableError, match="protected by a password or of an old Excel"):
        is_workbook(old)
    with pytest.raises(TableError, match="not a workbook that can be read"):
        open_sheet(torn)
