"""Processes and HTTP. Thin: it parses, authenticates, authorises and translates; the rules are elsewhere."""
