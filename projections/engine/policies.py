"""Runs policies: what follows from events is enqueued as jobs, in the transaction of the cursor."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from domain.kernel.logged_event import LoggedEvent
from projections.engine.rows import Row, Write

_CHANGE: Final = "select jobs.change(%s::json)"

Decide: TypeAlias = Callable[[Sequence[LoggedEvent]], list[Row]]
"""Returns the changes to the queue that follow from a batch of one practice's events."""


class PolicyProjector:
    """Its rows are no read model: a job is deleted when it is done, and no rebuild enqueues it
    again.
    """

    name = "policies"

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def project(self, events: Sequence[LoggedEvent]) -> list[Write]:
        return [Write(_CHANGE, self._decide(events))]
