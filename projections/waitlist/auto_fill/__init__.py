"""What the wait list is to be asked about, and when."""
