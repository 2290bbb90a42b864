"""Appointments, group sessions, series, calendars, and availability."""
