"""Practices that are opened from the command line."""

from pathlib import Path

from tests.support.scheduler_command import SchedulerCommand


def open_practice(scheduler: SchedulerCommand) -> str:
    made = scheduler.json(
        "practice", "create", "--name", "Praxis", "--zone", "Europe/Berlin", "--currency", "EUR", "--locale", "de-DE"
    )
    return str(made["practice_id"])


def named_encoding(file: Path) -> tuple[str, ...]:
    """Return the option for a list that is in Windows-1255: a German practice must name it."""
    try:
        file.read_text("utf-8")
    except UnicodeDecodeError:
        return ("--encoding", "cp1255")
    return ()
