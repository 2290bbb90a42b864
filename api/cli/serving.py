"""`scheduler serve`, `scheduler api`, `scheduler project` and `scheduler work`."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.failures import UnavailableError, UsageError
from api.cli.output import log_to_stderr, out
from api.cli.session import settings

if TYPE_CHECKING:
    import socket

    from api.bootstrap.container import Container
    from api.processes.cores import Cores

commands = typer.Typer()


@commands.command(epilog="Example: SCHEDULER_PORT=8080 scheduler serve --demo")
def serve(demo: Annotated[bool, typer.Option("--demo", help="Make a demo practice and show its key.")] = False) -> None:
    """Run everything: database, API, projector and worker. Ctrl-C stops it.

    The database is the embedded one, or that of DATABASE_URL.
    """
    from api.processes.supervisor import PROJECTOR, Supervisor

    with _until_interrupted(), _core_of_its_own() as cores, _listening() as listener, _container() as container:
        if cores:  # after the database has started, so that it may use all cores
            cores.keep_to_own()
        with Supervisor(PROJECTOR, _repairer(container), cores):
            key = None
            if demo:
                from api.demo.practice import make_demo

                key = make_demo(container).api_key
            _serve(container, listener, lambda: _banner(listener, key))


@commands.command(epilog="Example: DATABASE_URL=postgresql://... scheduler api")
def api() -> None:
    """Run only the API. Several may run at once.

    `scheduler project` keeps the read models up to date.
    """
    with _until_interrupted(), _listening() as listener, _container() as container:
        _serve(container, listener, lambda: _banner(listener, None))


@commands.command(epilog="Example: DATABASE_URL=postgresql://... scheduler project")
def project(
    until_eof: Annotated[bool, typer.Option("--until-eof", hidden=True, help="End with the standard input.")] = False,
    with_work: Annotated[bool, typer.Option("--with-work", help="Do the work of `scheduler work` too.")] = False,
) -> None:
    """Keep the read models up to date with the logs. Several may run at once.

    No event is applied twice.
    """
    from api.bootstrap.workers import run_workers
    from api.processes.run_together import run_together

    stop = _stop_event(until_eof)
    with _container() as container:
        run_together(stop, container.read_models.run, *([partial(run_workers, container)] if with_work else []))


@commands.command(epilog="Example: DATABASE_URL=postgresql://... scheduler work")
def work() -> None:
    """Send webhooks and carry out the jobs of the work queue: see `scheduler jobs`.

    Several may run beside each other; no job is carried out by two at once.
    """
    from api.bootstrap.workers import run_workers

    stop = _stop_event()
    with _container() as container:
        run_workers(container, stop)


def _stop_event(until_eof: bool = False) -> threading.Event:
    """Return an event that SIGTERM and SIGINT set.

    With ``until_eof``, SIGTERM and the end of standard input set it.
    """
    stop = threading.Event()
    if until_eof:
        # Ctrl-C reaches the whole process group, but the parent process decides when this one ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_wait_for_eof, args=(stop,), daemon=True).start()
    for number in (signal.SIGTERM,) if until_eof else (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log_to_stderr()
    return stop


def _serve(container: "Container", listener: "socket.socket", announce: Callable[[], None]) -> None:
    from api.app import create_app
    from api.processes.http_server import HttpServer

    HttpServer(create_app(container), announce).run([listener])


@contextmanager
def _container() -> Iterator["Container"]:
    """Open the container; at its end the embedded database stops unless another program uses it."""
    from api.bootstrap.container import open_container

    with open_container(settings()) as container:
        yield container


@contextmanager
def _listening() -> Iterator["socket.socket"]:
    """Bind the address first, so that a port in use is reported before a database starts."""
    from api.processes.http_server import PortTakenError, bound

    wanted = settings()
    try:
        listener = bound(wanted.host, wanted.port)
    except PortTakenError as error:
        raise UnavailableError(str(error)) from None
    with listener:
        yield listener


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """End the block cleanly and silently on SIGINT or SIGTERM; a second signal is ignored."""
    log_to_stderr()

    def leave(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    with suppress(KeyboardInterrupt):
        yield


@contextmanager
def _core_of_its_own() -> Iterator["Cores | None"]:
    """Claim the core for requests. Raises UsageError: this process may not use the chosen core."""
    from api.processes.cores import core_of_its_own, usable_cores

    wanted, usable = settings().core, usable_cores()
    if isinstance(wanted, int) and wanted not in usable:
        these = ", ".join(map(str, sorted(usable))) or "none by its number"
        raise UsageError(f"SCHEDULER_CORE: this process may use {these}; set one of these, or any")
    with core_of_its_own(wanted, usable) as cores:
        yield cores


def _repairer(container: "Container") -> Callable[[], None]:
    embedded = container.storage.server.embedded

    def repair() -> None:
        """Restart the embedded database if it was killed; no acknowledged write is lost."""
        if embedded is not None and not embedded.is_alive():
            embedded.start()

    return repair


def _wait_for_eof(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


def _banner(listener: "socket.socket", key: str | None) -> None:
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    lines = [f"Patient & Studio Scheduler   {address}", "", f"  docs       {address}/docs"]
    if key:
        lines += [
            f"  demo key   {key}",
            f'  try it     curl -H "Authorization: Bearer {key}" {address}/v1/services',
        ]
    out.print("\n".join([*lines, "", "  Ctrl-C stops it."]), markup=False)
