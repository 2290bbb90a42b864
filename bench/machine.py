"""Describe the machine and the versions."""

import os
import platform
from pathlib import Path
from typing import Any, Final

import psutil
from psycopg import Connection

DURABLE: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class NotDurableError(AssertionError):
    """The server may lose acknowledged commits, so its figures mean nothing."""


def describe(connection: Connection[Any]) -> str:
    """Return a line on processor, memory, system, PostgreSQL, Python. Raises NotDurableError."""
    settings = {name: _setting(connection, name) for name in (*DURABLE, "server_version", "shared_buffers")}
    for name, wanted in DURABLE.items():
        if settings[name] != wanted:
            raise NotDurableError(f"{name} is {settings[name]}")
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB memory, {platform.system()} {platform.release()};"
        f" PostgreSQL {settings['server_version']} (shared_buffers {settings['shared_buffers']},"
        f" {', '.join(f'{name} {settings[name]}' for name in DURABLE)}); Python {platform.python_version()}"
    )


def _setting(connection: Connection[Any], name: str) -> str:
    row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
