"""Import patients from another program's file."""
