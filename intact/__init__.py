"""The front door: reads a case file, has it meshed, solved and pictured, and says what came out."""

__version__ = "0.1.0"
