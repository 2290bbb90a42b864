"""The life of the server's processes: launched, asked, cleared away, ended."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, Signals

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from event_store.embedded.account import account_for
from event_store.embedded.address import ServerAddress
from event_store.embedded.binaries import binary
from event_store.embedded.cluster import ENVIRONMENT, ClusterFiles
from event_store.embedded.errors import StartFailedError, StopFailedError, UnreachableError
from event_store.embedded.locks import FileLock
from event_store.embedded.processes import ClusterProcesses, PidFile, send
from event_store.embedded.settings import PORT

_POLL_SECONDS = 0.01


class Postmaster:
    """The postmaster of one cluster. To be started and ended by one program at a time; see server.py for who may when.

    The server's processes hold ``postmaster.lock``, which they inherit: while one of them lives the cluster is taken, and once
    the lock is free a pid file means nothing.
    """

    def __init__(self, files: ClusterFiles, patience_seconds: float) -> None:
        self._files = files
        self._patience_seconds = patience_seconds
        self._processes = ClusterProcesses(files.cluster, files.name)
        self._alive_lock = FileLock(files.folder / "postmaster.lock")

    @property
    def address(self) -> ServerAddress:
        """Where the server listens, or would after a start."""
        claim = PidFile.read(self._files.cluster)
        # A running server was told its folder by the program that started it, whose temporary folder may be another one.
        if claim is not None and claim.socket_folder and Path(claim.socket_folder, f".s.PGSQL.{PORT}").exists():
            return ServerAddress(claim.socket_folder, PORT)
        return ServerAddress(str(self._files.socket_folder), PORT)

    def ping(self) -> Ping:
        """Ask at the socket, without a password: OK, REJECT (starting or recovering) or NO_RESPONSE."""
        address = self.address
        return Ping(PGconn.ping(make_conninfo(host=address.host, port=address.port, connect_timeout=2).encode()))

    def is_alive(self) -> bool:
        """Tell whether any process of the cluster lives, answering or not."""
        # The second question is for the case that someone removed the lock's file under a running server.
        return self._alive_lock.is_held_alone() or self._processes.postmaster() is not None

    def bring_up(self) -> None:
        """Return once the server accepts connections; clear away what a killed one left.

        Raises StartFailedError, UnreachableError, and what making the cluster may raise.
        """
        began = time.monotonic()
        launched: list[int] = []
        while (answer := self.ping()) is not Ping.OK:
            waited = time.monotonic() - began
            if not self.is_alive():
                # A second try, because the first may have been killed from outside.
                if len(launched) == 2:
                    raise StartFailedError(f"PostgreSQL ended at once:\n{self._last_words(launched[-1])}")
                launched.append(self._launch())
            elif answer is Ping.NO_RESPONSE and not launched:
                self._clear_away(waited)
            if waited > self._patience_seconds:
                raise UnreachableError(
                    f"PostgreSQL in {self._files.folder} runs but has not answered for {waited:.0f} s; see {self._files.log}"
                )
            time.sleep(_POLL_SECONDS)

    def _launch(self) -> int:
        """Start the postmaster, detached from this process, and return the log's length before it."""
        files = self._files
        lock = self._alive_lock.try_exclusive()
        if lock is None:
            raise StartFailedError(f"a process of the cluster in {self._files.folder} has come to life")
        try:
            account = account_for(files.cluster)
            files.initialise(account, lock)
            files.prepare(account)
            program = binary("postgres", files.major)
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

    def shut_down(self) -> None:
        """End the server: politely (its clients are cut off, its data is written), at once, by force.

        Raises StopFailedError: something of it still lives.
        """
        steps: list[tuple[Signals, float]] = [(SIGINT, self._patience_seconds), (SIGQUIT, 10.0), (SIGKILL, 5.0)]
        for step, patience in steps:
            if not self.is_alive():
                return
            postmaster = self._processes.postmaster()
            send(step, self._processes.all() if postmaster is None or step is SIGKILL else [postmaster])
            if _comes_true(lambda: not self.is_alive(), patience):
                return
        raise StopFailedError(f"processes {self._processes.all()} of {self._files.folder} would not end")

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
