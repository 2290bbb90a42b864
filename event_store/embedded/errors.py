"""Errors of the embedded server.

EmbeddedServerError
├── BinariesMissingError
├── OtherMajorError
├── FolderAccessError
├── AccountError
├── PasswordMissingError
├── BusyError
├── StartFailedError
├── UnreachableError
└── StopFailedError
"""


class EmbeddedServerError(Exception):
    """The base class; messages say what to do."""


class BinariesMissingError(EmbeddedServerError):
    """The wheel has no server of that major version."""


class OtherMajorError(EmbeddedServerError):
    """Another major version of PostgreSQL created the folder."""


class FolderAccessError(EmbeddedServerError):
    """The folder or a file in it belongs to another user, or cannot be created."""


class AccountError(EmbeddedServerError):
    """PostgreSQL does not run as root, and no other account can access its files."""


class PasswordMissingError(EmbeddedServerError):
    """The file with the superuser's password is missing."""


class BusyError(EmbeddedServerError):
    """Another program has been starting or stopping the server for too long."""


class StartFailedError(EmbeddedServerError):
    """initdb or the server failed; the message contains the end of its output."""


class UnreachableError(EmbeddedServerError):
    """The server runs, but does not answer at its socket."""


class StopFailedError(EmbeddedServerError):
    """The server's processes could not be stopped."""
