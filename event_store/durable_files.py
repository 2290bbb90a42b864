"""Files and folders that survive a power failure whole, or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes, *, uid: int = -1, gid: int = -1) -> None:
    """Replace a file, readable by its owner only; -1 keeps this process's user or group.

    A crash leaves the old file or the new one. Two processes must not write one file at once.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.fchown(file.fileno(), uid, gid)
    fresh.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path, mode: int) -> None:
    """Create a folder and its missing parents, unless it exists."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
