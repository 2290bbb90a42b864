"""The patient directory: who there is, found by e-mail, phone or last name."""
