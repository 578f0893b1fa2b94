"""What things are made of: cards (cards/*.toml), and what follows from their numbers."""
