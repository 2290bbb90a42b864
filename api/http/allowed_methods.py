"""Which methods a path takes: what a refusal of another one has to name.

The framework names those of the first route it finds there, and no more (seen with FastAPI 0.165); RFC 9110 asks for all.
"""

from fastapi import FastAPI
from starlette.routing import compile_path


def methods_at(app: FastAPI, path: str) -> list[str]:
    """Return the methods that are documented for a path, in the order of the alphabet; none if it is not documented."""
    found: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        form, _, _ = compile_path(template)
        if form.match(path):
            found |= {method.upper() for method in operations} | ({"HEAD"} if "get" in operations else set())
    return sorted(found)
