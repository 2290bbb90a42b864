"""The practice itself, over HTTP."""
