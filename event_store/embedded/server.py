"""Starts, shares and stops the embedded PostgreSQL server."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from typing import Self

from psycopg.pq import Ping

from event_store.embedded.cluster import ClusterFiles, binary
from event_store.embedded.locks import FileLock
from event_store.embedded.postmaster import Postmaster, ServerAddress

SUPERUSER = "postgres"


class EmbeddedServer:
    """A PostgreSQL server in a data folder, shared by all programs that use the folder.

    It has two locks, which the kernel releases when their holder ends: ``server.lock`` is held
    during a start or a stop; each program that uses the server shares ``in-use.lock``.
    """

    def __init__(self, folder: Path, major: int = 16, timeout_seconds: float = 30.0) -> None:
        """``timeout_seconds`` limits how long a start or a stop waits for the server."""
        self.folder = folder.resolve()
        self.major = major
        self._timeout_seconds = timeout_seconds
        self._files = ClusterFiles(self.folder, major)
        self._postmaster = Postmaster(self._files, timeout_seconds)
        self._server_lock = FileLock(self.folder / "server.lock")
        self._in_use_lock = FileLock(self.folder / "in-use.lock")
        self._in_use: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_if_unused()

    def start(self) -> ServerAddress:
        """Start the server, unless it runs; use it until ``stop_if_unused`` or this process ends.

        The first start creates the cluster. Raises EmbeddedServerError.
        """
        self._files.make_folder()
        with self._server_lock.exclusively(2 * self._timeout_seconds):
            self._files.refuse_other_major()
            self._postmaster.start()
            if self._in_use is None:
                self._in_use = self._in_use_lock.try_shared()
            return self.address

    def stop_if_unused(self) -> bool:
        """Stop the server unless another program uses it; return whether it was stopped."""
        if not self.folder.exists():
            return False
        with self._server_lock.exclusively(2 * self._timeout_seconds):
            self._release()
            lock = self._in_use_lock.try_exclusive()
            if lock is None:
                return False
            os.close(lock)
            self._postmaster.shut_down()
            return True

    def stop(self) -> None:
        """Stop the server, even with connected clients. Raises StopFailedError."""
        if not self.folder.exists():
            return
        with self._server_lock.exclusively(2 * self._timeout_seconds):
            self._release()
            self._postmaster.shut_down()

    def is_alive(self) -> bool:
        """Return whether any process of the server lives, without connecting to it."""
        return self._postmaster.is_alive()

    def is_running(self) -> bool:
        """Return whether the server accepts connections."""
        return self._postmaster.ping() is Ping.OK

    @property
    def address(self) -> ServerAddress:
        return self._postmaster.address

    @property
    def superuser_password(self) -> str:
        """The superuser's password. Raises PasswordMissingError, FolderAccessError."""
        return self._files.password()

    def binary(self, name: str) -> Path:
        """Return the path of a PostgreSQL program of the server's version, such as ``pg_dump``."""
        return binary(name, self.major)

    def psql(
        self, argv: Sequence[str] = (), *, dbname: str = "postgres", user: str = SUPERUSER, password: str | None = None
    ) -> int:
        """Run psql in this terminal, by default as the superuser, and return its exit code."""
        secret = self.superuser_password if password is None else password
        address = self.address
        # The caller's PGOPTIONS, PGHOSTADDR and the like are for another server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # Ctrl-C belongs to psql while it runs.
        before = signal(SIGINT, SIG_IGN)
        try:
            return subprocess.call(
                [self.binary("psql"), "-h", address.host, "-p", str(address.port), "-U", user, "-d", dbname, *argv],
                env=environment | {"PGPASSWORD": secret},
            )
        finally:
            signal(SIGINT, before)

    def _release(self) -> None:
        if self._in_use is not None:
            os.close(self._in_use)
            self._in_use = None
