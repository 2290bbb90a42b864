"""Project API keys and calendar feeds."""

from collections.abc import Sequence
from typing import Final

from domain.access.api_key import ApiKey
from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.calendars.feed import Feed
from projections.engine.rows import StreamRows, Write, insert, update

_INSERT_KEY: Final = insert("api_key")
_REVOKE_KEY: Final = update("api_key", "key_id", "revoked_at")
_INSERT_FEED: Final = insert("feed")
_REVOKE_FEED: Final = update("feed", "feed_id", "revoked_at")


class AccessProjector:
    name = "access"
    version = 1

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        keys, feeds = StreamRows("key_id"), StreamRows("feed_id")
        for event in events:
            body = event.body
            match event.event_type:
                case ApiKey.Issued.TOPIC:
                    issued = {name: body[name] for name in ("role", "label", "clinician_id")}
                    issued |= {"key_hash": f"\\x{body['key_hash']}", "issued_at": event.effective_at}
                    keys.insert(event, issued)
                case ApiKey.Revoked.TOPIC:
                    keys.update(event, {"revoked_at": event.effective_at})
                case Feed.Opened.TOPIC:
                    opened = {name: body[name] for name in ("clinician_id", "patient_id", "detail")}
                    opened |= {"token_hash": f"\\x{body['token_hash']}", "opened_at": event.effective_at}
                    feeds.insert(event, opened)
                case Feed.Revoked.TOPIC:
                    feeds.update(event, {"revoked_at": event.effective_at})
        return [
            Write(_INSERT_KEY, keys.inserted),
            Write(_REVOKE_KEY, keys.updated),
            Write(_INSERT_FEED, feeds.inserted),
            Write(_REVOKE_FEED, feeds.updated),
        ]
