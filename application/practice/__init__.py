"""The practice itself: its settings, places, rooms, people, services and keys."""
