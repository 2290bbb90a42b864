"""Webhooks: send a practice's events to external programs."""
