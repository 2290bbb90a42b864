"""Appointments: which times are free, and who holds them."""
