"""The Allow header of a 405: all methods of a path.

FastAPI 0.165 names only the methods of the first route with this path; RFC 9110 requires all.
"""

from fastapi import FastAPI
from starlette.routing import compile_path


def methods_at(app: FastAPI, path: str) -> list[str]:
    """Return the documented methods of a path in alphabetical order; none if it is not documented."""
    found: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        form, _, _ = compile_path(template)
        if form.match(path):
            found |= {method.upper() for method in operations} | ({"HEAD"} if "get" in operations else set())
    return sorted(found)
