"""Import appointments of another program at their own times."""
