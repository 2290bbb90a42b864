"""Patients: registered, changed, erased."""
