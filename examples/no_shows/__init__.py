"""Import a public file of appointments of which only the day and the outcome are known.

The file makes its own practices: each neighbourhood becomes one, and each row gets the first free time
of its day. The mapping beside this package, no-shows.toml, explains the settings.
"""
