"""What regions of a body are called in its pictures and files."""

# in the order of their numbers in the files
SHOWN = ("electrolyte", "interface", "cathode", "particles", "shell", "particle")
