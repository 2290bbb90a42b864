"""A small practice to try things out in."""
