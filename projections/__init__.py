"""Read models: events in, rows out; thrown away and rebuilt at any time."""
