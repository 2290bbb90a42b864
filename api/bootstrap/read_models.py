"""The read models: kept up to date with the logs, waited for and rebuilt."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Final
from uuid import UUID

from adapters.postgres.connections import OUTAGES, connect, relaxed
from api.bootstrap.jobs import POLICIES
from api.bootstrap.storage import Storage
from api.processes.run_together import run_together
from event_store.append.notifier import listen
from event_store.read.log_reader import LogReader
from event_store.tenancy import open_pool, tenant_transaction
from projections.comparison import Comparison, Difference
from projections.engine import cursors
from projections.engine.cursors import ViewStatus
from projections.engine.errors import RebuildRunningError, ViewBehindError
from projections.engine.policies import PolicyProjector
from projections.engine.runner import Runner
from projections.engine.waiting import position_of, wait_for
from projections.install import outdated
from projections.read_models import READ_MODELS, projectors
from projections.rebuild import Incomplete, Progress, Rebuild
from projections.webhooks.deliveries.projector import WebhooksProjector

VIEWS: Final = tuple(model.name for model in READ_MODELS)
FOLLOWERS: Final = (*VIEWS, WebhooksProjector.name, PolicyProjector.name)
"""All projectors: of the read models, and of webhooks and jobs, which no rebuild repeats."""
_LISTEN_SECONDS: Final = 1.0
_REBUILD_RETRY_SECONDS: Final = 1.0
_FAILED_REBUILD_RETRY_SECONDS: Final = 60.0
_REBUILD_WAITS: Final[tuple[type[Exception], ...]] = (RebuildRunningError, *OUTAGES)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadModels:
    """Runs the projectors on connections of their own."""

    storage: Storage

    def wait_for(self, tenant_id: UUID, views: Sequence[str], position: int | None) -> int:
        """Return the position that all views have reached, once it is ``position`` or later.

        Raises ViewBehindError: it has not within two seconds.
        """
        if position is None:
            return position_of(self.storage.transaction, tenant_id, views)
        try:
            return wait_for(self.storage.transaction, tenant_id, views, position, timeout_seconds=0)
        except ViewBehindError:
            # A position beyond the end of the log was never in an answer: do not wait for it.
            if position > self.storage.store.reader(tenant_id).position():
                raise
            return wait_for(self.storage.transaction, tenant_id, views, position)

    def run(self, stop: Event) -> None:
        """Keep all read models up to date with all logs until ``stop`` is set."""

        def hints() -> Iterator[set[UUID] | None]:
            with connect(self._conninfo()) as connection:
                yield from listen(connection, _LISTEN_SECONDS)

        with self._runner() as runner:
            run_together(stop, partial(runner.run, hints), partial(self._rebuild_outdated, runner))

    def _rebuild_outdated(self, runner: Runner, stop: Event) -> None:
        """Rebuild the read models whose definition has changed; then wait for ``stop``.

        A failure is logged, and the rebuild retried; the live read models keep serving.
        """

        def check_stop(_done: int, _total: int) -> None:
            if stop.is_set():
                raise InterruptedError("the program stops")

        while not stop.is_set():
            try:
                with connect(self.storage.server.admin_conninfo) as connection:
                    names = outdated(connection)
                if names:
                    _log.info("rebuilding the read models %s: their definition has changed", ", ".join(names))
                    self.rebuild(names, check_stop)
                    runner.reload()
                stop.wait()
            except InterruptedError:
                return
            except _REBUILD_WAITS as error:
                _log.warning("the rebuild waits: %s", type(error).__name__)
                stop.wait(_REBUILD_RETRY_SECONDS)
            except Exception as error:
                # The class alone: a message may hold personal data.
                _log.error("the rebuild failed and will be tried again: %s", type(error).__name__)
                stop.wait(_FAILED_REBUILD_RETRY_SECONDS)

    def catch_up(self, tenant_id: UUID) -> None:
        """Project one practice to its newest event, even if a projector runs elsewhere."""
        with self._runner() as runner:
            runner.catch_up(tenant_id)

    def rebuild(self, views: Collection[str], progress: Progress) -> list[Incomplete]:
        """Rebuild read models from the logs; return where they are incomplete.

        Raises RebuildRunningError.
        """
        keys = self.storage.keys
        chosen = [projector for projector in projectors(keys) if projector.name in views]
        with (
            open_pool(self._conninfo(), name="rebuild", most=8) as pool,
            connect(self.storage.server.admin_conninfo) as admin,
        ):
            return Rebuild(LogReader(pool, keys), chosen, partial(tenant_transaction, pool), admin).run(progress)

    def compare(self, practices: Iterable[UUID]) -> list[Difference]:
        """Return the tables whose rows differ from those that the logs give.

        Raises RebuildRunningError.
        """
        keys = self.storage.keys
        with (
            open_pool(self._conninfo(), name="comparison", most=1) as pool,
            connect(self.storage.server.admin_conninfo) as admin,
        ):
            return Comparison(LogReader(pool, keys), projectors(keys), admin).run(practices)

    def status(self, *, only_behind: bool = False) -> list[ViewStatus]:
        """Return each read model's position in each practice, or ``only_behind`` the log."""
        with connect(self.storage.server.conninfo("scheduler_projector")) as connection:
            return cursors.status(connection, FOLLOWERS, only_behind=only_behind)

    @contextmanager
    def _runner(self) -> Iterator[Runner]:
        with open_pool(self._conninfo(), name="projector", most=4, resets=False) as pool:
            followers = (*projectors(self.storage.keys), WebhooksProjector(), PolicyProjector(POLICIES))
            reader = LogReader(pool, self.storage.keys)
            yield Runner(reader, followers, partial(tenant_transaction, pool), pool.connection)

    def _conninfo(self) -> str:
        # Commits do not wait for the disk: what a power cut loses is projected again.
        return relaxed(self.storage.server.conninfo("scheduler_projector"))
