"""Hands what happened to the practice's webhook endpoints, in the transaction of the cursor."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.patients.consents import Consents
from domain.webhooks.endpoint import WebhookEndpoint
from domain.webhooks.public_events import TEST, own_name, summary_name
from projections.engine.rows import Row, Write

_TAKE: Final = "select webhooks.project_page(%s::json)"
_KINDS: Final = {
    WebhookEndpoint.Registered.TOPIC: "registered",
    WebhookEndpoint.Changed.TOPIC: "changed",
    WebhookEndpoint.SecretRotated.TOPIC: "secret_rotated",
    WebhookEndpoint.TestRequested.TOPIC: "test",
    WebhookEndpoint.ReplayRequested.TOPIC: "replay",
    WebhookEndpoint.SwitchedOff.TOPIC: "switched_off",
    WebhookEndpoint.Removed.TOPIC: "removed",
}


class WebhooksProjector:
    """Its rows are no read model: what was delivered stands in no log, so that no rebuild can fill them.

    Of an event it hands on ids, its kind and its time; of an endpoint what the practice has set.
    """

    name = "webhooks"

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        rows: list[Row] = []
        for event in events:
            kind = _KINDS.get(event.event_type)
            name = TEST if kind == "test" else own_name(event.event_type)
            if kind is None and name is None:
                continue
            row: Row = {
                "kind": kind or "told",
                "position": event.position,
                "event": name,
                "summary": summary_name(event.event_type),
                "thing_id": _thing_id(event),
                "thing_version": event.version,
                "occurred_at": event.effective_at,
            }
            rows.append({**event.body, **row} if kind else row)
        return [Write(_TAKE, rows)]


def _thing_id(event: LoggedEvent) -> object:
    """Return the id under which whoever is told can ask for it: consents are asked for at their patient."""
    return event.body["patient_id"] if event.event_type.startswith(f"{Consents.TOPIC}.") else event.stream_id
