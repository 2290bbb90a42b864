"""Carries out pure functions in a few processes, each with a budget. See ADR 0058."""

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Final, ParamSpec, TypeVar

from adapters.system.calculating_process import Reply
from application.kernel.errors import OverloadedError, TooCostlyError, UnavailableError

CPU_SECONDS: Final = 5.0
"""Of one calculation: several times what the longest takes."""
MEMORY_BYTES: Final = 512 * 1024 * 1024
"""Of one process; it needs 35 MiB, and 80 for the longest answer."""
PATIENCE_SECONDS: Final = 30.0
"""A process that has not replied by then is replaced: it hangs, or the machine is overloaded."""
WAIT_SECONDS: Final = 2.0
"""How long a calculation waits for a process."""

P = ParamSpec("P")
R = TypeVar("R")


class ProcessCalculator:
    """Implements Calculator with at most ``most`` processes, started when needed. Thread-safe.

    A process is replaced when it exceeds its budget, hangs or is killed. All end with this one.
    """

    def __init__(self, most: int, *, cpu_seconds: float = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self.cpu_seconds, self.memory_bytes = cpu_seconds, memory_bytes
        self._free = threading.Semaphore(most)
        self._idle: list[_Process] = []
        self._cores = _cores()

    @property
    def has_idle_process(self) -> bool:
        return bool(self._idle)

    def run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        request = pickle.dumps((partial(work, **named), arguments), pickle.HIGHEST_PROTOCOL)
        if not self._free.acquire(timeout=WAIT_SECONDS):
            raise OverloadedError
        try:
            outcome, result = self._reply(request)
        finally:
            self._free.release()
        if outcome != "raised":
            returned: R = result
            return returned
        kind, error_arguments, fields = result
        if issubclass(kind, MemoryError):
            raise self._too_costly()
        error = kind.__new__(kind, *error_arguments)
        error.__dict__.update(fields)
        raise error

    def close(self) -> None:
        """End the processes. Calculations in progress end with UnavailableError."""
        while self._idle:
            self._idle.pop().end()

    def _reply(self, request: bytes) -> Reply:
        # An idle process may have been killed, so that there is a second try.
        for _ in range(2):
            process = self._take()
            try:
                reply = process.ask(request)
            except (EOFError, OSError):
                if process.end() == -signal.SIGPROF:
                    raise self._too_costly() from None
                continue
            except BaseException:
                process.end()
                raise
            self._idle.append(process)
            return reply
        raise UnavailableError("the calculation was interrupted; send the same request again")

    def _take(self) -> "_Process":
        try:
            return self._idle.pop()
        except IndexError:
            return self._start()

    def _start(self) -> "_Process":
        process = _Process(self.cpu_seconds, self.memory_bytes)
        # If this process keeps to one of the cores that it began with, the others are for the rest.
        if others := self._cores - _cores():
            with suppress(OSError):
                os.sched_setaffinity(process.pid, others)
        return process

    def _too_costly(self) -> TooCostlyError:
        return TooCostlyError(
            f"this takes more than {self.cpu_seconds:g} s of computing or {self.memory_bytes // 1024 // 1024} MiB of memory;"
            " ask for less: a shorter time, or a smaller file"
        )


class _Process:
    """A calculating process and the connection to it."""

    def __init__(self, cpu_seconds: float, memory_bytes: int) -> None:
        self._socket, theirs = socket.socketpair()
        self._connection: Connection[bytes, bytes] = Connection(os.dup(self._socket.fileno()))
        with theirs:
            fd = theirs.fileno()
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "adapters.system.calculating_process",
                    f"{fd}",
                    f"{cpu_seconds}",
                    f"{memory_bytes}",
                ],
                stdin=subprocess.PIPE,
                pass_fds=[fd],
            )
        self.pid = self._process.pid

    def ask(self, request: bytes) -> Reply:
        """Return the reply. Raises EOFError, OSError: it has died; OverloadedError: no reply."""
        timeout = struct.pack("ll", int(PATIENCE_SECONDS), int(PATIENCE_SECONDS % 1 * 1e6))
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, timeout)
        try:
            self._connection.send_bytes(request)
            reply: Reply = pickle.loads(self._connection.recv_bytes())  # noqa: S301  written by our own process
            outcome, _ = reply
            return (outcome, self._connection.recv_bytes()) if outcome == "returned bytes" else reply
        except BlockingIOError:
            raise OverloadedError from None

    def end(self) -> int:
        """Kill the process, unless it has ended; return its exit code."""
        self._connection.close()
        self._socket.close()
        self._process.kill()
        code = self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        return code


def _cores() -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()
