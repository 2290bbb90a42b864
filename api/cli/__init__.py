"""The commands of `scheduler`, one file per group. Imports are delayed until a command runs."""
