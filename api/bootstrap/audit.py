"""Histories, the event list, and instants of the past."""

from dataclasses import dataclass

from api.bootstrap.storage import Storage
from event_store.read.log_reader import LogReader
from projections.audit.history.instants import Instants
from projections.audit.history.queries import HistoryQueries


@dataclass(frozen=True)
class Audit:
    history: HistoryQueries
    instants: Instants
    events: LogReader


def audit(storage: Storage) -> Audit:
    """Wire the context."""
    return Audit(
        HistoryQueries(storage.transaction, storage.log_reader),
        Instants(storage.transaction),
        storage.log_reader,
    )
