"""A hand-over: visits and sessions of one clinician given to colleagues in one step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self, TypedDict
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent


class HandedFields(TypedDict):
    """A visit (``appointment``) or ``session`` that ``clinician_id`` gives from now on."""

    kind: str
    id: UUID
    starts_at: datetime
    clinician_id: UUID


class KeptFields(TypedDict):
    """A visit or session that nobody can take; ``code`` is that of the reason."""

    kind: str
    id: UUID
    starts_at: datetime
    code: str


class HandOver(Aggregate):
    """The outcome of one hand-over; each visit and session records its own change."""

    TOPIC = "scheduling.hand_over"

    clinician_id: UUID
    handed: list[HandedFields]
    kept: list[KeptFields]

    class Made(InitialEvent):
        TOPIC = "scheduling.hand_over.made"
        clinician_id: UUID
        handed: list[HandedFields]
        kept: list[KeptFields]

    @classmethod
    def make(
        cls, *, id: UUID, clinician_id: UUID, handed: Sequence[HandedFields], kept: Sequence[KeptFields], at: datetime
    ) -> Self:
        return cls._create(
            cls.Made, id=id, timestamp=at, clinician_id=clinician_id, handed=list(handed), kept=list(kept)
        )
