"""Queue the messages for a practice's webhook endpoints, in the transaction of the cursor."""

from collections.abc import Sequence
from typing import Final

from domain.kernel.logged_event import LoggedEvent
from domain.patients.consents import Consents
from domain.webhooks.endpoint import WebhookEndpoint
from domain.webhooks.public_events import TEST, own_name, summary_name
from projections.engine.rows import Row, Write

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
    """Fills no read model: deliveries are in no log, so no rebuild can repeat them.

    A message has an event's ids, name and time. Events of endpoints also change their settings.
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
        return [Write("select webhooks.project_page(%s::json)", rows)]


def _thing_id(event: LoggedEvent) -> object:
    """Return the id of the resource that the receiver can read: for consents, their patient."""
    return event.body["patient_id"] if event.event_type.startswith(f"{Consents.TOPIC}.") else event.stream_id
