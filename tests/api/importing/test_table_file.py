"""Detection of a file's encoding and delimiter, and safe cells for spreadsheets."""

import gzip
from pathlib import Path

import pytest

from api.cli.report_file import write_refusals
from api.importing.findings import escape_formula
from api.importing.table_file import delimiter_of, encoding_of, open_table
from application.importing.errors import TableError
from application.importing.report import Finding, RowOutcome

HEBREW = 'שם;טלפון\n"כהן; דנה";050\n'


class TestEncoding:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1255", "cp862"])
    def test_is_the_one_in_which_the_file_is_text_of_the_languages(self, tmp_path: Path, encoding: str) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(HEBREW.encode(encoding))

        found = encoding_of(path, ["he", "en"])

        assert found == encoding
        with open_table(path, ";", found) as table:
            assert (table.header, list(table.rows)) == (["שם", "טלפון"], [(2, ["כהן; דנה", "050"])])
            assert table.read_as == f"text in {encoding}, separated by ;"

    def test_is_found_in_a_gzipped_file_whose_only_letters_come_last(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(b"a,b\n" * 600_000 + "Müller,Groß,José\n".encode("cp1252")))

        assert encoding_of(path, ["de", "en"]) == "cp1252"

    def test_that_fits_no_language_is_refused_with_what_to_do(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(HEBREW.encode("cp1255"))

        with pytest.raises(TableError, match=r"encoding of a.csv is uncertain: .*\(de, en\).*--encoding"):
            encoding_of(path, ["de", "en"])

    def test_can_be_named_unless_the_file_says_otherwise(self, tmp_path: Path) -> None:
        path, marked = tmp_path / "a.csv", tmp_path / "b.csv"
        path.write_bytes(HEBREW.encode("cp1255"))
        marked.write_bytes(HEBREW.encode("utf-16"))

        assert encoding_of(path, ["de"], "Windows-1255") == "cp1255"
        assert encoding_of(marked, ["de"], "UTF-16LE") == "utf-16"
        with pytest.raises(TableError, match="the mark of utf-16, so it is not in cp1255"):
            encoding_of(marked, ["de"], "cp1255")
        with pytest.raises(TableError, match="no encoding 'klingon'"):
            encoding_of(path, ["de"], "klingon")


def test_a_first_line_can_name_the_delimiter_and_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\r\na,b;c\r\n1;2\r\n")

    with open_table(path, delimiter_of(path, ",;", "utf-8")) as table:
        assert (table.header, list(table.rows)) == (["a,b", "c"], [(2, ["1", "2"])])


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"two\nlines",2\n\n4,4\n')

    with open_table(path) as table:
        assert list(table.rows) == [(2, ["two\nlines", "2"]), (4, ["4", "4"])]


def test_several_columns_may_have_no_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;;\n1;;\n")

    with open_table(path, ";") as table:
        assert (table.header, list(table.rows)) == (["a", "", ""], [(2, ["1", "", ""])])


def test_column_names_that_are_not_in_the_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Größe,b\n1,2\n".encode("cp1252"))

    with pytest.raises(TableError, match=r"names of the columns of .* are not text in utf-8"), open_table(path):
        pass


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


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "|calc",
        "%0A=1",
        "＝1",
        "＋1",
        "－1",
        "−1",
        "＠SUM(A1)",
        "﹦1",
        "｜calc",
        "％0A",
        "\t",
    ],
)
def test_no_cell_of_ours_begins_like_a_formula(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert escape_formula(f"a{text}") == f"a{text}"


def test_a_report_holds_no_cell_that_another_delimiter_would_split_off(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"

    write_refusals([Finding(2, RowOutcome.REFUSED, "empty", column="a;=1+1", external_id="＝1")], path)

    [_, line] = path.read_text("utf-8").splitlines()
    assert line == '2,"\'＝1","empty","a;=1+1","a value that is needed is missing"'
