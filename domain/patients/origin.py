"""Where a patient's registration comes from."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """What led to the newest registration, None where people registered them; and whether it was taken back since."""

    import_id: UUID | None
    is_withdrawn: bool
