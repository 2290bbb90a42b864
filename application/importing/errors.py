"""Why an import cannot begin, or cannot be undone.

ApplicationError
├── MappingError         the mapping says something impossible, or the file has not the columns that it names
├── ImportInUseError     something depends on what the import made, or was done to it
└── ImportTooLargeError  it made more than this way of undoing takes back
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from application.kernel.errors import ApplicationError

_NAMED: Final = 100


class MappingError(ApplicationError):
    """The mapping and the file do not fit; the message names the setting or the columns."""

    code = "mapping"


class ImportInUseError(ApplicationError):
    """Something depends on what the import made; ``kept`` says for each thing why, ``kind`` what they are. Nothing was recorded."""

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
        """How many they are, and the first of them."""
        name = f"{self._kind.removesuffix('s')}_id"
        first = [{name: id_, "reason": why} for id_, why in list(self.kept.items())[:_NAMED]]
        return {"kept_count": len(self.kept), "kept": first}


class ImportTooLargeError(ApplicationError):
    """The import made too much to be taken back while a caller waits. Nothing was recorded."""

    code = "import_too_large"

    def __init__(self, made: int, most: int, kind: str) -> None:
        super().__init__(
            f"this import brought {made:,} {kind}; more than {most:,} are taken back by the command `scheduler import undo`,"
            " which says how far it is"
        )
