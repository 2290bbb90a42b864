"""The patients of a practice."""
