"""From points to Altair charts, and from charts to files."""
