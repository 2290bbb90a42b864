"""What is measured, against what, and how it grows. `python -m bench` runs all of it and writes results.md."""
