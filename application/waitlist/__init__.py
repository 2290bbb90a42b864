"""The wait list: who waits, what they are offered, and what they answer."""
