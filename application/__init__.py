"""Use cases: load, ask the aggregate, record what it decided. No rules and no I/O of its own."""
