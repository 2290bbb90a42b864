"""The append-only log of each practice: a persistence module of the eventsourcing library."""

from event_store.log_store import Factory, LogStore

__all__ = ["Factory", "LogStore"]
