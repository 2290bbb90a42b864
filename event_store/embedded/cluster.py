"""The files of the embedded server: one data folder with its cluster, its socket, its secrets and its log."""

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from event_store.embedded.account import Account
from event_store.embedded.binaries import binary
from event_store.embedded.errors import FolderAccessError, OtherMajorError, PasswordMissingError, StartFailedError
from event_store.embedded.settings import ACCESS_RULES, PORT, SETTINGS_FILE, settings_text

# The environment is not passed on: PGDATA, PGPORT, LC_ALL or TZ of the caller must not shape the server.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_LONGEST_SOCKET_BYTES = 107
"""sockaddr_un.sun_path holds 108 bytes with the closing zero. Source: unix(7), Linux man-pages 6.9."""
_LARGEST_LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class ClusterFiles:
    """Knows where everything lies below ``folder``, and makes it."""

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
        """A short name that no other folder on this machine has."""
        return "scheduler-" + hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]

    @property
    def socket_folder(self) -> Path:
        """``folder/run``, or a folder of its own below the temporary one if that path is too long for a socket."""
        near = self.folder / "run"
        too_long = len(os.fsencode(near / f".s.PGSQL.{PORT}")) > _LONGEST_SOCKET_BYTES
        # A comma would separate two hosts in a connection string.
        return Path(tempfile.gettempdir(), self.name) if too_long or "," in str(near) else near

    def make_folder(self) -> None:
        """Make the data folder. Raises FolderAccessError: it may not be made there."""
        try:
            # Root's server runs under another account, which must pass through (but not look around).
            self.folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            self.password_file.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as refused:
            reason = f"{self.folder} cannot be made ({refused.strerror}); choose another SCHEDULER_DATA"
            raise FolderAccessError(reason) from refused

    def refuse_other_major(self) -> None:
        """Raise OtherMajorError if the folder was made by another major version."""
        version = self.cluster / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != str(self.major):
            raise OtherMajorError(
                f"{self.folder} was made by PostgreSQL {found}, this program was asked for {self.major}. "
                f"Open it with {found}, or dump it there and restore it into a new folder."
            )

    def password(self) -> str:
        """Return the superuser's password. Raises PasswordMissingError: its file is gone."""
        try:
            return self.password_file.read_text()
        except FileNotFoundError as missing:
            raise PasswordMissingError(f"{self.password_file} is missing; bring it back from a backup") from missing
        except PermissionError as denied:
            raise FolderAccessError(f"{self.password_file} belongs to another user") from denied

    def initialise(self, account: Account, lock: int) -> None:
        """Make the cluster if there is none yet: under another name first, so that a broken-off attempt leaves no half of one.

        ``lock``: the open file that says that something of the cluster lives; initdb inherits it, for it goes on when the
        program that started it is killed.
        Raises StartFailedError: initdb failed.
        """
        if self.cluster.exists():
            return
        if not self.password_file.exists():
            _write(self.password_file, secrets.token_urlsafe(32), 0o600)
        nursery = self.folder / "initdb"
        if nursery.exists():
            shutil.rmtree(nursery)
        nursery.mkdir(mode=0o700)
        account.give(nursery)
        _write(nursery / "password", self.password(), 0o600, account)
        self._initdb(nursery, account, lock)
        born = nursery / "cluster"
        with (born / "postgresql.conf").open("a") as configuration:
            configuration.write(f"\ninclude '{SETTINGS_FILE}'\n")
            os.fsync(configuration.fileno())
        born.rename(self.cluster)
        _sync(self.folder)
        shutil.rmtree(nursery)

    def prepare(self, account: Account) -> None:
        """Write the settings of this start, make the socket's folder, and put away a killed server's locks and a large log.

        To be called only while nothing of the cluster lives.
        """
        sockets = self.socket_folder
        _make_private(sockets, account)
        # Their pids may meanwhile be a stranger's, or a zombie's; PostgreSQL would take it for a server of ours.
        (sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        _write(self.cluster / SETTINGS_FILE, settings_text(sockets, self.name), 0o600, account)
        _write(self.cluster / "pg_hba.conf", ACCESS_RULES, 0o600, account)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _initdb(self, nursery: Path, account: Account, lock: int) -> None:
        program = binary("initdb", self.major)
        argv: list[str | Path] = [
            program, "--pgdata", nursery / "cluster", "--username=postgres", "--pwfile", nursery / "password",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
        ]  # fmt: skip
        command = account.command(argv, reaching=[program, nursery])
        done = subprocess.run(
            command,
            env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            umask=0o077, pass_fds=[lock],
        )  # fmt: skip
        if done.returncode != 0:
            raise StartFailedError(f"initdb failed: {(done.stderr or done.stdout).strip()[-2000:]}")


def _write(path: Path, text: str, mode: int, account: Account | None = None) -> None:
    """Replace a file as a whole, safe against a crash in the middle."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if account is not None:
        account.give(fresh)
    fresh.replace(path)
    _sync(path.parent)


def _make_private(folder: Path, account: Account) -> None:
    """Make a folder that only the account may enter; refuse one that another user laid there first."""
    try:
        folder.mkdir(mode=0o700)
        account.give(folder)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or status.st_mode & 0o077:
            raise FolderAccessError(f"{folder} is not the database's own; remove it") from None


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
