"""The wait list: its views, and the offers of freed time."""

from dataclasses import dataclass

from adapters.postgres.waiting_lines import ReadWaitingLines
from api.bootstrap.storage import Storage
from application.waitlist.ports import WaitingLines
from projections.waitlist.entries.queries import WaitlistQueries


@dataclass(frozen=True)
class Waitlist:
    queries: WaitlistQueries
    lines: WaitingLines


def waitlist(storage: Storage) -> Waitlist:
    """Wire the context."""
    return Waitlist(WaitlistQueries(storage.transaction), ReadWaitingLines(storage.transaction))
