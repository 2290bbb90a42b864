import re
import socket
from pathlib import Path

from tests.support.scheduler_command import SchedulerCommand, http_status, projectors_of
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until


class TestServe:
    def test_shows_what_a_newcomer_needs_mends_itself_and_leaves_cleanly(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data", SCHEDULER_PORT="0", SCHEDULER_METRICS_PORT="0")
        output = tmp_path / "output"
        process = own.start("serve", "--demo", output=output)
        try:
            wait_until(lambda: "Ctrl-C" in output.read_text(), "the banner is shown")
            banner = output.read_text()
            [address] = set(re.findall(r"http://localhost:\d+(?=\s)", banner))
            [metrics] = re.findall(r"http://localhost:\d+/metrics", banner)
            [key] = set(re.findall(r"sk_[\w-]{43}", banner))
            wait_until(lambda: http_status(f"{address}/readyz") == 200, "it is ready")
            assert http_status(f"{address}/docs") == 200
            assert (http_status(metrics), http_status(f"{address}/metrics")) == (200, 404)
            assert http_status(f"{address}/v1/services", key) == 200
            assert own.json("demo")["api_key"] == key
            assert "stop `scheduler serve` first" in own.run("db", "stop", expect=3).stderr

            [projector] = projectors_of(process)
            projector.kill()
            wait_until(lambda: projectors_of(process) not in ([], [projector]), "the projector came back")
            own.postmaster().kill()
            wait_until(lambda: http_status(f"{address}/v1/services", key) == 200, "the database came back")

            process.interrupt()
            assert process.wait(TIMEOUT_SECONDS) == 0
        finally:
            process.kill()
            process.wait()
            running = (own.data / "cluster" / "postmaster.pid").exists()
            own.stop_database()
        assert not running
        assert "Traceback" not in output.read_text()

    def test_killed_takes_its_projector_and_its_database_along(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data", SCHEDULER_PORT="0")
        output = tmp_path / "output"
        process = own.start("serve", output=output)
        try:
            wait_until(lambda: "Ctrl-C" in output.read_text() and bool(projectors_of(process)), "it serves")
            [projector] = projectors_of(process)
            process.kill()
            process.wait()

            wait_until(lambda: not projector.is_running(), "the projector ended")
            wait_until(lambda: not (own.data / "cluster" / "postmaster.pid").exists(), "the database ended")
            assert own.json("practice", "list") == []
        finally:
            process.kill()
            process.wait()
            own.stop_database()

    def test_says_which_port_is_taken_before_it_starts_anything(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])

            refused = SchedulerCommand(tmp_path / "data", SCHEDULER_PORT=port).run("serve", expect=3)

        assert f"127.0.0.1:{port}" in refused.stderr
        assert not (tmp_path / "data").exists()

    def test_says_which_port_of_metrics_is_taken(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            own = SchedulerCommand(tmp_path / "data", SCHEDULER_PORT="0", SCHEDULER_METRICS_PORT=port)

            refused = own.run("serve", expect=3)

        assert f"127.0.0.1:{port}" in refused.stderr
        assert "SCHEDULER_METRICS_PORT" in refused.stderr

    def test_refuses_settings_that_cannot_be_meant(self, tmp_path: Path) -> None:
        frozen = SchedulerCommand(
            tmp_path, DATABASE_URL="postgresql://x@127.0.0.1:1/x", SCHEDULER_NOW="2026-06-01T09:00:00Z"
        )

        assert "SCHEDULER_TEST=1" in frozen.run("api", expect=2).stderr
        assert "SCHEDULER_PORT" in SchedulerCommand(tmp_path, SCHEDULER_PORT="many").run("serve", expect=2).stderr
        proxy = SchedulerCommand(tmp_path, SCHEDULER_TRUSTED_PROXIES="proxy.example").run("serve", expect=2)
        assert "SCHEDULER_TRUSTED_PROXIES" in proxy.stderr
