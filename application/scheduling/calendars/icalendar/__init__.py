"""iCalendar (RFC 5545): visits written for other calendars, other calendars read for when somebody is busy."""
