"""The wait list: who waits in what order, what has become free, and what was offered to whom."""
