"""The guide for imports names every reason for which a row can be refused."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_guide_explains_each_reason_and_no_other() -> None:
    raised = {
        str(ast.literal_eval(call.args[0]))
        for path in (ROOT / "application" / "importing").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "RowRefusedError"
    }
    table = (ROOT / "docs" / "how-to" / "import.md").read_text("utf-8").split("|---|---|")[1]

    explained = set(re.findall(r"`([a-z_]+)`", " ".join(row.split("|")[1] for row in table.strip().splitlines())))
    assert explained == raised
