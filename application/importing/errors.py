"""Errors of imports.

ApplicationError
├── TableError           the file cannot be read as a table
├── MappingError         the column mapping is invalid, or the file lacks columns that it names
├── NotInPracticeError   the file names resources that the practice lacks
├── TooManyRowsError     the file has more rows than are imported within a request
├── ImportInUseError     other records depend on imported ones, or they were changed
└── ImportTooLargeError  the import is too large to be undone within a request
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from application.importing.report import MissingResource
from application.kernel.errors import ApplicationError

_MAX_LISTED: Final = 100


class TableError(ApplicationError):
    """The file cannot be read as a table; the message never holds content of the file."""

    code = "unreadable_file"


class MappingError(ApplicationError):
    """The column mapping and the file do not fit; the message names the setting or the columns."""

    code = "mapping"


class NotInPracticeError(ApplicationError):
    """Locations, clinicians or services are missing. Nothing was recorded."""

    code = "not_in_practice"

    def __init__(self, missing: Sequence[MissingResource]) -> None:
        super().__init__(
            f"the practice lacks {len(missing)} of the locations, clinicians and services that the file names:"
            " create them first, map their names in the format, or use create_missing (--create-missing)"
        )
        self.missing = missing

    @property
    def more(self) -> Mapping[str, object]:
        """How many of each kind are missing, and in how many rows; names may be personal."""
        kinds = {one.kind for one in self.missing}
        return {
            "missing": [
                {
                    "kind": kind,
                    "count": sum(one.kind is kind for one in self.missing),
                    "rows": sum(one.rows for one in self.missing if one.kind is kind),
                }
                for kind in sorted(kinds)
            ]
        }


class TooManyRowsError(ApplicationError):
    """The file has too many rows to be imported while a caller waits. Nothing was recorded."""

    code = "too_many_rows"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the file has more than {limit:,} rows: split it, or use the command `scheduler import`, which shows its progress"
        )


class ImportInUseError(ApplicationError):
    """Imported records are in use or were changed. Nothing was recorded.

    ``kept`` gives a reason for each record, ``kind`` names the records in the plural.
    """

    code = "import_in_use"

    def __init__(self, kept: Mapping[UUID, str], kind: str) -> None:
        super().__init__(
            f"{len(kept)} of its {kind} are in use or were changed since;"
            " what_can_be (--what-can-be) keeps these and takes back the rest"
        )
        self.kept = kept
        self._kind = kind

    @property
    def more(self) -> Mapping[str, object]:
        """The number of kept records, and the first of them."""
        name = f"{self._kind.removesuffix('s')}_id"
        first = [{name: id_, "reason": reason} for id_, reason in list(self.kept.items())[:_MAX_LISTED]]
        return {"kept_count": len(self.kept), "kept": first}


class ImportTooLargeError(ApplicationError):
    """The import made too many records to be undone while a caller waits. Nothing was recorded."""

    code = "import_too_large"

    def __init__(self, made: int, limit: int, kind: str) -> None:
        super().__init__(
            f"this import made {made:,} {kind}; more than {limit:,} are undone by the command `scheduler import undo`,"
            " which shows its progress"
        )
