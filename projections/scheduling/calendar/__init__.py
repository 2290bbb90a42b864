"""The calendar: every visit as it stands now, and where it was before."""
