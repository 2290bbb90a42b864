"""The append-only log of each practice, for applications of the eventsourcing library."""
