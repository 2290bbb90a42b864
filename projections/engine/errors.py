"""Errors of the read models.

ProjectionError
├── ViewBehindError         a view has not reached the requested position                 (HTTP 503)
├── GapError                a page of the log skips a position: nothing of it is projected
└── RebuildRunningError     another program is rebuilding read models
"""

from collections.abc import Sequence
from typing import ClassVar


class ProjectionError(Exception):
    """Messages name views and positions, never a person."""

    code: ClassVar[str] = "projection_error"


class ViewBehindError(ProjectionError):
    """A view has not reached the position in time; ask again, or without waiting."""

    code = "view_behind"

    def __init__(self, views: Sequence[str], wanted: int, reached: int) -> None:
        super().__init__(f"{', '.join(views)} reached position {reached}, not yet {wanted}")
        self.wanted = wanted
        self.reached = reached


class GapError(ProjectionError):
    """A page of the log skips a position."""


class RebuildRunningError(ProjectionError):
    """Another program is rebuilding read models; wait for it."""
