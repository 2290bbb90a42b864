"""The guides for imports name every reason that can be given for a row."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import DOCS, ROOT

VISITS = ROOT / "application" / "importing" / "visits"
PATIENTS = ROOT / "application" / "importing" / "patients"
GIVEN_BY = ("RowRefusedError", "batch.end", "batch.remark", "self._kept", "self._named")


def reasons_in(folder: Path) -> set[str]:
    """Return every reason code that the modules of a folder pass to the functions of GIVEN_BY."""
    return {
        str(argument.value)
        for path in folder.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in GIVEN_BY
        for argument in call.args[:4]
        if isinstance(argument, ast.Constant) and re.fullmatch(r"[a-z]+(_[a-z]+)*", str(argument.value))
        if argument.value not in ("notes",)
    }


@pytest.mark.parametrize(
    ("guide", "folder"),
    [("import.md", PATIENTS.parent), ("import-patients.md", PATIENTS), ("import-appointments.md", VISITS)],
    ids=["own practices", "patients", "appointments"],
)
def test_a_guide_explains_each_reason_and_no_other(guide: str, folder: Path) -> None:
    table = (DOCS / "how-to" / guide).read_text("utf-8").split("|---|---|")[1].split("\n\n")[0]

    explained = set(re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.strip().splitlines())))
    assert explained == reasons_in(folder)
