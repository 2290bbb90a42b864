"""The guides for imports explain every reason for a finding."""

import ast
import re
from pathlib import Path

import pytest

from api.importing import explanations
from tests.support.paths import DOCS, ROOT

PIPELINE = ROOT / "application" / "importing"
REPORTED_BY = ("RowRefusedError", "_match", "_remark", "_first", "self._by_details")


def reasons_in(*folders: Path) -> set[str]:
    """Return every reason code in the modules: arguments of REPORTED_BY that look like one."""
    return {
        str(argument.value)
        for folder in folders
        for path in folder.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in REPORTED_BY
        for argument in call.args[:4]
        if isinstance(argument, ast.Constant) and re.fullmatch(r"[a-z]+(_[a-z]+)*", str(argument.value))
        if argument.value not in ("notes",)
    }


def test_each_reason_has_words_for_people() -> None:
    explained = {*explanations.LEFT_OUT, *explanations.REMARKS}

    assert explained == reasons_in(PIPELINE, PIPELINE / "patients", PIPELINE / "visits")


@pytest.mark.parametrize(
    ("guide", "folder"),
    [
        ("import.md", ROOT / "examples" / "no_shows"),
        ("import-patients.md", PIPELINE / "patients"),
        ("import-appointments.md", PIPELINE / "visits"),
    ],
    ids=["no shows", "patients", "appointments"],
)
def test_a_guide_explains_each_reason_and_no_other(guide: str, folder: Path) -> None:
    table = (DOCS / "how-to" / guide).read_text("utf-8").split("|---|---|")[1].split("\n\n")[0]

    explained = set(re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.strip().splitlines())))
    assert explained == reasons_in(folder, PIPELINE)
