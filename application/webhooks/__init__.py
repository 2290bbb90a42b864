"""Webhooks: telling programs outside what happens in a practice."""
