"""Outbound HTTP to user-supplied addresses."""
