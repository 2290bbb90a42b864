"""Roles, permissions, and the reach of keys that are bound to one clinician.

An action that the role does not allow is refused with NotPermittedError. A record outside the
caller's reach is answered as not found, so that no answer reveals whether it exists.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from application.kernel.errors import NotFoundError, NotPermittedError
from domain.access.api_key import Role


class Permission(StrEnum):
    READ_PRACTICE = "read the practice's settings, places, people, services and free times"
    CHANGE_PRACTICE = "change the practice's settings, places, people and services"
    MANAGE_KEYS = "issue, list and revoke keys"
    MANAGE_WEBHOOKS = "manage webhook endpoints and read their deliveries"
    READ_PATIENTS = "read who patients are"
    CHANGE_PATIENTS = "register and change patients"
    READ_REMARKS = "read alerts and notes about patients and visits"
    MERGE_PATIENTS = "merge patients who are one person, and undo it"
    ERASE_PATIENTS = "erase patients for ever"
    IMPORT = "import patients and visits from files"
    UNDO_IMPORTS = "undo imports"
    READ_VISITS = "read appointments, sessions and the calendar"
    CHANGE_VISITS = "book, move, cancel and close appointments, plan and change sessions"
    ENROL = "enrol patients in sessions, and cancel their seats"
    NOTE_ATTENDANCE = "note who came to a session"
    DOUBLE_BOOK = "book on purpose against the rules, beside other visits"
    SHARE_CALENDARS = "open, list and revoke feeds of visits for other calendars"
    READ_HISTORY = "read the history of a record"
    READ_LOG = "read the practice's whole log, event by event"


class OutOfReachError(NotFoundError):
    """The record exists, but not for this caller: answered as not found, and logged."""


_EVERYONE: Final = frozenset(Role)
_RUNS_IT: Final = frozenset({Role.OWNER, Role.ADMIN})
_SEES_PATIENTS: Final = _RUNS_IT | {Role.FRONT_DESK, Role.CLINICIAN}

ALLOWED: Final = {
    Permission.READ_PRACTICE: _EVERYONE,
    Permission.CHANGE_PRACTICE: _RUNS_IT,
    Permission.MANAGE_KEYS: _RUNS_IT,
    Permission.MANAGE_WEBHOOKS: _RUNS_IT,
    Permission.READ_PATIENTS: _SEES_PATIENTS | {Role.BILLER, Role.AUDITOR},
    Permission.CHANGE_PATIENTS: _SEES_PATIENTS,
    Permission.READ_REMARKS: _SEES_PATIENTS | {Role.AUDITOR},
    Permission.MERGE_PATIENTS: _RUNS_IT | {Role.FRONT_DESK},
    Permission.ERASE_PATIENTS: _RUNS_IT,
    Permission.IMPORT: _RUNS_IT,
    Permission.UNDO_IMPORTS: _RUNS_IT,
    # Analysts count visits; they see the ids of patients only.
    Permission.READ_VISITS: _EVERYONE,
    Permission.CHANGE_VISITS: _SEES_PATIENTS,
    Permission.ENROL: _SEES_PATIENTS,
    Permission.NOTE_ATTENDANCE: _SEES_PATIENTS,
    Permission.DOUBLE_BOOK: _SEES_PATIENTS,
    Permission.SHARE_CALENDARS: _SEES_PATIENTS,
    Permission.READ_HISTORY: _SEES_PATIENTS | {Role.AUDITOR},
    Permission.READ_LOG: frozenset({Role.OWNER, Role.AUDITOR}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """An API key with its role, or the program itself, in one practice.

    ``clinician_id`` binds a clinician's key to one clinician, whose visits alone it reads and
    changes; without it the key may act for any, as on a device shared in a treatment room.
    """

    tenant_id: UUID
    key_id: UUID | None
    role: Role | None
    clinician_id: UUID | None = None

    @classmethod
    def system(cls, tenant_id: UUID) -> "Actor":
        """Return the program itself (imports, jobs, the command line); it has every permission."""
        return cls(tenant_id, None, None)

    @property
    def is_system(self) -> bool:
        return self.role is None

    @property
    def name(self) -> str:
        """The actor's name in the log."""
        return "system" if self.key_id is None else f"key:{self.key_id}"

    def may(self, permission: Permission) -> bool:
        return self.role is None or self.role in ALLOWED[permission]


def authorise(actor: Actor, permission: Permission) -> None:
    """Raises NotPermittedError: the actor's role lacks the permission."""
    if not actor.may(permission):
        raise NotPermittedError(f"the role {actor.role} may not {permission}")


def authorise_visit(actor: Actor, clinician_id: UUID, kind: str = "appointment") -> None:
    """Raises OutOfReachError: the actor is bound to another clinician than the visit's."""
    if actor.clinician_id is not None and actor.clinician_id != clinician_id:
        raise OutOfReachError(kind)


def authorise_session(actor: Actor, staff_ids: Collection[UUID]) -> None:
    """Raises OutOfReachError: the actor is bound to a clinician who is not on the staff."""
    if actor.clinician_id is not None and actor.clinician_id not in staff_ids:
        raise OutOfReachError("session")


def authorise_key(actor: Actor, role: Role) -> None:
    """Raises NotPermittedError: a key of the role would have a permission that the actor lacks."""
    for permission, roles in ALLOWED.items():
        if role in roles and not actor.may(permission):
            raise NotPermittedError(
                f"a key of the role {role} may {permission}, which the role {actor.role} may not; "
                "nobody issues or revokes a key that may do more than their own"
            )
