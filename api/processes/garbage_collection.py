"""The collector of garbage, told how this program lives: what it makes at its start stays, and what a request makes goes with it."""

import gc


def settle() -> None:
    """Let the collector never walk again through what there is now, and look seldom at what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
