"""Egress: the one way from here to addresses that people have given us."""
