"""Access: whose key a key is, asked before anything else is known."""
