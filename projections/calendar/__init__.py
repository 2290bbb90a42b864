"""The calendar: every visit as it stands now."""
