"""What regions of a body are called in its pictures and files."""

SHOWN = ("electrolyte", "interface", "cathode", "particles")  # in the order of their numbers in the files
