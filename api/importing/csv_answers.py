"""Answers in CSV, to requests that accept it."""

from dataclasses import dataclass

from fastapi import Response

from api.http.calls import Call
from api.http.resource_responses import Responses

CSV: Responses = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": "JSON, or CSV if the request accepts it.",
    }
}


@dataclass(frozen=True, slots=True)
class CsvAnswer:
    """Implements HttpAnswer."""

    text: str

    def response(self) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="report.csv"'}
        return Response(self.text, headers=headers, media_type="text/csv")


def wants_csv(call: Call) -> bool:
    """Return whether the request accepts CSV and names it before JSON."""
    kinds = [each.partition(";")[0].strip().lower() for each in call.request.headers.get("accept", "").split(",")]
    return next((kind == "text/csv" for kind in kinds if kind in ("text/csv", "application/json", "*/*")), False)
