"""`scheduler jobs`: list, retry and cancel the jobs of the work queue."""

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.failures import FOUND
from api.cli.output import AsJson, print_result
from api.cli.session import PracticeOption, opened

if TYPE_CHECKING:
    from adapters.postgres.job_queue import ListedJob

group = typer.Typer(help="List the jobs of the work queue; retry dead jobs, or cancel jobs.", no_args_is_help=True)
Ids = Annotated[list[UUID], typer.Argument(help="Ids of jobs, from `scheduler jobs list`.")]


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


@group.command("list", epilog="Example: scheduler jobs list --state dead")
def list_(
    practice: PracticeOption = None,
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, those due first at the top.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List jobs.

    Finished jobs are not kept. A dead job has failed too often; use `jobs retry` or `jobs cancel`.
    """
    with opened() as container, container.storage.job_queue() as queue:
        found = queue.listed(practice, state.value if state else None, limit)
    print_result(
        as_json,
        [{("practice_id" if key == "tenant_id" else key): v for key, v in asdict(job).items()} for job in found],
        *map(_line, found),
    )


def _line(job: "ListedJob") -> str:
    due = f"due {job.due_at:%Y-%m-%d %H:%M:%S} UTC"
    progress = f"  {job.done:,} of {job.total:,}" if job.total else ""
    failed = f"  failed {job.attempts} times ({job.error})" if job.error else ""
    return f"{job.id}  {job.state:<7}  {due}  practice {job.tenant_id}  {job.name}{progress}{failed}"


@group.command(epilog="Example: scheduler jobs retry 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def retry(jobs: Ids, as_json: AsJson = False) -> None:
    """Run dead jobs again, at once. Exit code 1: a job is not dead, or does not exist."""
    with opened() as container, container.storage.job_queue() as queue:
        now = container.clock.now()
        _report("retried", jobs, [id_ for id_ in jobs if queue.retry(id_, now)], as_json)


@group.command(epilog="Example: scheduler jobs cancel 0199c0de-7a1b-7c3d-8e5f-0123456789ab")
def cancel(jobs: Ids, as_json: AsJson = False) -> None:
    """Delete jobs; the result of a running job is ignored. Exit code 1: a job does not exist."""
    with opened() as container, container.storage.job_queue() as queue:
        _report("cancelled", jobs, [id_ for id_ in jobs if queue.delete(id_)], as_json)


def _report(verb: str, wanted: list[UUID], done: list[UUID], as_json: bool) -> None:
    print_result(as_json, {verb: done}, f"{len(done)} {verb}.")
    if len(done) < len(wanted):
        raise typer.Exit(FOUND)
