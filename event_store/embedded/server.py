"""Starts, shares and stops the PostgreSQL that the program brings along."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIG_IGN, SIGINT, SIGKILL, SIGQUIT, Signals, signal
from types import TracebackType
from typing import Self

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from event_store.embedded.account import account_for
from event_store.embedded.binaries import binary
from event_store.embedded.cluster import ENVIRONMENT, ClusterFiles
from event_store.embedded.errors import StartFailedError, StopFailedError, UnreachableError
from event_store.embedded.locks import FileLock
from event_store.embedded.processes import ClusterProcesses, PidFile, send
from event_store.embedded.settings import PORT

SUPERUSER = "postgres"
_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class ServerAddress:
    """Where a server listens: ``host`` is the folder of its Unix socket."""

    host: str
    port: int

    def conninfo(self, dbname: str, user: str, password: str) -> str:
        """Return a connection string for psycopg and libpq."""
        return make_conninfo(host=self.host, port=self.port, dbname=dbname, user=user, password=password)


class EmbeddedServer:
    """One PostgreSQL in one data folder, shared by every program that uses the folder.

    Three locks keep it sane, all given back by the kernel when a holder is killed. ``server.lock`` is held during a start or a
    stop. ``in-use.lock`` is held, shared, by each program that uses the server. ``postmaster.lock`` is held by the server's own
    processes, which inherit it: while one of them lives the folder is taken, and once it is free a pid file means nothing.
    """

    def __init__(self, folder: Path, major: int = 16, patience_seconds: float = 30.0) -> None:
        """``patience_seconds``: how long a start waits for the server's answer, and a stop for its end."""
        self.folder = folder.resolve()
        self.major = major
        self._patience_seconds = patience_seconds
        self._files = ClusterFiles(self.folder, major)
        self._processes = ClusterProcesses(self._files.cluster, self._files.name)
        self._server_lock = FileLock(self.folder / "server.lock")
        self._in_use_lock = FileLock(self.folder / "in-use.lock")
        self._alive_lock = FileLock(self.folder / "postmaster.lock")
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
            self._bring_up()
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
            self._shut_down()
            return True

    def stop(self) -> None:
        """Stop the server, whoever uses it. Raises StopFailedError: it would not end."""
        if not self.folder.exists():
            return
        with self._server_lock.exclusively(2 * self._patience_seconds):
            self._let_go()
            self._shut_down()

    def is_running(self) -> bool:
        """Tell whether the server accepts connections now."""
        return self._ping() is Ping.OK

    @property
    def address(self) -> ServerAddress:
        """Where the server listens, or would after a start."""
        claim = PidFile.read(self._files.cluster)
        # A running server was told its folder by the program that started it, whose temporary folder may be another one.
        if claim is not None and claim.socket_folder and Path(claim.socket_folder, f".s.PGSQL.{PORT}").exists():
            return ServerAddress(claim.socket_folder, PORT)
        return ServerAddress(str(self._files.socket_folder), PORT)

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
        # Ctrl-C belongs to psql while it runs.
        before = signal(SIGINT, SIG_IGN)
        try:
            return subprocess.call(
                [self.binary("psql"), "-h", address.host, "-p", str(address.port), "-U", user, "-d", dbname, *argv],
                env=os.environ | {"PGPASSWORD": secret},
            )
        finally:
            signal(SIGINT, before)

    def _ping(self) -> Ping:
        address = self.address
        return Ping(PGconn.ping(make_conninfo(host=address.host, port=address.port, connect_timeout=2).encode()))

    def _is_alive(self) -> bool:
        # The second question is for the case that someone removed the lock's file under a running server.
        return self._alive_lock.is_held_alone() or self._processes.postmaster() is not None

    def _bring_up(self) -> None:
        """Return once the server accepts connections; clear away what a killed one left."""
        began = time.monotonic()
        log_began: int | None = None
        while (answer := self._ping()) is not Ping.OK:
            waited = time.monotonic() - began
            if not self._is_alive():
                if log_began is not None:
                    raise StartFailedError(f"PostgreSQL ended at once:\n{self._last_words(log_began)}")
                log_began = self._launch()
            elif answer is Ping.NO_RESPONSE and log_began is None:
                self._clear_away(waited)
            if waited > self._patience_seconds:
                raise UnreachableError(
                    f"PostgreSQL in {self.folder} runs but has not answered for {waited:.0f} s; see {self._files.log}"
                )
            time.sleep(_POLL_SECONDS)

    def _launch(self) -> int:
        """Start the postmaster, detached from this process, and return the log's length before it."""
        files = self._files
        lock = self._alive_lock.try_exclusive()
        if lock is None:
            raise StartFailedError(f"a process of the cluster in {self.folder} has come to life")
        try:
            account = account_for(files.cluster)
            files.initialise(account, lock)
            files.prepare(account)
            program = self.binary("postgres")
            argv: list[str | Path] = ["/bin/sh", "-c", 'exec "$@" &', "sh", program, "-D", files.cluster]
            with open(files.log, "ab", opener=_private) as log:
                began = log.tell()
                subprocess.run(
                    account.command(argv, reaching=[program, files.cluster, files.socket_folder]),
                    env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    umask=0o077, start_new_session=True, pass_fds=[lock], check=True,
                )  # fmt: skip
            return began
        except subprocess.CalledProcessError as failed:
            raise StartFailedError(f"PostgreSQL could not be started:\n{self._last_words(0)}") from failed
        finally:
            os.close(lock)

    def _clear_away(self, waited: float) -> None:
        """Deal with processes that live but do not answer: orphans of a killed postmaster, or one whose socket was removed."""
        postmaster = self._processes.postmaster()
        if postmaster is not None:
            # A postmaster makes its socket within a fraction of a second, and nobody can reach one that has lost it.
            if waited > 5 and not Path(self.address.host, f".s.PGSQL.{PORT}").exists():
                send(SIGINT, [postmaster])
        elif waited > 10:
            send(SIGKILL, self._processes.all())
        elif waited > 1:
            # Idle orphans end by themselves; one in a long statement notices only this.
            send(SIGQUIT, self._processes.all())

    def _shut_down(self) -> None:
        """End the server: politely (its clients are cut off, its data is written), at once, by force."""
        steps: list[tuple[Signals, float]] = [(SIGINT, self._patience_seconds), (SIGQUIT, 10.0), (SIGKILL, 5.0)]
        for step, patience in steps:
            if not self._is_alive():
                return
            postmaster = self._processes.postmaster()
            send(step, self._processes.all() if postmaster is None or step is SIGKILL else [postmaster])
            if _comes_true(lambda: not self._is_alive(), patience):
                return
        raise StopFailedError(f"processes {self._processes.all()} of {self.folder} would not end")

    def _let_go(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None

    def _last_words(self, since: int) -> str:
        with self._files.log.open("rb") as log:
            log.seek(max(since, log.seek(0, os.SEEK_END) - 2000))
            return log.read().decode(errors="replace").strip()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _comes_true(condition: Callable[[], bool], patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
