"""Run policies: enqueue the jobs that follow from events, in the transaction of the cursor."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from domain.kernel.logged_event import LoggedEvent
from projections.engine.rows import Row, Write

Decide: TypeAlias = Callable[[Sequence[LoggedEvent]], list[Row]]
"""Returns the changes to the queue that follow from a batch of one practice's events."""


class PolicyProjector:
    """Fills no read model: a job is deleted when it is done, and no rebuild enqueues it again."""

    name = "policies"

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        return [Write("select jobs.change(%s::json)", self._decide(events))]
