"""What nobody would hear is refused: a parameter that a route does not take, and whatever is said twice.

Of a filter whose name is misspelt nothing else would be noticed, and nothing would be filtered: the answer to another question
would look like the answer to this one. Of a field that is sent twice readers of JSON take the first, or the last; here it is neither.
Fields that are not known are refused where bodies are read.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_dependant, get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query

UNKNOWN: Final = "parameter_unknown"
REPEATED: Final = "repeated"


def check_query(request: Request) -> None:
    """Raises RequestValidationError: the query says what the route does not take, or twice what it takes once."""
    if not request.scope["query_string"]:
        return
    taken = _taken(request.scope["route"].path, request.scope["endpoint"])
    sent = [name for name, _ in request.query_params.multi_items()]
    found = {name: UNKNOWN for name in sent if name not in taken}
    found |= {name: REPEATED for name in sent if name in taken and not taken[name] and sent.count(name) > 1}
    if found:
        raise RequestValidationError([{"loc": ("query", name), "type": kind} for name, kind in found.items()])


def check_key(request: Request) -> None:
    """Raises RequestValidationError: the request has two Idempotency-Keys, and would be remembered under one of them."""
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise RequestValidationError([{"loc": ("header", "Idempotency-Key"), "type": REPEATED}])


def check_fields(body: bytes) -> None:
    """Raises RequestValidationError: an object in the body has a field twice. What is no JSON is nothing to look at."""
    try:
        json.loads(body, object_pairs_hook=_seen)
    except (ValueError, RecursionError):
        return


@cache
def _taken(path: str, endpoint: Callable[..., Any]) -> Mapping[str, bool]:
    """Return the parameters that a route takes, and which of them may come more than once."""
    return {
        each.alias: _is_list(each.field_info.annotation)
        for each in get_flat_params(get_dependant(path=path, call=endpoint))
        if isinstance(each.field_info, Query)
    }


def _is_list(annotation: object) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def _seen(fields: Sequence[tuple[str, object]]) -> None:
    names = [name for name, _ in fields]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestValidationError([{"loc": ("body", twice), "type": REPEATED}])
