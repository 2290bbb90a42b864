"""A small practice to try the program with."""
