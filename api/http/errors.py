"""Errors as RFC 9457 problems. Only this module maps errors to status codes.

An unknown resource and one outside the caller's reach get the same answer. No answer repeats a
value of the request, which may be personal. An unexpected error is answered with the request id.
"""

import logging
import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from api.http.refusals import note_refusal
from api.http.strict_input import REPEATED, UNKNOWN
from application.importing.errors import (
    ImportInUseError,
    ImportTooLargeError,
    MappingError,
    NotInPracticeError,
    TableError,
    TooManyRowsError,
)
from application.kernel.errors import (
    ApplicationError,
    IdempotencyMismatchError,
    LogDamagedError,
    NotFoundError,
    NotPermittedError,
    OverloadedError,
    PersonalDataDamagedError,
    StaleVersionError,
    TooCostlyError,
    UnavailableError,
)
from application.kernel.permissions import OutOfReachError
from domain.kernel.errors import DomainError, InvalidValueError, RuleBrokenError
from projections.engine.errors import ProjectionError, ViewBehindError

STATUS: Final[Mapping[type[Exception], int]] = {
    InvalidValueError: 422,
    RuleBrokenError: 409,
    NotFoundError: 404,
    NotPermittedError: 403,
    StaleVersionError: 412,
    IdempotencyMismatchError: 422,
    MappingError: 422,
    TableError: 422,
    TooManyRowsError: 422,
    NotInPracticeError: 409,
    ImportInUseError: 409,
    ImportTooLargeError: 409,
    UnavailableError: 503,
    LogDamagedError: 503,
    PersonalDataDamagedError: 503,
    ViewBehindError: 503,
    OverloadedError: 503,
    TooCostlyError: 422,
}
RETRY_AFTER_SECONDS: Final = 1

_faults = logging.getLogger("scheduler.faults")
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")

# Messages of pydantic may quote values of the request, so its errors have messages here.
_MESSAGES: Final = {
    "missing": "this field is required",
    "extra_forbidden": "there is no such field",
    "string_type": "this must be a string",
    "int_type": "this must be an integer",
    "int_parsing": "this must be an integer",
    "int_from_float": "this must be an integer",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "list_type": "this must be a list",
    "model_attributes_type": "this must be an object",
    "model_type": "this must be an object",
    "dict_type": "this must be an object",
    "uuid_type": "this must be a UUID",
    "uuid_parsing": "this must be a UUID",
    "date_from_datetime_parsing": "this must be a date such as 2026-06-01",
    "date_parsing": "this must be a date such as 2026-06-01",
    "date_type": "this must be a date such as 2026-06-01",
    "json_invalid": "the body is not JSON",
    "string_pattern_mismatch": "this has the wrong format",
    UNKNOWN: "there is no such parameter",
    REPEATED: "this may be sent only once",
}
_LIMIT_MESSAGES: Final = {
    "greater_than_equal": ("this must be at least {}", "ge"),
    "greater_than": ("this must be more than {}", "gt"),
    "less_than_equal": ("this must be at most {}", "le"),
    "less_than": ("this must be less than {}", "lt"),
    "string_too_short": ("this must have at least {} characters", "min_length"),
    "string_too_long": ("this must have at most {} characters", "max_length"),
    "too_short": ("this must have at least {} entries", "min_length"),
    "too_long": ("this must have at most {} entries", "max_length"),
    "enum": ("this must be one of {}", "expected"),
    "literal_error": ("this must be one of {}", "expected"),
}
_DETAILS: Final = {
    400: "the body cannot be read; send JSON in UTF-8 that is not nested too deeply",
    413: "the body is too large; see the limits in the documentation",
}


def problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """Return a problem, with type and title by ``code``.

    ``detail`` must not repeat values of the request.
    """
    body: dict[str, object] = {
        "type": f"urn:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
        **more,
    }
    if errors:
        body["errors"] = errors
    headers = dict(headers or {})
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, headers, "application/problem+json")


def install(app: FastAPI, outages: Sequence[type[Exception]]) -> None:
    """Answer every error with a problem. ``outages`` are those of connections to log and keys."""
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(ApplicationError, _refused)
    app.add_exception_handler(ProjectionError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    for kind in outages:
        app.add_exception_handler(kind, _unavailable)


def unexpected(request_id: str, error: BaseException) -> Response:
    """Return 500; log where the error was raised, without its message, which may be personal."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.name}:{frame.lineno} {frame.filename.rpartition('/')[2]}" for frame in reversed(frames))
    _faults.error("unexpected %s request=%s at %s", type(error).__name__, request_id, where)
    return problem(request_id, 500, "internal_error", "an unexpected error; report the request id")


async def _refused(request: Request, error: Exception) -> Response:
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    if kind is None or not isinstance(error, DomainError | ApplicationError | ProjectionError):
        raise error
    request_id = _request_id_of(request)
    if isinstance(error, OutOfReachError | NotPermittedError):
        note_refusal(request.scope, "out_of_reach" if isinstance(error, OutOfReachError) else error.code, error)
    fields = [{"field": error.field, "message": str(error)}] if isinstance(error, InvalidValueError) else []
    more: Mapping[str, Any] = {} if isinstance(error, ProjectionError) else error.more
    return problem(request_id, STATUS[kind], error.code, str(error), errors=fields, **more)


async def _unavailable(request: Request, error: Exception) -> Response:
    request_id = _request_id_of(request)
    _faults.warning("unavailable: %s request=%s", type(error).__name__, request_id)
    return problem(request_id, 503, "unavailable", "the practice's log cannot be reached; try again")


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    # RFC 9110 renamed 413; Python 3.11 has the old name.
    phrase = "Content Too Large" if error.status_code == 413 else HTTPStatus(error.status_code).phrase
    code = "not_found" if error.status_code == 404 else phrase.lower().replace(" ", "_").replace("-", "_")
    headers = error.headers
    if error.status_code == 405 and (methods := _methods_at(request.app.routes, request.scope["path"])):
        headers = {"Allow": ", ".join(sorted(methods))}
    detail = _DETAILS.get(error.status_code, phrase.lower())
    return problem(_request_id_of(request), error.status_code, code, detail, headers=headers)


async def _malformed(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if any(each["loc"][0] == "path" for each in found):
        # A malformed id identifies no resource.
        return problem(_request_id_of(request), 404, "not_found", "the resource does not exist")
    if _has_wrong_media_type(request, found):
        return problem(_request_id_of(request), 415, "unsupported_media_type", "send the body as application/json")
    errors = [{"field": _field(each), "message": _message(each)} for each in found[:20]]
    return problem(_request_id_of(request), 422, "invalid_value", "the request has invalid values", errors=errors)


def _methods_at(routes: Iterable[BaseRoute], path: str) -> set[str]:
    """Return the methods of a path, also in routers that the application includes.

    FastAPI 0.165 names only the methods of the first route with this path; RFC 9110 requires all.
    """
    found: set[str] = set()
    for route in routes:
        if isinstance(route, APIRoute):
            found |= (route.methods or set()) if route.path_regex.match(path) else set()
        elif router := getattr(route, "original_router", None):
            found |= _methods_at(router.routes, path)
    return found | ({"HEAD"} if "GET" in found else set())


def _has_wrong_media_type(request: Request, found: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the body was refused because its Content-Type is not JSON."""
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    is_json = re.fullmatch(r"application/([a-z0-9.-]+\+)?json", kind.strip().lower()) is not None
    return not is_json and any(tuple(each["loc"]) == ("body",) and each["type"] != "missing" for each in found)


def _field(found: Mapping[str, Any]) -> str:
    # For invalid JSON, FastAPI names the offset in the body.
    loc = ("body",) if found["type"] == "json_invalid" else found["loc"]
    parts = [str(part) for part in loc[1:]] or [str(loc[0])]
    known = ("Idempotency-Key", "If-Match")
    return ".".join(
        part if part.isdecimal() or part in known or _FIELD.fullmatch(part) else "(unknown)" for part in parts
    )


def _message(found: Mapping[str, object]) -> str:
    kind = str(found["type"])
    bounded = _LIMIT_MESSAGES.get(kind)
    limits = found.get("ctx")
    if bounded and isinstance(limits, dict) and bounded[1] in limits:
        return bounded[0].format(limits[bounded[1]])
    return _MESSAGES.get(kind, "this value is invalid")


def _request_id_of(request: Request) -> str:
    return str(request.scope.get("request_id", ""))
