"""What becomes of visits when a release of the time zone database says otherwise than the one before."""
