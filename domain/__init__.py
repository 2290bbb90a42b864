"""Facts and rules of a practice: the standard library and eventsourcing.domain, nothing else."""
