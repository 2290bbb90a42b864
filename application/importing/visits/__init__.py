"""Bringing appointments of other programs in at their own times, and taking them out again."""
