"""Makes a repeated request the same command: one key of the caller's, one command, one answer."""

import hashlib
from typing import Annotated, Final
from uuid import UUID, uuid5

import orjson
from fastapi import Header
from uuid_utils.compat import uuid7

from application.kernel.permissions import Actor
from domain.kernel.provenance import Provenance

KEY_LENGTH: Final = 200
KEY_PATTERN: Final = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_LENGTH,
        pattern=KEY_PATTERN,
        description="Any text of your choice, new for each command. The same request under the same key is carried out once "
        "and answered alike, for as long as the practice's log exists; another request under it is refused.",
    ),
]


def provenance(actor: Actor, key: str | None, method: str, path: str, body: bytes) -> Provenance:
    """Return under which command id and fingerprint a request is recorded.

    Both belong to the practice and the actor: two practices, or two keys of one, may use the same Idempotency-Key.
    ``path`` holds the ids; ``body`` counts by what it says, not by its white space or the order of its fields.
    """
    if key is None:
        return Provenance(actor.name, uuid7())
    said = hashlib.sha256(b"\n".join((method.encode(), path.encode(), _canonical(body)))).digest()
    return Provenance(actor.name, _command_id(actor, key), said)


def _command_id(actor: Actor, key: str) -> UUID:
    return uuid5(actor.tenant_id, f"{actor.key_id}\n{key}")


def _canonical(body: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return body  # no body at all, or one that only a laxer reader takes for JSON
