"""Adoption of new time zone rules."""
