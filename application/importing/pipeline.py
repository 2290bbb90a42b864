"""The pipeline of every import: plan rows in batches and append each plan; a repeat continues.

A reader turns the cells of a file into rows. A resolver finds what each row refers to in the
practice. A planner decides what to record. A run appends the plans, beside other writers, as an
aggregate of its own that can be undone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from operator import add
from typing import Final, Protocol, TypeVar
from uuid import UUID

from application.importing.identities import SourceIdentities
from application.importing.ports import ImportPorts
from application.importing.report import Tally
from application.kernel.errors import NotFoundError, StaleVersionError
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import retry_when_overtaken
from domain.importing.data_import import DataImport, ImportKind
from domain.kernel.aggregate import Aggregate
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.time_claim import TimeClaim, TimeRelease

BATCH_SIZE: Final = 250
"""Rows or aggregates per append: up to 750 events.

An append locks the head of the practice for some 0.1 s, which is how long a live booking waits.
"""
MAX_ATTEMPTS: Final = 20
"""How often one batch is planned when other writers come first."""
_CONFLICTS: Final = (TimeTakenError, StaleVersionError, CommandRepeatedError)

Row = TypeVar("Row")
RowIn = TypeVar("RowIn", contravariant=True)
Result = TypeVar("Result")


@dataclass(slots=True)
class Plan:
    """What one append records, and the outcome of its rows once it has.

    ``newcomers`` are persons who need a key before the append.
    """

    tally: Tally = field(default_factory=Tally)
    made: list[Aggregate] = field(default_factory=list)
    newcomers: list[UUID] = field(default_factory=list)
    claims: list[TimeClaim] = field(default_factory=list)
    releases: list[UUID] = field(default_factory=list)


class Planner(Protocol[RowIn]):
    """Plans the batches of one run, in order. It assumes that its earlier plans were appended."""

    def plan(self, rows: Sequence[RowIn]) -> Plan:
        """Plan the next rows, which are not empty."""
        ...


class ImportLog:
    """Appends to a practice's log with an import as the cause of each event."""

    def __init__(self, log: PracticeLog, import_id: UUID, source: str, actor: str) -> None:
        self.log = log
        self.import_id = import_id
        self._identities = SourceIdentities(log.tenant_id, source)
        self._actor = actor

    def append(
        self,
        kind: str,
        aggregates: Sequence[Aggregate],
        *,
        claims: Sequence[TimeClaim] = (),
        releases: Sequence[UUID] = (),
    ) -> None:
        """Append in one transaction.

        The command id follows from ``kind`` and the aggregates, so that of two runs at the same
        time only one appends the same batch.
        """
        by = Provenance(self._actor, self._identities.command(kind, aggregates), causation_id=self.import_id)
        self.log.record(*aggregates, by=by, guards=[*map(TimeRelease, releases), *claims])


class ImportRun:
    """One run of the import of one file; it appends nothing if it is a dry run."""

    def __init__(
        self,
        ports: ImportPorts,
        tenant_id: UUID,
        kind: ImportKind,
        source: str,
        digest: bytes,
        *,
        dry_run: bool = False,
        actor: str | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        """``digest`` is the SHA-256 of the file, ``actor`` who imports it, or else the source.

        ``batch_size`` is the number of rows per append.
        """
        self.ports = ports
        self.log = ports.logs.of(tenant_id)
        self.identities = SourceIdentities(tenant_id, source)
        self.id = self.identities.data_import(kind, digest)
        self.dry_run = dry_run
        self._batch_size = batch_size
        self._shown = 0
        self._kind = kind
        self._digest = digest
        self._import_log = ImportLog(self.log, self.id, source, actor=actor or f"import:{source}")

    def import_rows(
        self, rows: Iterable[Row], new_planner: Callable[[], Planner[Row]], tally: Tally, report: Callable[[int], None]
    ) -> None:
        """Plan and append the rows, add their outcome to ``tally``, and record the counts.

        Call ``report`` with the number of rows of each batch. Raises what ``run_batches`` raises;
        UnavailableError. Earlier batches stay recorded; run it again for the rest.
        """
        for plan in run_batches(rows, new_planner, partial(self.append, before=tally), self._batch_size):
            tally.add(plan.tally)
            report(plan.tally.rows)
        if not self.dry_run:
            retry_on_conflict(partial(self._finish, tally))

    def append(self, plan: Plan, before: Tally | None = None) -> None:
        """Append a plan, and with it that the import runs; after earlier batches, how far it is."""
        if self.dry_run or not plan.made:
            return
        # A key is durable before the first event that it opens.
        if plan.newcomers:
            self.ports.keys.create(self.log.tenant_id, plan.newcomers)
        now = self.ports.clock.now()
        running = self._load_or_start(now)
        running.resume(now)
        rows_before = before.rows if before else 0
        if before and rows_before - self._shown >= BATCH_SIZE:
            rows, made, matched, refused = map(add, before.counts, plan.tally.counts)
            running.progress(rows, made, matched, refused, now)
            self._shown = rows_before
        self._import_log.append("run", [running, *plan.made], claims=plan.claims, releases=plan.releases)

    def _finish(self, tally: Tally) -> None:
        now = self.ports.clock.now()
        ended = self._load_or_start(now)
        ended.finish(*tally.counts, now)
        self._import_log.append("run", [ended])

    def _load_or_start(self, now: datetime) -> DataImport:
        try:
            return self.log.load(DataImport, self.id)
        except NotFoundError:
            source, file_hash = self.identities.source, self._digest.hex()
            return DataImport.start(id=self.id, kind=self._kind.value, source=source, file_hash=file_hash, at=now)


def run_batches(
    rows: Iterable[Row],
    new_planner: Callable[[], Planner[Row]],
    append: Callable[[Plan], None],
    batch_size: int = BATCH_SIZE,
) -> Iterator[Plan]:
    """Plan and append the rows batch by batch; yield each plan once it is appended.

    After a conflict with another writer a new planner reads the log again.
    Raises TimeTakenError, StaleVersionError, CommandRepeatedError: other writers are always faster.
    """
    planner: Planner[Row] | None = None

    def plan_and_append(batch: Sequence[Row]) -> Plan:
        nonlocal planner
        current, planner = planner or new_planner(), None
        plan = current.plan(batch)
        append(plan)
        planner = current
        return plan

    for batch in in_batches(rows, batch_size):
        yield retry_on_conflict(partial(plan_and_append, batch))


def in_batches(items: Iterable[Row], size: int = BATCH_SIZE) -> Iterator[Sequence[Row]]:
    """Yield the items in batches, each for one append."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def retry_on_conflict(work: Callable[[], Result]) -> Result:
    """Run the work of one batch, again each time that another writer or another run came first.

    Raises what ``work`` raises; TimeTakenError, StaleVersionError, CommandRepeatedError: every
    attempt lost.
    """
    return retry_when_overtaken(work, MAX_ATTEMPTS, _CONFLICTS)
