"""Webhooks: the messages of each endpoint, their delivery, and the views of both."""
