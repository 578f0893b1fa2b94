"""Reference crack fields, what made them, and what they agree with."""
