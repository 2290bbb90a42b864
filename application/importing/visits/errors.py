"""Errors of imports of appointments.

ApplicationError
└── NotInPracticeError    the file names what the practice lacks
"""

from collections.abc import Sequence

from application.importing.visits.report import MissingResource
from application.kernel.errors import ApplicationError


class NotInPracticeError(ApplicationError):
    """Locations, clinicians or services are missing. Nothing was recorded."""

    code = "not_in_practice"

    def __init__(self, missing: Sequence[MissingResource]) -> None:
        super().__init__(
            f"the practice has not got {len(missing)} of the locations, clinicians and services that the file names:"
            " make them first, map their names in the format, or use --create-missing"
        )
        self.missing = missing
