"""The practice: its locations, resources, services and clinicians."""
