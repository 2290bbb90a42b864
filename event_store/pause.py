"""Waiting for a short time, whatever the clocks show."""

import select


def pause(seconds: float) -> None:
    """Wait for a time relative to now.

    CPython's time.sleep waits until an instant of the monotonic clock. Where that clock and the
    kernel's differ, as under faketime, it fails with EINVAL. Source: Modules/timemodule.c, 3.11.
    """
    select.select((), (), (), seconds)
