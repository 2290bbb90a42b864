"""Options of a benchmark run."""

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """``quick`` takes seconds, and its figures mean little. ``long`` adds the longest runs."""

    quick: bool = False
    long: bool = False
    own_pid: int = field(default_factory=os.getpid)

    @property
    def rounds(self) -> int:
        return 2 if self.quick else 5
