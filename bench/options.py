"""How a run of the measurements was asked for."""

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """``quick`` shows that everything works, in seconds; its figures mean little. ``long`` asks for the longest runs."""

    quick: bool = False
    long: bool = False
    own_pid: int = field(default_factory=os.getpid)

    @property
    def rounds(self) -> int:
        return 2 if self.quick else 5
