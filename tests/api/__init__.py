"""The API as its callers see it: over HTTP, on the real thing."""
