"""Detection of a file's encoding and delimiter, and safe cells for spreadsheets."""

import gzip
from pathlib import Path

import pytest

from api.cli.report_file import escape_formula
from api.cli.table_file import TableError, delimiter_of, encoding_of, open_table

HEBREW = 'שם;טלפון\n"כהן; דנה";050\n'


class TestEncoding:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1255"])
    def test_is_the_first_in_which_the_whole_file_can_be_read(self, tmp_path: Path, encoding: str) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(HEBREW.encode(encoding))

        found = encoding_of(path, ["utf-8", "cp1255"])

        assert found == encoding.removesuffix("-sig")
        with open_table(path, ";", found) as table:
            assert (table.header, list(table.rows)) == (["שם", "טלפון"], [(2, ["כהן; דנה", "050"])])

    def test_is_found_in_a_gzipped_file_whose_one_bad_byte_comes_last(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(b"a,b\n" * 600_000 + b"\xe9"))

        assert encoding_of(path, ["utf-8", "cp1252"]) == "cp1252"

    def test_that_fits_is_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"\x81\xe9")

        with pytest.raises(TableError, match="not text in utf-8, cp1252"):
            encoding_of(path, ["utf-8", "cp1252"])


@pytest.mark.parametrize(
    ("text", "delimiter"), [("a;b;c\n1,5;2;3\n", ";"), ("a\tb\n", "\t"), ("a,b\n", ","), ("a\n", ",")]
)
def test_a_delimiter_is_the_one_that_splits_the_header_most(tmp_path: Path, text: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)

    assert delimiter_of(path, ",;\t|", "utf-8") == delimiter


class TestColumnsWithoutHeader:
    def test_are_named_as_far_as_the_first_row_goes(self, tmp_path: Path) -> None:
        path, names = tmp_path / "a.out", ["Id", "Name", "Phone"]
        path.write_text("1||\n2|x|\n")

        assert delimiter_of(path, ",|", "utf-8", names) == "|"
        with open_table(path, "|", names=names) as table:
            assert (table.header, list(table.rows)) == (names, [(1, ["1", "", ""]), (2, ["2", "x", ""])])
        with open_table(path, ",", names=names) as table:
            assert (table.header, list(table.rows)) == (["Id"], [(1, ["1||"]), (2, ["2|x|"])])

    def test_that_are_more_than_have_names_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.out"
        path.write_text("1|2|3\n")

        with (
            pytest.raises(TableError, match="3 columns, and only 2 have names"),
            open_table(path, "|", names=["a", "b"]),
        ):
            pass


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_ours_begins_like_a_formula(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert escape_formula(f"a{text}") == f"a{text}"
