"""Generates docs/events.md: ``python -m event_store.read.event_reference``."""

import sys
from typing import Final, get_type_hints

from domain.webhooks.public_events import own_name, summary_name
from event_store.append.codec import EventCodec, codec_for
from event_store.topics import AGGREGATES, event_classes

_PREFACE: Final = """\
# Events

Every change in a practice is one of these events, appended to the practice's log and never changed.
`python -m event_store.read.event_reference > docs/events.md` generates this page; a test fails when it
is stale.

Besides the fields below, every event has `tenant_id`, `position` (gapless within the practice),
`stream_id`, `version` (the event's number in its stream), `effective_at`, `recorded_at`, `actor`,
`command_id`, `causation_id` and `hash`. Fields marked *sealed* are personal: they are encrypted under
the key of the person in the *sealed under* field, and unreadable once that key is destroyed. Topics
and versions never change their meaning; a changed event gets a new version and an upcaster.
*Published as* gives the names to which [webhooks](how-to/webhooks.md) can subscribe.
"""


def event_reference() -> str:
    """Return the page, in Markdown."""
    parts = [_PREFACE]
    codecs = [codec_for(event) for event in event_classes()]
    for aggregate in AGGREGATES:
        topic = str(getattr(aggregate, "TOPIC", ""))
        module_docstring = sys.modules[aggregate.__module__].__doc__ or ""
        parts.append(f"## {topic}\n\n{module_docstring.splitlines()[0]}\n")
        parts += [_section(codec) for codec in codecs if codec.stream_type == topic]
    return "\n".join(parts)


def _section(codec: EventCodec) -> str:
    sealed_under = f", sealed under `{codec.subject}`" if codec.personal_fields else ""
    names = dict.fromkeys(name for name in (own_name(codec.topic), summary_name(codec.topic)) if name)
    published = "Published as " + " and ".join(f"`{name}`" for name in names) if names else "Not published"
    lines = [f"### `{codec.topic}`\n", f"Version {codec.schema_version}{sealed_under}. {published}.\n"]
    fields = [*codec.body_fields, *codec.personal_fields]
    if fields:
        hints = get_type_hints(codec.event_class)
        lines += ["| field | type | |", "|---|---|---|"]
        remarks = dict.fromkeys(codec.optional_fields, "optional") | dict.fromkeys(codec.personal_fields, "sealed")
        lines += [f"| `{name}` | {_type_name(hints[name])} | {remarks.get(name, '')} |" for name in fields]
        lines.append("")
    return "\n".join(lines)


def _type_name(hint: object) -> str:
    text = hint.__name__ if isinstance(hint, type) and not getattr(hint, "__args__", ()) else str(hint)
    for prefix in ("datetime.", "uuid.", "domain.kernel.personal_data.", "domain.patients.contact.", "typing."):
        text = text.replace(prefix, "")
    return text.replace(" | Erased", "").replace(" | None", ", or null").replace("|", "or")


if __name__ == "__main__":
    sys.stdout.write(event_reference())
