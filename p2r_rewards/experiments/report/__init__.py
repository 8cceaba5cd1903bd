"""One self-contained page of a scored run."""
