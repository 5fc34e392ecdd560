"""From the operating system to raw readings, and from those to points."""
