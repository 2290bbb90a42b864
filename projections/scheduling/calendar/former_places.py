"""The places that things of the calendar have left."""

from collections.abc import Sequence

from domain.kernel.logged_event import LoggedEvent
from projections.engine.rows import Row


def place_left(id_name: str, row: Row, event: LoggedEvent, fields: Sequence[str]) -> Row:
    """Return the place that a thing leaves with an event, as far as the batch knows it; the thing's row in the view knows the rest."""
    return {name: row.get(name) for name in fields} | {
        id_name: event.stream_id,
        "from_position": row.get("placed_position"),
        "until_position": event.position,
    }
