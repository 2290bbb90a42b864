import re
import signal
import socket
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from tests.cli.scheduler import Scheduler
from tests.support.wait_until import TIMEOUT_SECONDS, until


def asked(url: str, key: str = "") -> int:
    """Return the status of an answer; 0 if there is none."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class TestServe:
    def test_shows_what_a_newcomer_needs_mends_itself_and_leaves_cleanly(self, tmp_path: Path) -> None:
        own = Scheduler(tmp_path / "data", SCHEDULER_PORT="0")
        output = tmp_path / "output"
        process = own.start("serve", "--demo", output=output)
        try:
            until(lambda: "Ctrl-C" in output.read_text(), "the banner is shown")
            banner = output.read_text()
            [address] = set(re.findall(r"http://localhost:\d+(?=\s)", banner))
            [key] = set(re.findall(r"sk_[\w-]{43}", banner))
            until(lambda: asked(f"{address}/readyz") == 200, "it is ready")
            assert asked(f"{address}/docs") == 200
            assert asked(f"{address}/v1/services", key) == 200
            assert own.json("demo")["api_key"] == key
            assert "stop `scheduler serve` first" in own.run("db", "stop", expect=3).stderr

            [projector] = projectors(process)
            projector.kill()
            until(lambda: projectors(process) not in ([], [projector]), "the projector came back")
            postmaster_of(own).kill()
            until(lambda: asked(f"{address}/v1/services", key) == 200, "the database came back")

            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT_SECONDS) == 0
        finally:
            process.kill()
            process.wait()
            running = (own.data / "cluster" / "postmaster.pid").exists()
            own.end()
        assert not running
        assert "Traceback" not in output.read_text()

    def test_killed_takes_its_projector_and_its_database_along(self, tmp_path: Path) -> None:
        own = Scheduler(tmp_path / "data", SCHEDULER_PORT="0")
        output = tmp_path / "output"
        process = own.start("serve", output=output)
        try:
            until(lambda: "Ctrl-C" in output.read_text() and bool(projectors(process)), "it serves")
            [projector] = projectors(process)
            process.kill()
            process.wait()

            until(lambda: not projector.is_running(), "the projector ended")
            until(lambda: not (own.data / "cluster" / "postmaster.pid").exists(), "the database ended")
            assert own.json("practice", "list") == []
        finally:
            process.kill()
            process.wait()
            own.end()

    def test_says_which_port_is_taken_before_it_starts_anything(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])

            refused = Scheduler(tmp_path / "data", SCHEDULER_PORT=port).run("serve", expect=3)

        assert f"127.0.0.1:{port}" in refused.stderr
        assert not (tmp_path / "data").exists()

    def test_refuses_settings_that_cannot_be_meant(self, tmp_path: Path) -> None:
        frozen = Scheduler(tmp_path, DATABASE_URL="postgresql://x@127.0.0.1:1/x", SCHEDULER_NOW="2026-06-01T09:00:00Z")

        assert "SCHEDULER_TEST=1" in frozen.run("api", expect=2).stderr
        assert "SCHEDULER_PORT" in Scheduler(tmp_path, SCHEDULER_PORT="many").run("serve", expect=2).stderr


def projectors(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children():
        # A child that was just killed is still listed, without a command line.
        with suppress(psutil.Error):
            if "project" in child.cmdline():
                found.append(child)
    return found


def postmaster_of(own: Scheduler) -> psutil.Process:
    claim = (own.data / "cluster" / "postmaster.pid").read_text()
    return psutil.Process(int(claim.splitlines()[0]))
