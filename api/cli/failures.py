"""What the command line says when something goes wrong: one line on stderr, and an exit code. No traceback, no personal data."""

import os
import sys
import traceback
from typing import Final

FOUND: Final = 1
"""Done, and a problem was found, or refused."""
MISUSED: Final = 2
"""Asked in a wrong way."""
UNAVAILABLE: Final = 3
"""The database, the keys, the port or a file cannot be used now."""


class UsageError(Exception):
    """A command was asked in a way that only the program's state shows to be wrong."""


class UnavailableError(Exception):
    """Something outside the program cannot be used now; the message says what to do."""


def report(error: Exception) -> int:
    """Say what went wrong and return the exit code."""
    if os.environ.get("SCHEDULER_DEBUG"):
        traceback.print_exception(error)
    message, code = explained(error)
    sys.stderr.write(f"scheduler: {message}\n")
    return code


def explained(error: Exception) -> tuple[str, int]:
    """Return what to say of an error, and the exit code that it ends with."""
    # Only now: whoever gets here has loaded most of it anyway.
    from pydantic import ValidationError

    from api.bootstrap.outages import UNREACHABLE, UNUSABLE
    from api.cli.table_file import TableError
    from application.importing.errors import MappingError
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
        # Its own message would tell addresses and users.
        return (
            "the database or the key database cannot be reached; is it running, and is DATABASE_URL right?",
            UNAVAILABLE,
        )
    if isinstance(error, (*UNUSABLE, UnavailableError, ProjectionError)):
        return str(error), UNAVAILABLE
    if isinstance(error, ApplicationError | DomainError):
        return f"{error} ({error.code})", FOUND
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror}", UNAVAILABLE
    return f"this is a fault of the program ({type(error).__name__}); SCHEDULER_DEBUG=1 shows where", FOUND
