"""The wait list: entries, openings and offers."""
