"""The origin of a patient's registration."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """``import_id`` is the import of the latest registration, None for a manual one.

    ``is_withdrawn``: that import was undone since.
    """

    import_id: UUID | None
    is_withdrawn: bool
