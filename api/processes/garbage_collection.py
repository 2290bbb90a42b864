"""Garbage collector settings of a server."""

import gc


def settle() -> None:
    """Exclude the objects of the start from collection, and collect new ones less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
