"""The list of a practice's imports."""
