"""Two crack fields held against each other."""
