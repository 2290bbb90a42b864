"""The file of refused rows that imports of appointments leave behind."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from application.importing.rows import Refusal


def write_refused(refusals: "Sequence[Refusal]", path: Path) -> Path | None:
    """Write them, also over those of an earlier run; with none now and none before there is no file."""
    from api.cli.refusals_file import write_refusals

    if not refusals and not path.exists():
        return None
    write_refusals(path, refusals)
    return path
