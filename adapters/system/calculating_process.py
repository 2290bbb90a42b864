"""A calculating process: carries out pure functions, one at a time, within a budget.

    python -m adapters.system.calculating_process <fd> <CPU seconds> <bytes of memory>

It ends with its parent, also if that is killed: its standard input closes then.
"""

import logging
import os
import pickle
import resource
import signal
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final, TypeAlias

Reply: TypeAlias = tuple[bool, Any]
"""Whether the function returned, and its result; or the type, arguments and fields of its error."""

_NICENESS: Final = 5
"""What answers short requests goes first where a core is shared."""

_faults = logging.getLogger("scheduler.faults")


def serve(connection: "Connection[bytes, bytes]", cpu_seconds: float) -> None:
    """Answer until the connection closes.

    A function that uses more CPU time than its budget ends the process, by SIGPROF.
    """
    while True:
        try:
            request = connection.recv_bytes()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        reply = _reply(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        connection.send_bytes(reply)


def _reply(request: bytes) -> bytes:
    try:
        work, arguments = pickle.loads(request)  # noqa: S301  written by the parent process
        return pickle.dumps((True, work(*arguments)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        # An exception is pickled as a call of its class, which may take other arguments.
        parts = type(error), error.args, error.__dict__
        if type(error).__module__ == "builtins":
            # Without the message, which may be personal.
            _faults.error(
                "unexpected %s at\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            )
        return pickle.dumps((False, parts), pickle.HIGHEST_PROTOCOL)


def _end_with_parent() -> None:
    with suppress(OSError):
        os.read(0, 1)  # a blocked sys.stdin would be fatal at the end of the interpreter
    os._exit(0)


def main() -> None:
    connection: Connection[bytes, bytes] = Connection(int(sys.argv[1]))
    cpu_seconds, memory_bytes = float(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(_NICENESS)
    with suppress(ValueError, OSError):  # a system without this limit, or with a lower one
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(connection, cpu_seconds)


if __name__ == "__main__":
    main()
