"""What a run cost, in words and rows: for the terminal and for Markdown."""
