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
from typing import Any, Final, Literal, TypeAlias

Outcome: TypeAlias = Literal["returned", "returned bytes", "raised"]
Reply: TypeAlias = tuple[Outcome, Any]
"""The outcome with the result, or with the type, arguments and fields of the error.

Bytes follow as a message of their own, and None is here: unpickling would copy them in one step,
during which no other thread of the program runs.
"""

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
        messages = _reply(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for message in messages:
            connection.send_bytes(message)


def _reply(request: bytes) -> list[bytes]:
    try:
        work, arguments = pickle.loads(request)  # noqa: S301  written by the parent process
        result = work(*arguments)
        if isinstance(result, bytes):
            return [_pickled(("returned bytes", None)), result]
        return [_pickled(("returned", result))]
    except Exception as error:
        # An exception is pickled as a call of its class, which may take other arguments.
        parts = type(error), error.args, error.__dict__
        if type(error).__module__ == "builtins":
            # Without the message, which may be personal.
            _faults.error(
                "unexpected %s at\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            )
        return [_pickled(("raised", parts))]


def _pickled(reply: Reply) -> bytes:
    return pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)


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
