"""The key file: created once, atomically, readable by its owner only."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from event_store.keys.master_key import (
    KeyFile,
    KeyFileDamagedError,
    KeyFileExposedError,
    KeyFileMissingError,
    OtherMasterKeyError,
)
from event_store.keys.sealing import TamperedError

SECRET = b"s" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "master.key"


class TestKeyFile:
    def test_is_created_on_first_use_for_its_owner_only(self, path: Path) -> None:
        KeyFile(path)

        assert path.stat().st_mode & 0o777 == 0o600
        assert len(base64.b64decode(path.read_bytes())) == 32
        assert [file.name for file in path.parent.iterdir()] == ["master.key"]

    def test_stays_as_it_is_on_later_use(self, path: Path) -> None:
        wrapped = KeyFile(path).wrap(SECRET, b"practice 1")

        assert KeyFile(path).unwrap(wrapped, b"practice 1") == SECRET

    def test_is_the_same_for_programs_that_start_at_once(self, path: Path) -> None:
        with ThreadPoolExecutor(16) as threads:
            passwords = set(threads.map(lambda _: KeyFile(path).derive_password("scheduler_app"), range(64)))

        assert len(passwords) == 1

    def test_ignores_an_incomplete_file_of_a_killed_program(self, path: Path) -> None:
        path.parent.mkdir()
        (path.parent / ".master.key.0011223344556677").write_bytes(b"half")

        assert KeyFile(path).derive_password("scheduler_app") == KeyFile(path).derive_password("scheduler_app")

    def test_is_not_created_if_it_must_exist(self, path: Path) -> None:
        with pytest.raises(KeyFileMissingError):
            KeyFile(path, create=False)

        assert not path.exists()

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
    def test_refuses_a_file_open_to_others(self, path: Path, mode: int) -> None:
        KeyFile(path)
        path.chmod(mode)

        with pytest.raises(KeyFileExposedError, match="0600"):
            KeyFile(path)

    def test_refuses_a_file_of_another_user(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        KeyFile(path)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: 65534)

        with pytest.raises(KeyFileExposedError):
            KeyFile(path)

    @pytest.mark.parametrize(
        "content", [b"", b"\n", base64.b64encode(b"k" * 31), base64.b64encode(b"k" * 33), b"k" * 32, b"k" * 5000]
    )
    def test_refuses_what_is_not_a_key(self, path: Path, content: bytes) -> None:
        KeyFile(path)
        path.write_bytes(content)

        with pytest.raises(KeyFileDamagedError):
            KeyFile(path)


class TestWrap:
    def test_opens_in_its_own_context_only(self, path: Path) -> None:
        master = KeyFile(path)
        wrapped = master.wrap(SECRET, b"practice 1")

        assert SECRET not in wrapped
        with pytest.raises(TamperedError):
            master.unwrap(wrapped, b"practice 2")

    def test_distinguishes_another_master_key_from_damage(self, path: Path) -> None:
        wrapped = KeyFile(path).wrap(SECRET, b"practice 1")
        other = KeyFile(path.with_name("other.key"))

        with pytest.raises(OtherMasterKeyError):
            other.unwrap(wrapped, b"practice 1")
        with pytest.raises(TamperedError):
            KeyFile(path).unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"practice 1")


class TestDerivePassword:
    def test_differs_by_role_and_by_master_key(self, path: Path) -> None:
        master, other = KeyFile(path), KeyFile(path.with_name("other.key"))

        passwords = {
            key.derive_password(role) for key in (master, other) for role in ("scheduler_app", "scheduler_auditor")
        }

        assert len(passwords) == 4
        assert {len(password) for password in passwords} == {43}
