"""What the tests stand on: a real server, a wired program, fresh practices."""
