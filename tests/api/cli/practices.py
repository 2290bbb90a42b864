"""Practices that are opened from the command line."""

from tests.support.scheduler_command import SchedulerCommand


def open_practice(scheduler: SchedulerCommand) -> str:
    made = scheduler.json(
        "practice", "create", "--name", "Praxis", "--zone", "Europe/Berlin", "--currency", "EUR", "--locale", "de-DE"
    )
    return str(made["practice_id"])
