"""Imports appointments from the rows of a file: every practice by itself, several at the same time."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from threading import Event
from uuid import UUID

from application.importing.identities import Identities
from application.importing.mapping import ImportMapping
from application.importing.practice_import import ImportPorts, PracticeImport
from application.importing.report import Done
from application.importing.rows import Refusal, RequestedVisit


@dataclass(frozen=True, slots=True)
class ImportAppointments:
    """``digest`` is the SHA-256 of the file that the rows are from; a dry run plans everything and records nothing."""

    mapping: ImportMapping
    digest: bytes
    rows: Sequence[RequestedVisit | Refusal]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows, and the practices that they are in, by name."""

    done: Done
    practices: dict[str, UUID]


class ImportAppointmentsHandler:
    """Carries out ImportAppointments. A second run, or one after a kill, books only what is not there yet."""

    def __init__(self, ports: ImportPorts, at_once: int = 3) -> None:
        """``at_once`` practices are worked on: while one waits for the database another is planned."""
        self._ports = ports
        self._at_once = at_once

    def __call__(self, command: ImportAppointments, report: Callable[[int], None]) -> ImportReport:
        """``report`` is told how many more rows are done, from several threads.

        Raises UnavailableError, and what PracticeImport.run raises: what was booked stays, run it again for the rest.
        """
        done = Done(refusals=[row for row in command.rows if isinstance(row, Refusal)])
        report(len(done.refusals))
        by_practice: defaultdict[str, list[RequestedVisit]] = defaultdict(list)
        for row in command.rows:
            if isinstance(row, RequestedVisit):
                by_practice[row.practice].append(row)
        import_id = Identities(command.mapping.source).import_of(command.digest)
        # The largest first, so that the last one to finish is a small one.
        imports = [
            PracticeImport(self._ports, command.mapping, import_id, visits, command.dry_run)
            for visits in sorted(by_practice.values(), key=len, reverse=True)
        ]
        for practice_done in self._all(imports, report):
            done.add(practice_done)
        return ImportReport(done, {each.name: each.practice_id for each in sorted(imports, key=lambda one: one.name)})

    def _all(self, imports: Sequence[PracticeImport], report: Callable[[int], None]) -> Sequence[Done]:
        stop = Event()
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="import") as pool:
            futures: list[Future[Done]] = [pool.submit(each.run, stop, report) for each in imports]
            try:
                return [future.result() for future in as_completed(futures)]
            except BaseException:
                # Also for Ctrl-C: each thread ends after the batch that it is at.
                stop.set()
                raise
