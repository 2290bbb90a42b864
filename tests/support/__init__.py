"""Shared by the tests: a real server, a wired program, fresh practices."""
