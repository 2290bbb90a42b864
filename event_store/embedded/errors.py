"""What can go wrong with the embedded server.

EmbeddedServerError
├── BinariesMissingError     the wheel has no server of that major version
├── OtherMajorError          the folder was made by another major version
├── FolderAccessError        the folder belongs to another user of the operating system
├── AccountError             there is no unprivileged account that the server could run under
├── PasswordMissingError     the cluster is there, its superuser's password is not
├── BusyError                another program has been starting or stopping the server for too long
├── StartFailedError         initdb or the server ended with an error; the message holds its last words
├── UnreachableError         the server runs, yet nothing answers at its socket
└── StopFailedError          the server could not be ended
"""


class EmbeddedServerError(Exception):
    """The base of all of them; its message says what to do."""


class BinariesMissingError(EmbeddedServerError):
    """The wheel has no server of that major version."""


class OtherMajorError(EmbeddedServerError):
    """The folder was made by another major version of PostgreSQL, which cannot be opened in place."""


class FolderAccessError(EmbeddedServerError):
    """The folder, or something in it, belongs to another user of the operating system."""


class AccountError(EmbeddedServerError):
    """PostgreSQL refuses to run as root, and there is no other account that could reach its files."""


class PasswordMissingError(EmbeddedServerError):
    """The cluster is there, the file with its superuser's password is not."""


class BusyError(EmbeddedServerError):
    """Another program has been starting or stopping the server for too long."""


class StartFailedError(EmbeddedServerError):
    """initdb or the server ended with an error; the message holds its last words."""


class UnreachableError(EmbeddedServerError):
    """The server runs, yet nothing answers at its socket."""


class StopFailedError(EmbeddedServerError):
    """The server's processes could not be ended."""
