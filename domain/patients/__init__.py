"""The patients of a practice: directory, contacts, consents, merge and erasure."""
