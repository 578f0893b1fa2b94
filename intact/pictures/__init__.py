"""Pictures of a results folder, drawn from its files alone in a process of their own."""
