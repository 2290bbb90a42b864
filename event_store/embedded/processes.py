"""The processes of one cluster, known by their command lines and never by a pid file alone."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PidFile:
    """What ``postmaster.pid`` says. It outlives a killed server, so it is a claim to be checked."""

    pid: int
    socket_folder: str

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """Return its content; None if there is none, it is not yet whole, or it is not ours to read."""
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            return cls(pid=int(lines[0]), socket_folder=lines[4])
        except (FileNotFoundError, PermissionError, IndexError, ValueError):
            return None


@dataclass(frozen=True)
class ClusterProcesses:
    """Finds and signals the server's own processes. ``name`` is the cluster's name, part of each process's title."""

    cluster: Path
    name: str

    def postmaster(self) -> int | None:
        """Return the pid of the running postmaster; None if there is none, whatever process has its old number now."""
        claim = PidFile.read(self.cluster)
        if claim is None or not self._is_postmaster(_commands().get(claim.pid, [])):
            return None
        return claim.pid

    def all(self) -> list[int]:
        """Return the pids of the postmaster and of its children, orphaned ones too."""
        title = f"postgres: {self.name}: "
        return [
            pid
            for pid, command in _commands().items()
            if self._is_postmaster(command) or " ".join(command).startswith(title)
        ]

    def _is_postmaster(self, command: list[str]) -> bool:
        return command[1:] == ["-D", str(self.cluster)] and Path(command[0]).name == "postgres"


def send(signal_number: signal.Signals, pids: list[int]) -> None:
    """Signal processes; one that has just ended is as good."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)


def _commands() -> dict[int, list[str]]:
    proc = Path("/proc")
    if not (proc / "self/cmdline").exists():
        listing = subprocess.run(
            ["/bin/ps", "-axww", "-o", "pid=,command="], check=True, capture_output=True, text=True
        )
        rows = (line.split(maxsplit=1) for line in listing.stdout.splitlines())
        return {int(row[0]): row[1].split(" ", 2) for row in rows if len(row) == 2}
    commands = {}
    for folder in proc.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                commands[int(folder.name)] = os.fsdecode((folder / "cmdline").read_bytes()).rstrip("\0 ").split("\0")
    return commands
