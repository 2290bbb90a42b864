"""Idempotency-Key: a repeated request is the same command and gets the same answer."""

import hashlib
from contextlib import suppress
from typing import Annotated, Final
from uuid import uuid5

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
        description="A unique text for each command. A repeated request with the same key is carried out once and gets the same "
        "answer, for as long as the practice's log exists. Another request with the same key is refused.",
    ),
]


def provenance(actor: Actor, key: str | None, method: str, path: str, body: bytes) -> Provenance:
    """Return the actor, the command id and the fingerprint under which a request is recorded.

    The command id depends on practice, API key and Idempotency-Key. The fingerprint ignores white
    space and the order of fields in ``body``.
    """
    if key is None:
        return Provenance(actor.name, uuid7())
    with suppress(orjson.JSONDecodeError):  # empty, or invalid JSON
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    fingerprint = hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()
    return Provenance(actor.name, uuid5(actor.tenant_id, f"{actor.key_id}\n{key}"), fingerprint)
