"""Bringing patients in from a file of another program, and taking them out again."""
