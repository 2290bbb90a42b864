"""The imports of a practice: which files were brought in, and what became of them."""
