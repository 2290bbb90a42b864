"""HTTP, command line and processes: they parse, authenticate and translate; the rules are below."""
