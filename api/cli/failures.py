"""Errors on the command line: one line on stderr and an exit code, without personal data."""

import os
import sys
import traceback
from typing import Final

FOUND: Final = 1
"""Refused, or done and a problem was found."""
MISUSED: Final = 2
"""Wrong usage."""
UNAVAILABLE: Final = 3
"""The database, the keys, the port or a file is unavailable."""


class UsageError(Exception):
    """Wrong usage that depends on the program's state."""


class UnavailableError(Exception):
    """A server, port or file is unavailable; the message says what to do."""


def report(error: Exception) -> int:
    """Print the error to stderr and return the exit code."""
    if os.environ.get("SCHEDULER_DEBUG"):
        traceback.print_exception(error)
    message, code = explained(error)
    sys.stderr.write(f"scheduler: {message}\n")
    return code


def explained(error: Exception) -> tuple[str, int]:
    """Return the message and the exit code of an error."""
    # Imported here to keep `--help` fast.
    from pydantic import ValidationError

    from api.bootstrap.database_server import UNREACHABLE, UNUSABLE
    from application.importing.errors import MappingError, TableError
    from application.kernel.errors import ApplicationError
    from domain.kernel.errors import DomainError, InvalidValueError
    from projections.engine.errors import ProjectionError

    if isinstance(error, ValidationError):
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}" for fault in error.errors()]
        return "; ".join(faults), MISUSED
    if isinstance(error, InvalidValueError):
        return f"{error.field}: {error}", MISUSED
    if isinstance(error, UsageError | MappingError | TableError):
        return str(error), MISUSED
    if isinstance(error, UNREACHABLE):
        # The error's own message contains addresses and user names.
        message = "the database or the key database cannot be reached; is it running, and is DATABASE_URL right?"
        return message, UNAVAILABLE
    if isinstance(error, (*UNUSABLE, UnavailableError, ProjectionError)):
        return str(error), UNAVAILABLE
    if isinstance(error, ApplicationError | DomainError):
        return f"{error} ({error.code})", FOUND
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror}", UNAVAILABLE
    return f"this is a fault of the program ({type(error).__name__}); SCHEDULER_DEBUG=1 shows where", FOUND
