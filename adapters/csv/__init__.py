"""Tables in files of comma-separated values, as RFC 4180 has them."""
