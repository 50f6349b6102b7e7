"""Programs that measure. See README.md here, and docs/MEASURED.md."""
