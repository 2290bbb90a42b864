"""Settings of the interpreter of a server."""

import gc
import sys
from typing import Final

SWITCH_SECONDS: Final = 0.001
"""How long a thread calculates while another waits. Python's 5 ms is longer than most requests."""


def settle() -> None:
    """Exclude the objects of the start from collection, and collect new ones less often.

    Threads take turns every ``SWITCH_SECONDS``.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    sys.setswitchinterval(SWITCH_SECONDS)
