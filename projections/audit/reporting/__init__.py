"""What analysts see: views over the read models, without personal data."""
