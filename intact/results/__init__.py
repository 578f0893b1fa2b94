"""The results folder: what lies in it, and how it is read back and told."""
