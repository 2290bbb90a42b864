"""Why an import of appointments cannot begin.

ApplicationError
└── NotInPracticeError    the file names what the practice has not
"""

from collections.abc import Sequence

from application.importing.visits.report import Named
from application.kernel.errors import ApplicationError


class NotInPracticeError(ApplicationError):
    """Locations, clinicians or services are not there. Nothing was recorded."""

    code = "not_in_practice"

    def __init__(self, missing: Sequence[Named]) -> None:
        super().__init__(
            f"the practice has not got {len(missing)} of the locations, clinicians and services that the file names:"
            " make them first, tell the format what they are called here, or say --create-missing"
        )
        self.missing = missing
