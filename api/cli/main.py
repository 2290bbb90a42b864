"""The command line `scheduler` and its command groups.

Exit codes: 0 done · 1 refused, or done and a problem was found · 2 wrong usage ·
3 the database, the keys, the port or a file is unavailable · 130 interrupted.

Commands import heavy modules inside their functions, so that `--help` is fast.
"""

import sys

import typer

from api.cli import (
    api_keys,
    database,
    file_imports,
    history,
    importing,
    jobs,
    patients,
    practices,
    read_models,
    serving,
    verifying,
    webhooks,
    zones,
)
from api.cli.failures import report

app = typer.Typer(
    name="scheduler",
    help="Patient & Studio Scheduler: scheduling on an append-only log per practice.",
    epilog="Settings come from the environment: SCHEDULER_DATA, SCHEDULER_PORT, DATABASE_URL; see the README.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

importing.group.add_typer(file_imports.commands)

# The order of --help: running, data, maintenance.
app.add_typer(serving.commands)
for group, name in (
    (practices.group, "practice"),
    (api_keys.group, "apikey"),
    (patients.group, "patient"),
    (webhooks.group, "webhooks"),
    (jobs.group, "jobs"),
    (importing.group, "import"),
):
    app.add_typer(group, name=name)
for commands in (history.commands, read_models.commands, verifying.commands, zones.commands):
    app.add_typer(commands)
app.add_typer(database.group, name="db")


def main() -> None:
    """Run one command and end the process with its exit code."""
    try:
        app()
    except Exception as error:
        sys.exit(report(error))


if __name__ == "__main__":
    main()
