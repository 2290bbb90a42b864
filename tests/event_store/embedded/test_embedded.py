"""The embedded server: first start, sharing, and recovery after kills."""

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from errno import EINVAL
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from subprocess import PIPE, Popen
from typing import Any

import psycopg
import pytest

from event_store.embedded import SUPERUSER, EmbeddedServer
from event_store.embedded.errors import (
    BinariesMissingError,
    FolderAccessError,
    OtherMajorError,
    PasswordMissingError,
    StartFailedError,
    UnreachableError,
)
from event_store.keys.master_key import KeyFile
from tests.support.wait_until import wait_until

Program = Popen[str]

# Another program, which uses the server until it reads a line.
HOLDER = """
import sys
from pathlib import Path
from event_store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print("holds", flush=True)
sys.stdin.readline()
print("stopped" if server.stop_if_unused() else "left running", flush=True)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was started and stopped once; the other tests use copies, without initdb."""
    folder = tmp_path_factory.mktemp("template") / "data"
    with EmbeddedServer(folder):
        pass
    return folder


@pytest.fixture
def empty_folder(tmp_path: Path) -> Iterator[Path]:
    # Only its owner may enter, as in mktemp and /root.
    parent = tmp_path / "closed"
    parent.mkdir(mode=0o700)
    yield parent / "data"
    EmbeddedServer(parent / "data").stop()


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "data"
    # cp -a keeps the owner, which is another account when the tests run as root.
    subprocess.run(["cp", "-a", template, copy], check=True)
    yield copy
    EmbeddedServer(copy).stop()


@pytest.fixture
def programs() -> Iterator[Callable[[Path], Program]]:
    started: list[Program] = []

    def start(folder: Path) -> Program:
        program = Popen([sys.executable, "-c", HOLDER, folder], stdin=PIPE, stdout=PIPE, text=True)
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate()


class TestFirstStart:
    @pytest.mark.parametrize("major", [16, 18])
    def test_serves_the_requested_version_from_a_private_folder(self, empty_folder: Path, major: int) -> None:
        server = EmbeddedServer(empty_folder, major)

        with server, connect(server) as connection:
            [version] = rows(connection, "show server_version_num")

        assert version[0].startswith(str(major))
        assert mode_of(empty_folder.parent) == 0o700

    def test_syncs_each_file_and_then_its_name(self, empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without it a crash leaves files of NUL bytes, with which PostgreSQL does not start."""
        synced: dict[int, bytes] = {}
        folders: dict[Path, set[str]] = {}
        fsync = os.fsync

        def note(file: int) -> None:
            fsync(file)
            if stat.S_ISDIR(os.fstat(file).st_mode):
                folder = Path(f"/proc/self/fd/{file}").resolve()
                folders[folder] = {each.name for each in folder.iterdir()}
            else:
                synced[os.fstat(file).st_ino] = Path(f"/proc/self/fd/{file}").read_bytes()

        monkeypatch.setattr(os, "fsync", note)

        with EmbeddedServer(empty_folder):
            pass

        KeyFile(empty_folder / "secrets" / "master.key")
        ours = [empty_folder / "cluster" / name for name in ("postgresql.conf", "scheduler.conf", "pg_hba.conf")]
        ours += [empty_folder / "secrets" / name for name in ("postgres.password", "master.key")]
        for path in ours:
            assert synced.get(path.stat().st_ino) == path.read_bytes(), path
        for path in (*ours[1:], empty_folder / "cluster", empty_folder / "secrets", empty_folder):
            assert path.name in folders[path.parent], path

    def test_works_with_a_clock_that_is_not_the_kernels(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Under faketime time.sleep fails: it waits for an instant of the kernel's clock."""

        def sleep(seconds: float) -> None:
            raise OSError(EINVAL, "Invalid argument")

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "time", lambda: 0.0)

        with EmbeddedServer(folder) as server:
            assert server.is_running()
        assert not server.is_alive()

    def test_keeps_every_acknowledged_commit(self, server: EmbeddedServer) -> None:
        with connect(server) as connection:
            found = dict(rows(connection, "select name, setting from pg_settings"))

        durable = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
        assert {found[name] for name in durable} == {"on"}

    def test_is_the_same_on_every_machine(self, server: EmbeddedServer) -> None:
        with connect(server) as connection:
            [found] = rows(
                connection,
                "select pg_encoding_to_char(encoding), datcollate, datctype, current_setting('TimeZone')"
                " from pg_database where datname = current_database()",
            )

        assert found == ("UTF8", "C.UTF-8", "C.UTF-8", "UTC")

    def test_listens_on_no_network_and_requires_a_password(self, server: EmbeddedServer) -> None:
        with connect(server) as connection:
            [listening] = rows(connection, "show listen_addresses")

        assert listening == ("",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.address.conninfo("postgres", SUPERUSER, "guess"))

    def test_keeps_the_password_and_the_cluster_to_their_owners(self, server: EmbeddedServer) -> None:
        secrets = server.folder / "secrets"

        assert (mode_of(secrets), mode_of(secrets / "postgres.password")) == (0o700, 0o600)
        assert (mode_of(server.folder / "cluster"), mode_of(server.folder / "postgres.log")) == (0o700, 0o600)

    def test_writes_no_personal_data_to_the_log(self, server: EmbeddedServer) -> None:
        with connect(server) as connection:
            connection.execute("create temporary table person (name text primary key)")
            connection.execute("insert into person values ('Canary Zwitscher')")
            for refused in (b"insert into person values ('Canary Zwitscher')", b"select 'Canary Zwitscher'::int"):
                with pytest.raises(psycopg.Error, match="Canary"):
                    connection.execute(refused)

        assert "Canary" not in (server.folder / "postgres.log").read_text()

    def test_finds_room_for_its_socket_when_the_path_is_too_long(self, template: Path, tmp_path: Path) -> None:
        folder = tmp_path / ("לוח זמנים " * 8) / "data"
        folder.parent.mkdir()
        subprocess.run(["cp", "-a", template, folder], check=True)

        with EmbeddedServer(folder) as server, connect(server) as connection:
            assert rows(connection, "select 1") == [(1,)]
            host = Path(server.address.host)
            assert (host.is_relative_to(folder), mode_of(host)) == (False, 0o700)

        shutil.rmtree(host)

    def test_refuses_a_socket_folder_of_another_user(self, folder: Path) -> None:
        shutil.rmtree(folder / "run")
        (folder / "run").mkdir(mode=0o777)
        (folder / "run").chmod(0o777)

        with pytest.raises(FolderAccessError, match="run is not the database's own"):
            EmbeddedServer(folder).start()


class TestSharing:
    def test_a_second_start_changes_nothing(self, server: EmbeddedServer) -> None:
        before = postmaster_of(server.folder)

        address = server.start()

        assert (address, postmaster_of(server.folder)) == (server.address, before)

    def test_programs_that_start_at_once_on_an_empty_folder_share_one_server(
        self, empty_folder: Path, programs: Callable[[Path], Program]
    ) -> None:
        first, second = programs(empty_folder), programs(empty_folder)

        assert [read_line(first), read_line(second)] == ["holds", "holds"]
        assert (release(first), EmbeddedServer(empty_folder).is_running()) == ("left running", True)
        assert (release(second), EmbeddedServer(empty_folder).is_running()) == ("stopped", False)

    def test_stop_ends_it_for_all_programs(self, folder: Path, programs: Callable[[Path], Program]) -> None:
        assert read_line(programs(folder)) == "holds"

        EmbeddedServer(folder).stop()

        assert not EmbeddedServer(folder).is_running()

    def test_several_folders_run_side_by_side(self, server: EmbeddedServer, empty_folder: Path) -> None:
        with EmbeddedServer(empty_folder) as other:
            assert other.is_running()
            assert server.is_running()

    def test_runs_psql_and_returns_its_exit_code(
        self, server: EmbeddedServer, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert server.psql(["-Atc", "select 6 * 7"]) == 0
        assert capfd.readouterr().out == "42\n"
        assert server.psql(["-Atc", "select nothing"]) == 1


class TestKilled:
    def test_a_killed_program_leaves_a_server_that_the_next_one_joins_and_stops(
        self, folder: Path, programs: Callable[[Path], Program]
    ) -> None:
        program = programs(folder)
        assert read_line(program) == "holds"
        before = postmaster_of(folder)

        program.kill()
        program.wait()
        server = EmbeddedServer(folder)
        server.start()

        assert postmaster_of(folder) == before
        assert server.stop_if_unused()

    def test_a_killed_postmaster_with_a_busy_orphan_is_replaced_and_loses_nothing(self, server: EmbeddedServer) -> None:
        with connect(server) as connection:
            connection.execute("create table kept as select 1 as n")
        busy = psycopg.connect(server.address.conninfo("postgres", SUPERUSER, server.superuser_password))
        # Not awaited: a backend that computes does not notice that its postmaster has ended.
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 1000000000000)")
        busy.pgconn.flush()
        before = postmaster_of(server.folder)

        os.kill(before, SIGKILL)
        server.start()

        assert postmaster_of(server.folder) != before
        with connect(server) as connection:
            assert rows(connection, "select n from kept") == [(1,)]
        busy.close()

    def test_ignores_a_pid_file_that_names_another_process(self, server: EmbeddedServer) -> None:
        pid_file = server.folder / "cluster" / "postmaster.pid"
        lines = pid_file.read_text().splitlines(keepends=True)
        server.stop()
        with Popen(["sleep", "60"]) as other_process:
            pid_file.write_text("".join([f"{other_process.pid}\n", *lines[1:]]))
            shutil.chown(pid_file, (server.folder / "cluster").stat().st_uid)

            server.start()
            server.stop()

            assert other_process.poll() is None
            other_process.kill()

    def test_a_program_killed_during_initdb_leaves_no_incomplete_cluster(
        self, empty_folder: Path, programs: Callable[[Path], Program]
    ) -> None:
        program = programs(empty_folder)
        begun, done = (empty_folder / folder / "PG_VERSION" for folder in ("initdb/cluster", "cluster"))
        wait_until(lambda: begun.exists() or done.exists(), "initdb has begun")

        program.kill()
        program.wait()
        with EmbeddedServer(empty_folder) as server, connect(server) as connection:
            assert rows(connection, "select count(*) > 0 from pg_class") == [(True,)]

        assert not (empty_folder / "initdb").exists()

    def test_a_server_that_lost_its_socket_is_restarted(self, server: EmbeddedServer) -> None:
        Path(server.address.host, ".s.PGSQL.5432").unlink()

        server.start()

        assert server.is_running()

    def test_a_server_that_does_not_answer_is_reported_after_the_timeout(self, server: EmbeddedServer) -> None:
        os.kill(postmaster_of(server.folder), SIGSTOP)

        with pytest.raises(UnreachableError, match="has not answered"):
            EmbeddedServer(server.folder, timeout_seconds=0.1).start()

        os.kill(postmaster_of(server.folder), SIGCONT)


class TestRefusals:
    def test_refuses_a_folder_of_another_major_version(self, folder: Path) -> None:
        with pytest.raises(OtherMajorError, match=r"created by PostgreSQL 16.*needs 18.*restore it into a new folder"):
            EmbeddedServer(folder, major=18).start()

    def test_refuses_a_version_that_is_not_shipped(self, tmp_path: Path) -> None:
        with pytest.raises(BinariesMissingError, match="16, 18"):
            EmbeddedServer(tmp_path / "data", major=9).start()

    def test_refuses_a_file_in_place_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("")

        with pytest.raises(FolderAccessError, match="choose another SCHEDULER_DATA"):
            EmbeddedServer(tmp_path / "data").start()

    def test_reports_a_missing_password(self, folder: Path) -> None:
        (folder / "secrets" / "postgres.password").unlink()

        with pytest.raises(PasswordMissingError, match="bring it back"):
            _ = EmbeddedServer(folder).superuser_password

    def test_reports_the_log_of_a_server_that_cannot_start(self, folder: Path) -> None:
        with (folder / "cluster" / "postgresql.conf").open("a") as configuration:
            configuration.write("\nno_such_setting = 1\n")

        with pytest.raises(StartFailedError, match="no_such_setting"):
            EmbeddedServer(folder).start()


@pytest.fixture
def server(folder: Path) -> EmbeddedServer:
    server = EmbeddedServer(folder)
    server.start()
    return server


def connect(server: EmbeddedServer) -> psycopg.Connection[tuple[Any, ...]]:
    conninfo = server.address.conninfo("postgres", SUPERUSER, server.superuser_password)
    return psycopg.connect(conninfo, autocommit=True)


def rows(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def postmaster_of(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def read_line(program: Program) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def release(program: Program) -> str:
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()
    return read_line(program)
