"""The practice: its places, rooms, devices, people, services and keys."""
