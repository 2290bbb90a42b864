"""The pipeline of every import: plan rows batch by batch and append each plan; a repeated run continues.

A reader turns the cells of a file into rows. A resolver finds what each row refers to in the
practice. A planner decides what to record. A run appends the plans, as an aggregate of its own that
can be undone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from application.importing.batches import ImportLog, in_batches, retry_on_conflict
from application.importing.ports import ImportPorts
from application.importing.report import Tally
from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from domain.importing.data_import import DataImport
from domain.kernel.aggregate import Aggregate
from domain.scheduling.time_claim import TimeClaim

Row = TypeVar("Row")
RowIn = TypeVar("RowIn", contravariant=True)
TallyOf = TypeVar("TallyOf", bound=Tally)


@dataclass(slots=True)
class Plan(Generic[TallyOf]):
    """What one append records, and the outcome of its rows once it has.

    ``newcomers`` are persons who need a key before the append.
    """

    tally: TallyOf
    made: list[Aggregate] = field(default_factory=list)
    newcomers: list[UUID] = field(default_factory=list)
    claims: list[TimeClaim] = field(default_factory=list)
    releases: list[UUID] = field(default_factory=list)


class Planner(Protocol[RowIn, TallyOf]):
    """Plans the batches of one run, in order. It assumes that its earlier plans were appended."""

    def plan(self, rows: Sequence[RowIn]) -> Plan[TallyOf]:
        """Plan the next rows, which are not empty."""
        ...


def run_batches(
    rows: Iterable[Row],
    new_planner: Callable[[], Planner[Row, TallyOf]],
    append: Callable[[Plan[TallyOf]], None],
) -> Iterator[Plan[TallyOf]]:
    """Plan and append the rows batch by batch; yield each plan once it is appended.

    After a conflict with another writer a new planner reads the log again.
    Raises TimeTakenError, StaleVersionError, CommandRepeatedError: other writers are always faster.
    """
    planner: Planner[Row, TallyOf] | None = None

    def plan_and_append(batch: Sequence[Row]) -> Plan[TallyOf]:
        nonlocal planner
        current, planner = planner or new_planner(), None
        plan = current.plan(batch)
        append(plan)
        planner = current
        return plan

    for batch in in_batches(rows):
        yield retry_on_conflict(partial(plan_and_append, batch))


class ImportRun:
    """One run of the import of one file; it appends nothing if it is a dry run."""

    def __init__(
        self, ports: ImportPorts, log: PracticeLog, *, id: UUID, kind: str, source: str, digest: bytes, dry_run: bool
    ) -> None:
        """``kind`` names in the plural what is imported, ``digest`` is the SHA-256 of the file."""
        self.id = id
        self.log = log
        self._ports = ports
        self._kind = kind
        self._source = source
        self._digest = digest
        self._dry_run = dry_run
        self._import_log = ImportLog(log, id, source, actor=f"import:{source}")

    def append(self, plan: Plan[TallyOf]) -> None:
        """Append a plan, and with it that the import runs."""
        if self._dry_run or not plan.made:
            return
        # A key is durable before the first event that it opens.
        if plan.newcomers:
            self._ports.keys.create(self.log.tenant_id, plan.newcomers)
        now = self._ports.clock.now()
        running = self._load_or_start(now)
        running.resume(now)
        self._import_log.append("run", [running, *plan.made], claims=plan.claims, releases=plan.releases)

    def finish(self, tally: Tally) -> None:
        """Record the counts of the file, unless they are recorded."""

        def finish_once() -> None:
            now = self._ports.clock.now()
            ended = self._load_or_start(now)
            ended.finish(tally.rows, tally.made_in_all, tally.matched, len(tally.refusals), now)
            self._import_log.append("run", [ended])

        if not self._dry_run:
            retry_on_conflict(finish_once)

    def _load_or_start(self, now: datetime) -> DataImport:
        try:
            return self.log.load(DataImport, self.id)
        except NotFoundError:
            return DataImport.start(
                id=self.id, kind=self._kind, source=self._source, file_hash=self._digest.hex(), at=now
            )
