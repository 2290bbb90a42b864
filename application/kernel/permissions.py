"""Who may do what: one table of roles and actions, asked by every door.

What a role may not do at all is refused by name (NotPermittedError). A thing outside the caller's reach does not exist for them
(NotFoundError): no answer tells whether it does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from application.kernel.errors import NotFoundError, NotPermittedError
from domain.access.api_key import Role


class Action(StrEnum):
    READ_PRACTICE = "read the practice's settings, places, people, services and free times"
    CHANGE_PRACTICE = "change the practice's settings, places, people and services"
    MANAGE_KEYS = "issue, list and revoke keys"
    MANAGE_WEBHOOKS = "say who outside is told of events, and read what they were sent"
    READ_PATIENTS = "read who patients are"
    CHANGE_PATIENTS = "register and change patients"
    READ_REMARKS = "read alerts and notes about patients and visits"
    MERGE_PATIENTS = "merge patients who are one person, and undo it"
    ERASE_PATIENTS = "erase patients for ever"
    UNDO_IMPORTS = "undo imports"
    READ_VISITS = "read appointments, sessions and the calendar"
    CHANGE_VISITS = "book, move, cancel and close appointments, plan and change sessions"
    ENROL = "enrol patients in sessions, and cancel their seats"
    NOTE_ATTENDANCE = "note who came to a session"
    DOUBLE_BOOK = "book on purpose against the rules, beside other visits"
    SHARE_CALENDARS = "open, list and revoke feeds of visits for other calendars"
    READ_HISTORY = "read how a thing came to be what it is"
    READ_LOG = "read the practice's whole log, event by event"


class OutOfReachError(NotFoundError):
    """The thing exists, but not for this caller: answered as if it did not, and worth a line in the log."""


_EVERYONE: Final = frozenset(Role)
_RUNS_IT: Final = frozenset({Role.OWNER, Role.ADMIN})
_SEES_PATIENTS: Final = _RUNS_IT | {Role.FRONT_DESK, Role.CLINICIAN}

ALLOWED: Final = {
    Action.READ_PRACTICE: _EVERYONE,
    Action.CHANGE_PRACTICE: _RUNS_IT,
    Action.MANAGE_KEYS: _RUNS_IT,
    Action.MANAGE_WEBHOOKS: _RUNS_IT,
    Action.READ_PATIENTS: _SEES_PATIENTS | {Role.BILLER, Role.AUDITOR},
    Action.CHANGE_PATIENTS: _SEES_PATIENTS,
    # What staff note about a patient, or a visit, concerns those who see them, and those who check.
    Action.READ_REMARKS: _SEES_PATIENTS | {Role.AUDITOR},
    Action.MERGE_PATIENTS: _RUNS_IT | {Role.FRONT_DESK},
    Action.ERASE_PATIENTS: _RUNS_IT,
    Action.UNDO_IMPORTS: _RUNS_IT,
    # An analyst counts visits; whose they are stays an id.
    Action.READ_VISITS: _EVERYONE,
    Action.CHANGE_VISITS: _SEES_PATIENTS,
    Action.ENROL: _SEES_PATIENTS,
    Action.NOTE_ATTENDANCE: _SEES_PATIENTS,
    Action.DOUBLE_BOOK: _SEES_PATIENTS,
    Action.SHARE_CALENDARS: _SEES_PATIENTS,
    Action.READ_HISTORY: _SEES_PATIENTS | {Role.AUDITOR},
    Action.READ_LOG: frozenset({Role.OWNER, Role.AUDITOR}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: the key that was shown, its practice and its role.

    ``clinician_id`` binds a clinician's key to one clinician; without it the key stands for any clinician of the practice,
    as on a device that a treatment room shares.
    """

    tenant_id: UUID
    key_id: UUID
    role: Role
    clinician_id: UUID | None = None

    @property
    def name(self) -> str:
        """How the log names this actor."""
        return f"key:{self.key_id}"

    def may(self, action: Action) -> bool:
        return self.role in ALLOWED[action]


def authorise(actor: Actor, action: Action) -> None:
    """Raises NotPermittedError: the actor's role does not allow the action."""
    if not actor.may(action):
        raise NotPermittedError(f"a key of the role {actor.role} does not allow to {action}")


def authorise_visit(actor: Actor, clinician_id: UUID, kind: str = "appointment") -> None:
    """Raises OutOfReachError: the actor is bound to another clinician than the visit's."""
    if actor.clinician_id is not None and actor.clinician_id != clinician_id:
        raise OutOfReachError(kind)


def authorise_session(actor: Actor, staff_ids: Collection[UUID]) -> None:
    """Raises OutOfReachError: the actor is bound to a clinician who is not among a session's staff."""
    if actor.clinician_id is not None and actor.clinician_id not in staff_ids:
        raise OutOfReachError("session")


def authorise_key(actor: Actor, role: Role) -> None:
    """Raises NotPermittedError: only an owner makes or ends an owner."""
    if role is Role.OWNER and actor.role is not Role.OWNER:
        raise NotPermittedError("only an owner issues or revokes an owner's key")
