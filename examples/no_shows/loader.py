"""Read the file, import it and print the result."""

import time
from collections.abc import Mapping
from pathlib import Path

from api.cli.import_results import print_counts, print_findings
from api.cli.output import out, print_json, progress_bar, progress_task
from api.cli.report_file import write_refusals
from api.cli.session import opened
from api.importing.table_file import digest_of, open_table
from api.processes.interpreter import settle
from no_shows.importer import ImportNoShows, ImportNoShowsHandler, ImportReport, LoaderPorts
from no_shows.mapping import NoShowsMapping
from no_shows.reader import VisitReader


def load(settings: Mapping[str, object], file: Path, report: Path, *, dry_run: bool, as_json: bool) -> None:
    """Import the file into practices of its own; write the refused rows to ``report``."""
    began = time.monotonic()
    mapping = NoShowsMapping.of(settings)
    with opened() as container, progress_bar() as progress:
        with open_table(file, mapping.delimiter) as table:
            reader = VisitReader(mapping, table.header)
            rows = list(reader.read(progress.track(table.rows, description="reading", total=None)))
        # The rows live until the end; without this each garbage collection would traverse them.
        settle()
        advance = progress_task(progress, "planning" if dry_run else "booking", len(rows))
        ports = LoaderPorts(container.logs, container.storage.keys, container.storage.stream_lookup, container.clock)
        command = ImportNoShows(mapping, digest_of(file), rows, dry_run)
        done = ImportNoShowsHandler(ports)(command, advance)
    written = write_refusals(done.tally.refusals, report)
    if as_json:
        print_json(_as_json(done, dry_run, written))
    else:
        _print(done, dry_run, written, time.monotonic() - began)


def _as_json(done: ImportReport, dry_run: bool, refusals: Path | None) -> dict[str, object]:
    tally = done.tally
    return {
        "dry_run": dry_run,
        "booked": tally.made.total(),
        "results": dict(tally.made),
        "already_there": tally.made_before,
        "refused": len(tally.refusals),
        "reasons": tally.reasons(),
        "refusals": str(refusals) if refusals else None,
        "practices": done.practices,
    }


def _print(done: ImportReport, dry_run: bool, refusals: Path | None, seconds: float) -> None:
    tally = done.tally
    would = "would be " if dry_run else ""
    out.print(f"{tally.rows:>9,} rows for {len(done.practices):,} practices in {seconds:.0f} s")
    out.print(f"{tally.made.total():>9,} {would}booked", style="bold")
    print_counts(dict(tally.made.most_common()))
    out.print(f"{tally.made_before:>9,} were there already")
    print_findings(tally.findings, dry_run)
    if refusals:
        out.print(f"The rows that were left out are in {refusals}", markup=False)
