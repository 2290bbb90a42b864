"""The file with the demo practice's id and key, so that each start prints the same key."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from uuid_utils.compat import uuid7

from application.access.secret_keys import KEY_PREFIX, new_token


@dataclass(frozen=True, slots=True)
class DemoKey:
    practice_id: UUID
    api_key: str


def demo_key(path: Path) -> DemoKey:
    """Return the contents; create the file atomically, with mode 0600, if it is missing.

    Raises OSError, ValueError.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"practice_id": str(uuid7()), "api_key": new_token(KEY_PREFIX)}, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, never replaces what another program has just made.
            path.hardlink_to(unfinished)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    kept = json.loads(path.read_text())
    return DemoKey(UUID(kept["practice_id"]), kept["api_key"])
