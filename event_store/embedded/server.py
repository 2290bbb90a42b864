"""Starts, shares and stops the PostgreSQL that the program brings along."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from types import TracebackType
from typing import Self

from psycopg.pq import Ping

from event_store.embedded.address import ServerAddress
from event_store.embedded.binaries import binary
from event_store.embedded.cluster import ClusterFiles
from event_store.embedded.locks import FileLock
from event_store.embedded.postmaster import Postmaster

SUPERUSER = "postgres"


class EmbeddedServer:
    """One PostgreSQL in one data folder, shared by every program that uses the folder.

    Two locks order them, both given back by the kernel when a holder is killed: ``server.lock`` is held during a start or a
    stop, ``in-use.lock`` is held, shared, by each program that uses the server.
    """

    def __init__(self, folder: Path, major: int = 16, patience_seconds: float = 30.0) -> None:
        """``patience_seconds``: how long a start waits for the server's answer, and a stop for its end."""
        self.folder = folder.resolve()
        self.major = major
        self._patience_seconds = patience_seconds
        self._files = ClusterFiles(self.folder, major)
        self._postmaster = Postmaster(self._files, patience_seconds)
        self._server_lock = FileLock(self.folder / "server.lock")
        self._in_use_lock = FileLock(self.folder / "in-use.lock")
        self._hold: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_if_unused()

    def start(self) -> ServerAddress:
        """Start the server, or join the one that runs, and hold it until ``stop_if_unused`` or the end of this process.

        A call on a running server changes nothing. The first start of a folder makes the cluster.
        Raises EmbeddedServerError: see errors.py; the message says what to do.
        """
        self._files.make_folder()
        with self._server_lock.exclusively(2 * self._patience_seconds):
            self._files.refuse_other_major()
            self._postmaster.bring_up()
            if self._hold is None:
                self._hold = self._in_use_lock.try_shared()
            return self.address

    def stop_if_unused(self) -> bool:
        """Let go of the server, and stop it unless another program still holds it. Tell whether it was stopped."""
        if not self.folder.exists():
            return False
        with self._server_lock.exclusively(2 * self._patience_seconds):
            self._let_go()
            alone = self._in_use_lock.try_exclusive()
            if alone is None:
                return False
            os.close(alone)
            self._postmaster.shut_down()
            return True

    def stop(self) -> None:
        """Stop the server, also while clients are connected. Raises StopFailedError: it did not stop."""
        if not self.folder.exists():
            return
        with self._server_lock.exclusively(2 * self._patience_seconds):
            self._let_go()
            self._postmaster.shut_down()

    def is_alive(self) -> bool:
        """Tell whether any process of the server lives, answering or not; costs it nothing, unlike ``is_running``."""
        return self._postmaster.is_alive()

    def is_running(self) -> bool:
        """Tell whether the server accepts connections now."""
        return self._postmaster.ping() is Ping.OK

    @property
    def address(self) -> ServerAddress:
        """Where the server listens, or would after a start."""
        return self._postmaster.address

    @property
    def superuser_password(self) -> str:
        """The password of the superuser ``postgres``. Raises PasswordMissingError: its file is gone."""
        return self._files.password()

    def binary(self, name: str) -> Path:
        """Return the path of a PostgreSQL program of the server's version, such as ``pg_dump``."""
        return binary(name, self.major)

    def psql(
        self, argv: Sequence[str] = (), *, dbname: str = "postgres", user: str = SUPERUSER, password: str | None = None
    ) -> int:
        """Run psql on the started server in this terminal and return its exit code; the superuser's password is known to it."""
        secret = self.superuser_password if password is None else password
        address = self.address
        # The caller's PGOPTIONS, PGHOSTADDR and the like are meant for another server.
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

    def _let_go(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None
