"""Free times and appointments, over HTTP."""
