"""The OpenAPI 3.1 description: FastAPI's, completed with security, errors and examples."""

from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import FastAPI

from api.http.schemas import Body, Problem

ABOUT: Final = """
Scheduling for therapists, clinics and studios. Send your API key with each request: `Authorization: Bearer sk_...`.

* Times are RFC 3339 with an offset; answers use UTC. Amounts of money are in the currency's smallest unit.
* Writes accept an `Idempotency-Key`: a repeated request is carried out once. Changes accept `If-Match`.
* Answers to writes have a `position`; a read with `after=<position>` includes the write. Lists have the `position` up to
  which they are complete: lists without `after` may be some milliseconds behind.
* Errors are RFC 9457 problems with a stable `code`. A resource that is not yours looks like one that does not exist.
* Unknown fields and parameters are refused, and so are duplicates.
* A request that is too slow or too large is answered 408, 413 or 431; too many without a valid key, 429.
"""

TAGS: Final = (
    "practice", "locations", "resources", "clinicians", "services", "patients", "scheduling", "wait list", "history",
    "api keys", "webhooks", "operations",
)  # fmt: skip

PUBLIC: Final = frozenset({"/v1/feeds/{token}.ics"})
"""Paths of /v1 that need no API key. The token in the path is the secret."""

ANSWERS_FILE: Final = "example_answers.json"
"""Example answers by operation and status, written by tests/api/http/example_answers.py."""

Spec = dict[str, Any]


class DescribedApp(FastAPI):
    """FastAPI with a complete description. It knows no keys: they are checked before routing."""

    def openapi(self) -> Spec:
        spec = super().openapi()
        if "security" not in spec:  # just made: FastAPI makes it again when routes were added
            _complete(spec)
        return spec


def _complete(spec: Spec) -> None:
    schemas = spec["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    # FastAPI's validation errors are never sent: errors.py turns them into problems.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    _restore_nulls(schemas)
    spec["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key of the practice: sk_..."}
    }
    spec["security"] = [{"key": []}]
    examples = orjson.loads(files("api.http").joinpath(ANSWERS_FILE).read_bytes())
    for path, operations in spec["paths"].items():
        is_public = path in PUBLIC or not path.startswith("/v1/")
        for operation in operations.values():
            operation["security"] = [] if is_public else spec["security"]
            responses = operation["responses"]
            if is_public:
                responses.pop("401", None)
            if "application/json" in responses.get("422", {}).get("content", {}):
                del responses["422"]
            for status, example in examples.get(operation["operationId"], {}).items():
                responses[status]["content"]["application/json"]["example"] = example


def _restore_nulls(schemas: Spec) -> None:
    """Take the examples from the models: FastAPI 0.165 drops null fields from them."""
    bodies = list(Body.__subclasses__())
    for body in bodies:
        bodies += body.__subclasses__()
        extra = body.model_config.get("json_schema_extra")
        if isinstance(extra, dict) and "examples" in extra and body.__name__ in schemas:
            schemas[body.__name__]["examples"] = extra["examples"]
