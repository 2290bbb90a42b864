"""/openapi.json, and /docs: the API reference as one HTML page without external scripts or styles.

Both are rendered once, in a thread, when first requested: FastAPI needs seconds for it.
"""

import threading
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import orjson
from fastapi import APIRouter, FastAPI, Request, Response

from api.http.conditional import conditional, etag_of, seen_by
from api.http.thread_pool import FairThreadPool

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; text-transform: capitalize; } summary { cursor: pointer; padding: .4rem .6rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; } details > div { padding: 0 1rem 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; } pre { background: var(--soft); padding: .8rem; overflow-x: auto; }
.verb { display: inline-block; width: 4.5rem; font-weight: 600; } table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid var(--line); padding: .3rem .5rem; text-align: start; vertical-align: top; }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> "_Page":
        return cls(body, etag_of(body))


class _Pages:
    """The description and the reference of an application."""

    def __init__(self, app: FastAPI, thread_pool: FairThreadPool) -> None:
        self._app = app
        self._thread_pool = thread_pool
        self._lock = threading.Lock()
        self._rendered: tuple[_Page, _Page] | None = None

    async def description(self) -> _Page:
        """Raises OverloadedError."""
        return (await self._pages())[0]

    async def reference(self) -> _Page:
        """Raises OverloadedError."""
        return (await self._pages())[1]

    async def _pages(self) -> tuple[_Page, _Page]:
        if self._rendered is not None:
            return self._rendered
        return await self._thread_pool.run("reference", self._render)

    def _render(self) -> tuple[_Page, _Page]:
        with self._lock:
            if self._rendered is None:
                spec = self._app.openapi()
                self._rendered = (_Page.of(orjson.dumps(spec)), _Page.of(_page(spec).encode()))
        return self._rendered


def reference(app: FastAPI, thread_pool: FairThreadPool) -> APIRouter:
    """Return the routes /openapi.json and /docs."""
    routes, pages = APIRouter(), _Pages(app, thread_pool)
    cached = {"Cache-Control": "public, no-cache"}  # clients keep it, and ask whether it is current

    @routes.get("/openapi.json", include_in_schema=False)
    async def openapi_json(request: Request) -> Response:
        page = await pages.description()
        return conditional(page.body, page.etag, seen_by(request), cached, "application/json")

    @routes.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        page = await pages.reference()
        headers = {"Content-Security-Policy": _POLICY, **cached}
        return conditional(page.body, page.etag, seen_by(request), headers, "text/html")

    return routes


def _page(spec: Spec) -> str:
    by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in spec["tags"]}
    for path, operations in spec["paths"].items():
        for verb, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(spec, path, verb, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(shown)}" for tag, shown in by_tag.items())
    about = "".join(f"<p>{_text(paragraph)}</p>" for paragraph in spec["info"]["description"].strip().splitlines())
    title = escape(spec["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{about}"
        f'<p>For programs: <a href="/openapi.json">openapi.json</a></p>{sections}</html>'
    )


def _operation(spec: Spec, path: str, verb: str, operation: Spec) -> str:
    parts = [f"<p>{_text(operation.get('description', ''))}</p>"]
    if parameters := operation.get("parameters"):
        rows = "".join(_row(p["name"], p["in"], p.get("required", False), p.get("description", "")) for p in parameters)
        parts.append(f"<h4>Parameters</h4><table>{rows}</table>")
    if body := operation.get("requestBody"):
        schema = _resolved(spec, next(iter(body["content"].values()))["schema"])
        parts.append(_schema("Body", schema))
        parts += [_example(example) for example in schema.get("examples", [])]
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json", {})
        if status.startswith("2") and content.get("schema"):
            parts.append(_schema(f"Answer {status}", _resolved(spec, content["schema"])))
            parts += [_example(content["example"])] if "example" in content else []
    rows = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{_text(response['description'])}</td></tr>"
        for status, response in operation["responses"].items()
    )
    parts.append(f"<h4>Answers</h4><table>{rows}</table>")
    heading = f'<span class="verb">{verb.upper()}</span> <code>{escape(path)}</code> · {escape(operation["summary"])}'
    return f"<details><summary>{heading}</summary><div>{''.join(parts)}</div></details>"


def _schema(title: str, schema: Spec) -> str:
    required = schema.get("required", [])
    rows = "".join(
        _row(name, _type(each), name in required, each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    )
    about = f"<p>{_text(schema['description'])}</p>" if "description" in schema else ""
    return f"<h4>{escape(title)}</h4>{about}<table>{rows}</table>"


def _row(name: str, kind: str, is_required: bool, about: str) -> str:
    need = "required" if is_required else ""
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td><td>{need}</td><td>{_text(about)}</td></tr>"


def _type(schema: Spec) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(each) for each in schema[several])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _resolved(spec: Spec, schema: Spec) -> Spec:
    if "$ref" in schema:
        found: Spec = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    several = schema.get("anyOf")
    return _resolved(spec, several[0]) if several else schema


def _example(example: object) -> str:
    return f"<pre>{escape(orjson.dumps(example, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _text(text: str) -> str:
    """Escape a text and show the parts between backticks as code."""
    parts = escape(text.removeprefix("* ")).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
