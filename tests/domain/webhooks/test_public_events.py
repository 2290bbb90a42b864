"""Public event names. Lines of public_events.txt are a promise to receivers and never change."""

from pathlib import Path

from domain.webhooks.public_events import own_name, public_names, summary_name
from event_store.topics import event_classes

PROMISED = Path(__file__).parent / "public_events.txt"
TOPICS = [str(getattr(event, "TOPIC", "")) for event in event_classes()]


def published_as(topic: str) -> str:
    names = dict.fromkeys(name for name in (own_name(topic), summary_name(topic)) if name)
    return " ".join([topic, *names]) if names else f"{topic} (not published)"


class TestNames:
    def test_are_the_promised_ones_for_every_event_that_there_is(self) -> None:
        """Each new event is added to the list, with its public names or as not published."""
        promised = PROMISED.read_text().splitlines()

        assert set(promised) == {published_as(topic) for topic in TOPICS}
        assert promised == sorted(promised)

    def test_of_two_events_are_never_the_same(self) -> None:
        own = [name for topic in TOPICS if (name := own_name(topic))]

        assert len(set(own)) == len(own)

    def test_are_among_others_those_that_the_requirements_list(self) -> None:
        """Section 9, as far as there are such events yet."""
        request = {
            "appointment.created",
            "appointment.updated",
            "appointment.cancelled",
            "patient.consent-updated",
        }

        assert request <= public_names(TOPICS)

    def test_are_not_given_to_what_protects_the_practice(self) -> None:
        assert not [name for name in public_names(TOPICS) if "api_key" in name or "webhook" in name]
