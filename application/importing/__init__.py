"""Import files of other programs: read, resolve, plan, append, undo."""
