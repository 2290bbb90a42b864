"""How the API describes itself: OpenAPI 3.1 with the key that each route of /v1 asks for, and with what it answers."""

from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute

ABOUT: Final = """
Scheduling for therapists, clinics and studios. Send your key with each request: `Authorization: Bearer sk_...`.

* Times are RFC 3339 with an offset, and are answered in UTC. Money is counted in the currency's smallest unit.
* Writes take an `Idempotency-Key`: the same request under it is carried out once. On an existing thing they take `If-Match`.
* Answers to writes carry a `position`; whatever is read with `after=<position>` holds what was written.
* Refusals are RFC 9457 problems with a stable `code`. What is unknown and what is not yours look alike.
* Nothing is passed over: fields and parameters that are not known are refused, as is what is sent twice.
"""

TAGS: Final = (
    "practice",
    "locations",
    "resources",
    "clinicians",
    "services",
    "patients",
    "scheduling",
    "wait list",
    "history",
    "api keys",
    "webhooks",
    "operations",
)


OPEN: Final = frozenset({"/v1/feeds/{token}.ics"})
"""What wants no key: its path is one."""

ANSWERS_FILE: Final = "example_answers.json"
"""What each operation answered in a practice's life; tests/api/http/example_answers.py writes it, and a test fails when it is stale."""


class DescribedApp(FastAPI):
    """Says in its description what the framework cannot know: which routes want a key, since keys are checked before routing, and
    what is answered, for example."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            spec = super().openapi()
            spec["components"]["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of the practice: sk_..."}
            }
            for path, operations in spec["paths"].items():
                if path.startswith("/v1/"):
                    for operation in operations.values():
                        operation["security"] = [] if path in OPEN else [{"key": []}]
            _show_answers(spec)
        return super().openapi()


def _show_answers(spec: dict[str, Any]) -> None:
    examples = orjson.loads(files("api.http").joinpath(ANSWERS_FILE).read_bytes())
    for operations in spec["paths"].values():
        for operation in operations.values():
            shown = examples.get(operation["operationId"], {})
            for status, answer in operation["responses"].items():
                if status in shown:
                    answer["content"]["application/json"]["example"] = shown[status]


def operation_id(route: APIRoute) -> str:
    """Name an operation as its function is named: a client made from the description reads well."""
    return route.name
