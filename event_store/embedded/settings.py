"""The server's settings, which each start writes."""

from pathlib import Path

PORT = 5432
SETTINGS_FILE = "scheduler.conf"

# Password authentication only, and no access over the network.
ACCESS_RULES = """\
local  all          all  scram-sha-256
local  replication  all  scram-sha-256
"""

_SETTINGS: dict[str, str | float] = {
    # No acknowledged event is lost in a crash or a power failure.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # No personal data: no statements, parameters or details of violated constraints. Error
    # messages quote values, so only FATAL and worse are logged ("log" ranks above "error").
    "log_statement": "none",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": -1,
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "logging_collector": "off",
    # The same answers on every machine.
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "lc_messages": "C",
    # For one machine with other programs. All statements are short, so compilation does not pay.
    "shared_buffers": "256MB",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "max_connections": 200,
    "random_page_cost": 1.1,
    "jit": "off",
    "autovacuum": "on",
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
}


def settings_text(socket_folder: Path, cluster_name: str) -> str:
    """Return the settings file. ``cluster_name`` becomes part of the process titles."""
    # The setting is a list, in which only double quotes preserve spaces and capital letters.
    quoted_folder = '"' + str(socket_folder).replace('"', '""') + '"'
    settings = _SETTINGS | {"unix_socket_directories": quoted_folder, "cluster_name": cluster_name}
    lines = [f"{name} = {_literal(value)}" for name, value in settings.items()]
    return "# Written by the scheduler at each start; changes made here are lost.\n" + "\n".join(lines) + "\n"


def _literal(value: str | float) -> str:
    return str(value) if isinstance(value, (int, float)) else "'" + value.replace("'", "''") + "'"
