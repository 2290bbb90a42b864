"""Bringing appointments in from a file: the rules are those of every booking, only the asking is done in bulk."""
