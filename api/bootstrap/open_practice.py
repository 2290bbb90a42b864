"""Opens a practice with its owner's key, for the program's own commands: no key of the practice exists yet."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container
from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
from application.kernel.permissions import Actor
from application.practice.open_practice import OpenPractice
from domain.kernel.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Founded:
    """A practice and the secret of its owner's key, which is kept nowhere else."""

    practice_id: UUID
    api_key: str


def found_practice(
    container: Container, name: str, zone: str, currency: str, locale: str = "en", *, practice_id: UUID | None = None
) -> Founded:
    """Open a practice; its key can be used on return, whether or not a projector runs.

    Raises InvalidValueError, UnknownZoneError: nothing was opened; StaleVersionError: there is a practice under this id.
    """
    key = new_token(KEY_PREFIX)
    command = OpenPractice(practice_id or uuid7(), name, zone, currency, locale, uuid7(), hash_of(key))
    container.bus.execute(Actor.system(command.practice_id), command, Provenance("cli", uuid7()))
    container.read_models.catch_up(command.practice_id)
    return Founded(command.practice_id, key)
