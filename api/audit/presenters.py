"""Present events: in histories, as they were recorded, and as the origin of a difference."""

import base64
from dataclasses import asdict

from api.audit.schemas import Cited, EventShown, Line
from domain.kernel.logged_event import LoggedEvent
from domain.kernel.personal_data import Damaged, Erased, Fault, Unreadable
from domain.kernel.recorded_event import RecordedEvent
from projections.audit.history.queries import HistoryLine
from projections.audit.history.sentences import sentence


def present_line(line: HistoryLine) -> dict[str, object]:
    """Present an event of a history."""
    is_erased = isinstance(line.personal, Erased)
    return {name: getattr(line.event, name, None) for name in Line.model_fields} | {
        "kind": line.kind,
        "id": line.event.stream_id,
        "sentence": line.sentence,
        "facts": line.event.body,
        "personal": None if is_erased or not line.personal else line.personal,
        "erased": is_erased,
        "damaged": _fault(line.personal),
        "changes": [asdict(change) for change in line.changes],
    }


def present_event(event: RecordedEvent) -> dict[str, object]:
    """Present an event with all fields that its hash covers."""
    return {name: getattr(event, name, None) for name in EventShown.model_fields} | {
        "is_sealed": event.sealed is not None,
        "sealed": None if event.sealed is None else base64.b64encode(event.sealed).decode(),
        "personal": None if isinstance(event.personal, Unreadable) else event.personal,
        "damaged": _fault(event.personal),
        "fingerprint": None if event.fingerprint is None else event.fingerprint.hex(),
        "hash": event.hash.hex(),
    }


def _fault(personal: object) -> Fault | None:
    return personal.fault if isinstance(personal, Damaged) else None


def present_cited(event: LoggedEvent) -> dict[str, object]:
    """Present an event that a difference comes from."""
    return {name: getattr(event, name, None) for name in Cited.model_fields} | {"sentence": sentence(event.event_type)}
