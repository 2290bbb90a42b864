"""Patients, over HTTP."""
