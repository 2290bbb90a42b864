"""The log itself, over HTTP, as auditors read it."""
