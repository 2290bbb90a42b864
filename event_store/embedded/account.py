"""The account of the operating system under which the server runs; never root."""

import grp
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from event_store.embedded.errors import AccountError

ACCOUNT_NAME = "scheduler-postgres"
_PROGRAMS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/bin", "/bin"])
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


@dataclass(frozen=True)
class Account:
    """The user that runs the server. ``is_ours``: this process runs as that user, too."""

    uid: int
    gid: int
    is_ours: bool

    def own(self, path: Path) -> None:
        """Make the account the owner of a file or folder."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)

    def command(self, argv: Sequence[str | Path], needs: Sequence[Path]) -> list[str]:
        """Return the command that runs ``argv`` under this account.

        If the account may not enter a parent folder of ``needs`` (/root, for example), the process
        gets a capability. Raises AccountError: setpriv or the capability is missing.
        """
        arguments = [str(argument) for argument in argv]
        if self.is_ours:
            return arguments
        setpriv = shutil.which("setpriv", path=_PROGRAMS)
        if setpriv is None:
            raise AccountError("running as root needs setpriv (package util-linux), or run as an ordinary user")
        capability = self._capability(needs)
        prefix = [setpriv, f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        if capability:
            # PostgreSQL uses access(2), which ignores capabilities unless this bit is set.
            prefix += ["--securebits=+no_setuid_fixup"]
            prefix += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
        return [*prefix, "--", *arguments]

    def _capability(self, needs: Sequence[Path]) -> str | None:
        held = _held_capabilities()
        if any(path.is_file() and not self._may_enter(path) for path in needs):
            wanted = [(_CAP_DAC_OVERRIDE, "dac_override")]
        elif any(not self._may_enter(folder) for path in needs for folder in path.parents):
            wanted = [(_CAP_DAC_READ_SEARCH, "dac_read_search"), (_CAP_DAC_OVERRIDE, "dac_override")]
        else:
            return None
        for bit, name in wanted:
            if held >> bit & 1:
                return name
        closed = next(p for path in needs for p in (path, *path.parents) if not self._may_enter(p))
        raise AccountError(
            f"the database's account may not enter {closed}; move the program or SCHEDULER_DATA elsewhere"
        )

    def _may_enter(self, path: Path) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.gid else 0o001))


def account_for(cluster: Path) -> Account:
    """Return the account for a cluster: our own, or as root that of the cluster's owner.

    For a new cluster, root creates the user ``scheduler-postgres`` or uses ``nobody``.
    Raises AccountError: neither exists.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_ours=True)
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, is_ours=False)
    known = _find(ACCOUNT_NAME) or _create() or _find("nobody")
    if known is None:
        raise AccountError(
            f"PostgreSQL does not run as root: create the user {ACCOUNT_NAME}, or run as an ordinary user"
        )
    return Account(known.pw_uid, known.pw_gid, is_ours=False)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=_PROGRAMS)
    if useradd is None:
        return None
    group = ["--gid", ACCOUNT_NAME] if _has_group(ACCOUNT_NAME) else ["--user-group"]
    no_login = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    subprocess.run([useradd, "--system", *group, *no_login, ACCOUNT_NAME], check=False, capture_output=True, timeout=30)
    # Another program may have created it at the same moment.
    return _find(ACCOUNT_NAME)


def _has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _held_capabilities() -> int:
    if sys.platform != "linux":
        return 0
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0
