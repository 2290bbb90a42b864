"""`scheduler serve`, `api`, `project`, `work` and `demo`."""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.failures import UnavailableError, UsageError
from api.cli.output import AsJson, log_to_stderr, out, print_result
from api.cli.session import opened, settings

if TYPE_CHECKING:
    from api.bootstrap.container import Container
    from api.processes.cores import Cores

commands = typer.Typer()


@commands.command(epilog="Example: SCHEDULER_PORT=8080 scheduler serve --demo")
def serve(demo: Annotated[bool, typer.Option("--demo", help="Make a demo practice and show its key.")] = False) -> None:
    """Run everything: database, API, projector and worker. Ctrl-C stops it.

    The database is the embedded one, or that of DATABASE_URL.
    """
    from api.processes.supervisor import PROJECTOR, Supervisor

    with (
        _until_interrupted(),
        _core_of_its_own() as cores,
        _listening() as listener,
        _listening_for_metrics() as metrics_listener,
        opened(stays_up=False) as container,
    ):
        if cores:  # after the database has started, so that it may use all cores
            cores.keep_to_own()
        with Supervisor(PROJECTOR, partial(_restart_database, container), cores):
            key = None
            if demo:
                from api.demo.practice import make_demo

                key = make_demo(container).api_key
            _serve(container, listener, metrics_listener, lambda: _banner(listener, metrics_listener, key))


@commands.command(epilog="Example: DATABASE_URL=postgresql://... scheduler api")
def api() -> None:
    """Run only the API. Several may run at once.

    `scheduler project` keeps the read models up to date.
    """
    with (
        _until_interrupted(),
        _listening() as listener,
        _listening_for_metrics() as metrics_listener,
        opened(stays_up=False) as container,
    ):
        _serve(container, listener, metrics_listener, lambda: _banner(listener, metrics_listener, None))


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
    with opened(stays_up=False) as container:
        run_together(stop, container.read_models.run, *([partial(run_workers, container)] if with_work else []))


@commands.command(epilog="Example: DATABASE_URL=postgresql://... scheduler work")
def work() -> None:
    """Send webhooks and carry out the jobs of the work queue: see `scheduler jobs`.

    Several may run beside each other; no job is carried out by two at once.
    """
    from api.bootstrap.workers import run_workers

    stop = _stop_event()
    with opened(stays_up=False) as container:
        run_workers(container, stop)


@commands.command(name="demo", epilog="Example: scheduler demo")
def make_demo_practice(as_json: AsJson = False) -> None:
    """Create a small demo practice and print its owner's API key.

    A repeat prints the same key and adds the visits of the coming week.
    """
    with opened() as container:
        from api.demo.practice import make_demo

        demo = make_demo(container)
    result = {"practice_id": demo.practice_id, "api_key": demo.api_key}
    print_result(as_json, result, f"practice  {demo.practice_id}", f"API key   {demo.api_key}")


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


def _serve(
    container: "Container",
    listener: socket.socket,
    metrics_listener: socket.socket | None,
    announce: Callable[[], None],
) -> None:
    from api.app import create_app
    from api.http.metrics import Metrics
    from api.http.metrics_server import metrics_served
    from api.http.server import HttpServer
    from api.processes.interpreter import settle

    def settle_and_announce() -> None:
        settle()
        announce()

    metrics = Metrics()
    app = create_app(container, metrics)
    with metrics_served(metrics, metrics_listener) if metrics_listener else nullcontext():
        HttpServer(app, settle_and_announce, trusted_proxies=container.settings.trusted_proxies).run([listener])


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """Bind the address, before a database starts: a port in use is reported at once."""
    with _bound(settings().host, settings().port, "SCHEDULER_PORT") as listener:
        yield listener


@contextmanager
def _listening_for_metrics() -> Iterator[socket.socket | None]:
    """As ``_listening``; None without SCHEDULER_METRICS_PORT."""
    port = settings().metrics_port
    with nullcontext() if port is None else _bound(settings().metrics_host, port, "SCHEDULER_METRICS_PORT") as listener:
        yield listener


@contextmanager
def _bound(host: str, port: int, setting: str) -> Iterator[socket.socket]:
    """Raises UnavailableError, which names the setting: the address cannot be bound."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            message = f"cannot listen on {host}:{port} ({error.strerror}); set {setting}"
            raise UnavailableError(message) from None
        yield listener


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Let SIGINT or SIGTERM end the block without a traceback; ignore a second signal."""
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
    """Claim the core for requests. Raises UsageError: this process may not use that core."""
    from api.processes.cores import core_of_its_own, usable_cores

    wanted, usable = settings().core, usable_cores()
    if isinstance(wanted, int) and wanted not in usable:
        known = ", ".join(map(str, sorted(usable))) or "no single core"
        raise UsageError(f"SCHEDULER_CORE: this process may use {known}; set one of these, or any")
    with core_of_its_own(wanted, usable) as cores:
        yield cores


def _restart_database(container: "Container") -> None:
    """Restart the embedded database if it was killed; no acknowledged write is lost."""
    embedded = container.storage.server.embedded
    if embedded is not None and not embedded.is_alive():
        embedded.start()


def _wait_for_eof(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


def _banner(listener: socket.socket, metrics_listener: socket.socket | None, key: str | None) -> None:
    address = _shown_address(listener)
    lines = [f"Patient & Studio Scheduler   {address}", "", f"  docs       {address}/docs"]
    if metrics_listener:
        lines.append(f"  metrics    {_shown_address(metrics_listener)}/metrics")
    if key:
        lines += [
            f"  demo key   {key}",
            f'  try it     curl -H "Authorization: Bearer {key}" {address}/v1/services',
        ]
    out.print("\n".join([*lines, "", "  Ctrl-C stops it."]), markup=False)


def _shown_address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
