"""What the scenarios share. Nothing of src/ is used here."""
