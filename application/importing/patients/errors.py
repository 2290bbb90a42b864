"""Why an import cannot be undone.

ApplicationError
└── ImportInUseError    something depends on what it made
"""

from collections.abc import Mapping
from uuid import UUID

from application.errors import ApplicationError


class ImportInUseError(ApplicationError):
    """Something depends on what the import made; ``kept`` says for each patient why. Nothing was recorded."""

    code = "import_in_use"

    def __init__(self, kept: Mapping[UUID, str]) -> None:
        super().__init__(
            f"{len(kept)} of its patients are in use or were changed since: --what-can-be keeps these and takes back the rest"
        )
        self.kept = kept
