"""The append-only log of each practice: a persistence module of the eventsourcing library."""
