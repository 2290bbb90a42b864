"""Why an import cannot begin.

ApplicationError
└── MappingError    the mapping says something impossible, or the file has not the columns that it names
"""

from application.errors import ApplicationError


class MappingError(ApplicationError):
    """The mapping and the file do not fit; the message names the setting or the columns."""

    code = "mapping"
