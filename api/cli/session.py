"""The container and the practice of a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar
from uuid import UUID

import typer

from api.cli.failures import UsageError

if TYPE_CHECKING:
    from api.bootstrap.container import Container
    from api.bootstrap.settings import Settings
    from application.kernel.commands import Command
    from application.kernel.practice_log import Outcome
    from domain.kernel.aggregate import Aggregate
    from domain.kernel.provenance import Provenance

T = TypeVar("T", bound="Aggregate")
PracticeOption: TypeAlias = Annotated[
    UUID | None, typer.Option("--practice", help="The practice's id; not needed where there is only one.")
]


def settings() -> "Settings":
    """Return the settings of the environment. Raises pydantic.ValidationError."""
    from api.bootstrap.settings import Settings

    return Settings.model_validate({})


@contextmanager
def opened(*, stays_up: bool = True) -> Iterator["Container"]:
    """Open the container. By default the embedded database keeps running for the next command."""
    from api.bootstrap.container import open_container

    with open_container(settings(), stays_up=stays_up) as container:
        yield container


def practice_of(container: "Container", practice_id: UUID | None) -> UUID:
    """Return the named practice, or the only one.

    Raises UsageError: it does not exist, or none is named and there are several.
    """
    practices = container.storage.practices()
    if practice_id is None:
        if len(practices) == 1:
            return practices[0]
        raise UsageError(
            f"there are {len(practices)} practices; name one with --practice, see `scheduler practice list`"
        )
    if practice_id not in practices:
        raise UsageError("there is no such practice; see `scheduler practice list`")
    return practice_id


def practice_with(container: "Container", practice_id: UUID | None, aggregate_id: UUID) -> UUID:
    """Return the practice whose log has an aggregate; search only the named one, if any.

    Raises NotFoundError, UsageError.
    """
    from application.kernel.errors import NotFoundError

    for candidate in container.storage.practices() if practice_id is None else [practice_of(container, practice_id)]:
        if container.storage.has_stream(candidate, aggregate_id):
            return candidate
    raise NotFoundError("id")


def execute(container: "Container", practice_id: UUID, command: "Command[T]") -> "Outcome[T]":
    """Execute a command as the system; the read models include its events on return."""
    from application.kernel.permissions import Actor

    outcome = container.bus.execute(Actor.system(practice_id), command, by_command_line())
    container.read_models.catch_up(practice_id)
    return outcome


def by_command_line() -> "Provenance":
    """Return the provenance of events recorded from the command line."""
    from uuid_utils.compat import uuid7

    from domain.kernel.provenance import Provenance

    return Provenance("cli", uuid7())
