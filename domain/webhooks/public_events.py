"""What events are called outside: the exact names to which a webhook endpoint subscribes."""

from collections.abc import Iterable
from typing import Final

TEST: Final = "webhook.test"
"""The name of what a practice sends itself, to see that its endpoint works."""
_PRIVATE: Final = ("practice.api_key.", "practice.webhook_endpoint.", "scheduling.feed.")
"""What never leaves: the means by which the outside reaches the practice, and the practice the outside."""
_SUMMARIES: Final = {
    "scheduling.appointment.booked": "appointment.created",
    "scheduling.appointment.requested": "appointment.created",
    "scheduling.appointment.cancelled": "appointment.cancelled",
    "scheduling.appointment": "appointment.updated",
    "patients.consents.given": "patient.consent-updated",
    "patients.consents.withdrawn": "patient.consent-updated",
}
"""By event, or by aggregate for whatever else happens to one."""


def own_name(topic: str) -> str | None:
    """Return an event's own name: its topic without the context, ``appointment.booked``. None: it is not told.

    A topic is set by hand and never changed once events lie under it, so that a name which was given once stays.
    """
    return None if topic.startswith(_PRIVATE) else topic.partition(".")[2]


def summary_name(topic: str) -> str | None:
    """Return the name that sums an event up with others, for receivers who need to know no more. None: there is none."""
    return _SUMMARIES.get(topic) or _SUMMARIES.get(topic.rpartition(".")[0])


def public_names(topics: Iterable[str]) -> frozenset[str]:
    """Return every name that can be subscribed to."""
    return frozenset(name for topic in topics for name in (own_name(topic), summary_name(topic)) if name is not None)
