"""Creates a practice with its owner's key, from the command line and in tests."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from api.bootstrap.container import Container
from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
from application.kernel.permissions import Actor
from application.practice.open_practice import OpenPractice
from domain.kernel.provenance import Provenance


@dataclass(frozen=True, slots=True)
class NewPractice:
    """A practice and its owner's secret key, of which the program stores only the hash."""

    practice_id: UUID
    api_key: str


def create_practice(container: Container, name: str, zone: str, currency: str, locale: str = "en") -> NewPractice:
    """Open a practice; its key is valid on return, even if no projector runs.

    Raises InvalidValueError, UnknownZoneError: nothing was recorded.
    """
    key = new_token(KEY_PREFIX)
    command = OpenPractice(uuid7(), name, zone, currency, locale, uuid7(), hash_of(key))
    container.bus.execute(Actor.system(command.practice_id), command, Provenance("cli", uuid7()))
    container.read_models.catch_up(command.practice_id)
    return NewPractice(command.practice_id, key)
