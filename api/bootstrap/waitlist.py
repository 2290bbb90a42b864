"""The wait list: its views, and the offers of freed time."""

from dataclasses import dataclass

from adapters.postgres.waiting_lines import ReadWaitingLines
from api.bootstrap.storage import Storage
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.waitlist.auto_fill import AutoFill
from application.waitlist.ports import WaitingLines
from projections.waitlist.entries.queries import WaitlistQueries


@dataclass(frozen=True)
class Waitlist:
    queries: WaitlistQueries
    lines: WaitingLines
    auto_fill: AutoFill


def waitlist(storage: Storage, logs: PracticeLogs, clock: Clock) -> Waitlist:
    """Wire the context."""
    lines = ReadWaitingLines(storage.transaction)
    return Waitlist(WaitlistQueries(storage.transaction), lines, AutoFill(logs, clock, lines))
