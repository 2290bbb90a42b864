"""The processes of one cluster, identified by their command lines; a pid file alone is no proof."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PidFile:
    """The content of ``postmaster.pid``, which remains after a server was killed."""

    pid: int
    socket_folder: str

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """Return its content; None if it is missing, incomplete or not readable."""
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            return cls(pid=int(lines[0]), socket_folder=lines[4])
        except (FileNotFoundError, PermissionError, IndexError, ValueError):
            return None


@dataclass(frozen=True)
class ClusterProcesses:
    """Finds the server's processes. ``name`` is the cluster's name, which their titles contain."""

    cluster: Path
    name: str

    def postmaster(self) -> int | None:
        """Return the pid of the running postmaster, or None."""
        pid_file = PidFile.read(self.cluster)
        if pid_file is None or not self._is_postmaster(_commands().get(pid_file.pid, [])):
            return None
        return pid_file.pid

    def all(self) -> list[int]:
        """Return the pids of the postmaster and its children, including orphans."""
        title = f"postgres: {self.name}: "
        return [
            pid
            for pid, command in _commands().items()
            if self._is_postmaster(command) or " ".join(command).startswith(title)
        ]

    def _is_postmaster(self, command: list[str]) -> bool:
        return command[1:] == ["-D", str(self.cluster)] and Path(command[0]).name == "postgres"


def send(signal_number: signal.Signals, pids: list[int]) -> None:
    """Signal processes; ignores those that have ended."""
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
