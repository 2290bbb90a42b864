"""The commands of `scheduler`, a file a group. What they need of the program they import when they run."""
