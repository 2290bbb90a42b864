"""Disks whose power a test cuts: what was not synced is gone afterwards."""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, flock, ioctl
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.e2e.scheduler_process import SchedulerProcess

COMPILER: Final = shutil.which("cc")
SOURCE: Final = Path(__file__).with_name("volatile_disk.c")
_SHUTDOWN: Final = 0x8004587D
"""EXT4_IOC_SHUTDOWN of linux/ext4.h."""
_WITHOUT_JOURNAL: Final = (2).to_bytes(4, "little")
"""EXT4_GOING_FLAGS_NOLOGFLUSH: nothing more is written, as if the power had failed."""


class Disk(ABC):
    """``data`` is a folder on the disk; ``environment`` is for the program that uses it."""

    data: Path
    environment: Mapping[str, str]

    @abstractmethod
    def stop_syncing(self, program: SchedulerProcess) -> None:
        """Let a sync do nothing from now on."""

    @abstractmethod
    def cut_power(self, processes: list[psutil.Process]) -> None:
        """End the processes that use the disk, and leave only what was synced."""


class PreloadedDisk(Disk):
    """A library in C that is preloaded, and keeps what was synced in a second folder.

    It knows the file operations of the program and of PostgreSQL alone, and needs no rights.
    """

    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        self.data, self._synced, library = folder / "data", folder / "synced", folder / "volatile.so"
        subprocess.run([COMPILER, "-O1", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
        for made in (self._synced, self._synced / "tree", self._synced / "contents"):
            made.mkdir()
            made.chmod(0o777)  # PostgreSQL has an account of its own
        (self._synced / "lock").touch()
        (self._synced / "lock").chmod(0o666)
        self.environment = {
            "LD_PRELOAD": str(library),
            "VOLATILE_DISK_ROOT": str(self.data),
            "VOLATILE_DISK_COPY": str(self._synced),
        }

    def stop_syncing(self, program: SchedulerProcess) -> None:
        (self._synced / "deaf").touch()

    def cut_power(self, processes: list[psutil.Process]) -> None:
        # None of them syncs while they are killed.
        with (self._synced / "lock").open() as lock:
            flock(lock, LOCK_EX)
            _kill(processes)
        shutil.rmtree(self.data)
        subprocess.run(["cp", "-a", self._synced / "tree", self.data], check=True)


class LoopDisk(Disk):
    """A file system of its own on a loop device, which is shut down without its journal.

    It is the kernel's own, and needs root and a machine that lets containers mount one.
    """

    environment: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self.data, self._image = folder / "data", folder / "disk.img"
        self.data.mkdir()
        with self._image.open("wb") as image:
            image.truncate(1 << 30)
        subprocess.run(["mkfs.ext4", "-q", self._image], check=True)
        self._mount()
        (self.data / "lost+found").rmdir()

    def stop_syncing(self, program: SchedulerProcess) -> None:
        with program.superuser() as connection:
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")

    def cut_power(self, processes: list[psutil.Process]) -> None:
        root = os.open(self.data, os.O_RDONLY)
        try:
            ioctl(root, _SHUTDOWN, _WITHOUT_JOURNAL)
        finally:
            os.close(root)
        _kill(processes)
        self.unmount()
        self._mount()
        # The program does not start with fsync off.
        (self.data / "cluster" / "postgresql.auto.conf").write_text("")

    def unmount(self) -> None:
        subprocess.run(["umount", self.data], check=True)

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self._image, self.data], check=True)


@contextmanager
def preloaded_disk(folder: Path) -> Iterator[Disk]:
    if COMPILER is None:
        pytest.skip("needs a C compiler")
    yield PreloadedDisk(folder)


@contextmanager
def loop_disk(folder: Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root and mkfs.ext4")
    try:
        disk = LoopDisk(folder)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine mounts no loop device: {error}")
    with ExitStack() as stack:
        stack.callback(disk.unmount)
        yield disk


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes)
