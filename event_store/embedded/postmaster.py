"""Starts and stops the processes of the embedded server."""

import os
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, Signals

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from event_store.embedded.account import account_for
from event_store.embedded.cluster import ENVIRONMENT, ClusterFiles, binary
from event_store.embedded.errors import StartFailedError, StopFailedError, UnreachableError
from event_store.embedded.locks import FileLock
from event_store.embedded.processes import ClusterProcesses, PidFile, send
from event_store.embedded.settings import PORT
from event_store.pause import pause

_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class ServerAddress:
    """The address of a server; ``host`` is the folder of its Unix socket."""

    host: str
    port: int

    def conninfo(self, dbname: str, user: str, password: str) -> str:
        """Return a connection string for psycopg and libpq."""
        return make_conninfo(host=self.host, port=self.port, dbname=dbname, user=user, password=password)


class Postmaster:
    """The postmaster of one cluster. Only the holder of ``server.lock`` starts or stops it.

    The server's processes inherit and hold ``postmaster.lock``: if it is free, none of them lives,
    whatever the pid file says.
    """

    def __init__(self, files: ClusterFiles, timeout_seconds: float) -> None:
        self._files = files
        self._timeout_seconds = timeout_seconds
        self._processes = ClusterProcesses(files.cluster, files.name)
        self._alive_lock = FileLock(files.folder / "postmaster.lock")

    @property
    def address(self) -> ServerAddress:
        """The address of the server, running or not."""
        pid_file = PidFile.read(self._files.cluster)
        # The program that started a running server may have another temporary folder than this one.
        if pid_file and pid_file.socket_folder and Path(pid_file.socket_folder, f".s.PGSQL.{PORT}").exists():
            return ServerAddress(pid_file.socket_folder, PORT)
        return ServerAddress(str(self._files.socket_folder), PORT)

    def ping(self) -> Ping:
        """Return OK, REJECT (starting or recovering) or NO_RESPONSE."""
        address = self.address
        return Ping(PGconn.ping(make_conninfo(host=address.host, port=address.port, connect_timeout=2).encode()))

    def is_alive(self) -> bool:
        """Return whether any process of the cluster lives."""
        # The pid file matters only if the lock file of a running server was deleted.
        return self._alive_lock.is_held_exclusively() or self._processes.postmaster() is not None

    def start(self) -> None:
        """Start the server if necessary, and return once it accepts connections.

        Raises StartFailedError, UnreachableError, and the errors of creating the cluster.
        """
        started_at = time.monotonic()
        log_offsets: list[int] = []
        while (answer := self.ping()) is not Ping.OK:
            waited = time.monotonic() - started_at
            if not self.is_alive():
                # A second attempt, because the first server may have been killed from outside.
                if len(log_offsets) == 2:
                    raise StartFailedError(f"PostgreSQL ended at once:\n{self._end_of_log(log_offsets[-1])}")
                log_offsets.append(self._launch())
            elif answer is Ping.NO_RESPONSE and not log_offsets:
                self._stop_unresponsive(waited)
            if waited > self._timeout_seconds:
                reason = f"runs but has not answered for {waited:.0f} s; see {self._files.log}"
                raise UnreachableError(f"PostgreSQL in {self._files.folder} {reason}")
            pause(_POLL_SECONDS)

    def _launch(self) -> int:
        """Start the postmaster as a process of its own; return the size of the log before."""
        files = self._files
        lock = self._alive_lock.try_exclusive()
        if lock is None:
            raise StartFailedError(f"a process of the cluster in {self._files.folder} has just started")
        try:
            account = account_for(files.cluster)
            files.initialise(account, lock)
            files.prepare(account)
            program = binary("postgres", files.major)
            argv: list[str | Path] = ["/bin/sh", "-c", 'exec "$@" &', "sh", program, "-D", files.cluster]
            with open(files.log, "ab", opener=partial(os.open, mode=0o600)) as log:
                log_offset = log.tell()
                subprocess.run(
                    account.command(argv, needs=[program, files.cluster, files.socket_folder]),
                    env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    umask=0o077, start_new_session=True, pass_fds=[lock], check=True,
                )  # fmt: skip
            return log_offset
        except subprocess.CalledProcessError as error:
            raise StartFailedError(f"PostgreSQL could not be started:\n{self._end_of_log(0)}") from error
        finally:
            os.close(lock)

    def _stop_unresponsive(self, waited: float) -> None:
        """Stop the orphans of a killed postmaster, or a postmaster without its socket."""
        postmaster = self._processes.postmaster()
        if postmaster is not None:
            # A postmaster creates its socket within a fraction of a second.
            if waited > 5 and not Path(self.address.host, f".s.PGSQL.{PORT}").exists():
                send(SIGINT, [postmaster])
        elif waited > 10:
            send(SIGKILL, self._processes.all())
        elif waited > 1:
            # Idle orphans end by themselves; one that runs a long statement needs the signal.
            send(SIGQUIT, self._processes.all())

    def shut_down(self) -> None:
        """Stop the server: fast, then immediately, then by force. Raises StopFailedError."""
        steps: list[tuple[Signals, float]] = [(SIGINT, self._timeout_seconds), (SIGQUIT, 10.0), (SIGKILL, 5.0)]
        for signal, timeout_seconds in steps:
            if not self.is_alive():
                return
            postmaster = self._processes.postmaster()
            send(signal, self._processes.all() if postmaster is None or signal is SIGKILL else [postmaster])
            deadline = time.monotonic() + timeout_seconds
            while self.is_alive() and time.monotonic() <= deadline:
                pause(_POLL_SECONDS)
        if self.is_alive():
            raise StopFailedError(f"processes {self._processes.all()} of {self._files.folder} did not end")

    def _end_of_log(self, since: int) -> str:
        with self._files.log.open("rb") as log:
            log.seek(max(since, log.seek(0, os.SEEK_END) - 2000))
            return log.read().decode(errors="replace").strip()
