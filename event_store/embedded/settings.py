"""The server's settings, written anew at each start."""

from pathlib import Path

PORT = 5432
SETTINGS_FILE = "scheduler.conf"

# Every way in asks for a password; there is no way in over the network.
ACCESS_RULES = """\
local  all          all  scram-sha-256
local  replication  all  scram-sha-256
"""

_SETTINGS: dict[str, str | float] = {
    # No acknowledged event is lost, by a crash or by a power cut.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # No personal data in the log: neither statements nor values nor the details of a violated constraint. Error messages quote
    # what they refuse, and the program that asked gets them anyway; "log" ranks above "error" here, so only FATAL and worse stay.
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
    # Room for one machine's practice systems; short statements only, so compiling and parallel plans never pay.
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
    """Return the text of the settings file. ``cluster_name`` appears in the title of each of the server's processes."""
    # The folder stands in a list, where only double quotes keep a space or a capital letter as it is.
    quoted_folder = '"' + str(socket_folder).replace('"', '""') + '"'
    settings = _SETTINGS | {"unix_socket_directories": quoted_folder, "cluster_name": cluster_name}
    lines = [f"{name} = {_literal(value)}" for name, value in settings.items()]
    return "# Written by the scheduler at each start; changes made here are lost.\n" + "\n".join(lines) + "\n"


def _literal(value: str | float) -> str:
    return str(value) if isinstance(value, (int, float)) else "'" + value.replace("'", "''") + "'"
