"""The outside world behind the application's ports: a folder a technology, a file named as the port it serves."""
