"""Webhooks: what each endpoint outside is told, how far it has come, and how a worker goes about it."""
