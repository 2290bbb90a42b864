"""Import files of other programs: read rows, resolve them against the practice, plan, append, undo."""
