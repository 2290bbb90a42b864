"""Public event names, to which webhook endpoints subscribe."""

from collections.abc import Iterable
from typing import Final

TEST: Final = "webhook.test"
"""The event that a practice sends to its own endpoint to test it."""
_PRIVATE: Final = ("practice.api_key.", "practice.webhook_endpoint.", "scheduling.feed.")
"""Events that are never published: credentials and webhook endpoints."""
_SUMMARIES: Final = {
    "scheduling.appointment.booked": "appointment.created",
    "scheduling.appointment.requested": "appointment.created",
    "scheduling.appointment.cancelled": "appointment.cancelled",
    "scheduling.appointment": "appointment.updated",
    "patients.consents.given": "patient.consent-updated",
    "patients.consents.withdrawn": "patient.consent-updated",
}
"""Summary names by event topic, or by aggregate topic for its other events."""


def own_name(topic: str) -> str | None:
    """Return an event's own name: its topic without the context. None: it is not published.

    Topics never change, so names never change either.
    """
    return None if topic.startswith(_PRIVATE) else topic.partition(".")[2]


def summary_name(topic: str) -> str | None:
    """Return the name under which an event is grouped with others. None: there is none."""
    return _SUMMARIES.get(topic) or _SUMMARIES.get(topic.rpartition(".")[0])


def public_names(topics: Iterable[str]) -> frozenset[str]:
    """Return all names that can be subscribed to."""
    return frozenset(name for topic in topics for name in (own_name(topic), summary_name(topic)) if name is not None)
