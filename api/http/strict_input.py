"""Strict input: unknown query parameters, duplicates, and JSON that is not UTF-8 are refused.

If a misspelt filter were ignored, the unfiltered answer would look right. JSON parsers disagree on
which of two equal fields counts, and Python's guesses UTF-16 and UTF-32, which no other program
that reads the request may expect (RFC 8259, section 8.1). The pydantic models refuse unknown
fields.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_dependant, get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from starlette.exceptions import HTTPException

UNKNOWN: Final = "parameter_unknown"
REPEATED: Final = "repeated"


def check_query(request: Request) -> None:
    """Raise RequestValidationError for an unknown parameter, or a repeated one that is no list."""
    if not request.scope["query_string"]:
        return
    known = _parameters(request.scope["route"].path, request.scope["endpoint"])
    sent = [name for name, _ in request.query_params.multi_items()]
    found = {name: UNKNOWN for name in sent if name not in known}
    found |= {name: REPEATED for name in sent if name in known and not known[name] and sent.count(name) > 1}
    if found:
        raise RequestValidationError([{"loc": ("query", name), "type": kind} for name, kind in found.items()])


def check_key(request: Request) -> None:
    """Raise RequestValidationError if the request has several Idempotency-Key headers."""
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise RequestValidationError([{"loc": ("header", "Idempotency-Key"), "type": REPEATED}])


def check_fields(body: bytes) -> None:
    """Check a JSON body. Ignores invalid JSON, which FastAPI reports.

    Raises RequestValidationError: an object repeats a field; HTTPException (400): it is not UTF-8.
    """
    try:
        text = body.decode("utf-8-sig")  # a reader may ignore a byte order mark
    except UnicodeDecodeError:
        raise HTTPException(400) from None
    if "\0" in text:  # UTF-16 or UTF-32 of ASCII: JSON escapes this character
        raise HTTPException(400)
    try:
        json.loads(text, object_pairs_hook=_refuse_repeated)
    except (ValueError, RecursionError):
        return


@cache
def _parameters(path: str, endpoint: Callable[..., Any]) -> Mapping[str, bool]:
    """Return the query parameters of a route, and whether each is a list."""
    return {
        each.alias: _is_list(each.field_info.annotation)
        for each in get_flat_params(get_dependant(path=path, call=endpoint))
        if isinstance(each.field_info, Query)
    }


def _is_list(annotation: object) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def _refuse_repeated(fields: Sequence[tuple[str, object]]) -> None:
    names = [name for name, _ in fields]
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise RequestValidationError([{"loc": ("body", repeated), "type": REPEATED}])
