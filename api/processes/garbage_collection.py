"""Garbage collector settings: start-up objects stay, and most objects of a request are freed with it."""

import gc


def settle() -> None:
    """Exclude all present objects from collection, and collect new ones less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
