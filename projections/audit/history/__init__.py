"""The history: which events concern a thing, told in words."""
